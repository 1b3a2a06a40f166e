package dev.sluice.sse.codec;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Numbers the events of a stream, from 1, and leaves out those up to a number: what {@code
 * Last-Event-ID} needs. One per reader; confined to one thread.
 *
 * <p>An event is a block with a data line. Its number is an {@code id} line directly before the
 * blank line, so that it wins over an {@code id} of the provider's, and so that a client knows the
 * number exactly when it has the event (WHATWG HTML 9.2.6: the last event ID becomes the last one
 * in the block when the block is dispatched). Blocks of comments are no events and have no number;
 * between left out events they are left out too. A block with an {@code id} and no data is no event
 * either, but a client remembers its id: the number so far is put there, so that it is always a
 * number that it asks from.
 *
 * <p>Nothing is held back: a blank line that ends in CR is one, whether or not an LF follows.
 */
public final class EventNumberer {

  private static final int ID_LINE_MAX = 4 + 20 + 1;

  private final SseScanner scanner = new SseScanner(false);
  private final long after;
  private final boolean writesIds;
  private long number;
  private boolean isLeftOut;

  /**
   * @param after number of the last event that is left out, or 0
   * @param writesIds whether {@code id} lines are written
   */
  public EventNumberer(long after, boolean writesIds) {
    this.after = after;
    this.writesIds = writesIds;
  }

  /** Number of the last event that has passed whole, left out or not. */
  public long number() {
    return number;
  }

  /**
   * The next bytes of the stream, as this reader sees them. Ownership passes.
   *
   * @return never null, may be empty; ownership passes back
   */
  public ByteBuf number(ByteBuf bytes) {
    int to = bytes.writerIndex();
    ByteBuf out = bytes.alloc().buffer(bytes.readableBytes() + ID_LINE_MAX);
    try {
      int block = bytes.readerIndex();
      int end;
      while ((end = scanner.scan(bytes, block, to)) >= 0) {
        // The LF of a line end that came apart shares the fate of its block.
        if (!scanner.isRestOfLineEnd()) {
          isLeftOut = number < after;
          number += scanner.hasData() ? 1 : 0;
        }
        if (!isLeftOut) {
          writeBlock(bytes, block, end, out);
        }
        block = end;
      }
      if (number >= after) {
        out.writeBytes(bytes, block, to - block);
      }
      return out;
    } finally {
      bytes.release();
    }
  }

  private void writeBlock(ByteBuf bytes, int block, int end, ByteBuf out) {
    boolean isNumbered = writesIds && (scanner.hasData() || scanner.hasId());
    int blank = isNumbered ? blankLine(bytes, block, end) : end;
    out.writeBytes(bytes, block, blank - block);
    if (isNumbered) {
      out.writeCharSequence("id: " + number + '\n', StandardCharsets.US_ASCII);
    }
    out.writeBytes(bytes, blank, end - blank);
  }

  /** Where the blank line begins that ends a block. */
  private static int blankLine(ByteBuf bytes, int block, int end) {
    boolean isCrLf =
        end - block >= 2 && bytes.getByte(end - 1) == '\n' && bytes.getByte(end - 2) == '\r';
    return isCrLf ? end - 2 : end - 1;
  }
}
