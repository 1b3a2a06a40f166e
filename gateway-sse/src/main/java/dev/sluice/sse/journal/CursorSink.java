package dev.sluice.sse.journal;

import io.netty.buffer.ByteBuf;

/**
 * What a cursor writes to: one client connection, as far as a journal needs to know of it. Every
 * call comes on the journal's loop: one head, then body bytes and flushes, then one end; or {@link
 * #detached} at any time, and then nothing. Calls may be answered by {@link Cursor#detach} from
 * within.
 */
public interface CursorSink {

  /** The head, once, before any body byte. */
  void writeHead(JournalHead head);

  /** Body bytes in order. Ownership passes, also when the client has gone. */
  void writeBody(ByteBuf bytes);

  /** Everything written so far leaves now; called once per batch. */
  void flush();

  /** False while the client does not take what was written; the cursor then pauses. */
  boolean isWritable();

  /**
   * The body ends, once; the last body bytes and the end leave in one write, and no flush follows.
   * {@link Ending.Failed} and {@link Ending.Complete} end the body cleanly; {@link Ending.Cut}
   * closes the connection without the last chunk. Notices have already been written by the cursor.
   */
  void end(Ending ending);

  /**
   * The cursor was detached before the end: nothing more comes. A sink that queues bytes of its own
   * releases those that it has not handed on.
   */
  default void detached() {}
}
