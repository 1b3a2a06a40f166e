package dev.sluice.sse.journal;

import io.netty.buffer.ByteBuf;

/** The append-only answer of one paid call. Confined to the exchange's loop. */
public final class Journal {

  /** The provider's head. */
  public void begin(JournalHead head) {
    throw new UnsupportedOperationException();
  }

  /** The provider's bytes, in order. Ownership passes. */
  public void append(ByteBuf bytes) {
    throw new UnsupportedOperationException();
  }

  /** The provider's read batch is over: cursors flush. */
  public void flush() {
    throw new UnsupportedOperationException();
  }

  /** No more will come. Once. */
  public void end(Ending ending) {
    throw new UnsupportedOperationException();
  }
}
