package dev.sluice.sse.journal;

import io.netty.buffer.ByteBuf;

/** Sees everything that the provider answers, whether or not a client is still there. */
public interface JournalObserver {

  /** What becomes of an event. */
  enum Verdict {
    /** Part of the answer. */
    PASS,
    /** Not part of the answer: asked for by the gateway, not by the client. */
    SWALLOW,
    /**
     * Part of the answer, and its last: nothing that matters follows, and whatever does is not
     * shown.
     */
    LAST
  }

  /**
   * One complete block of an event stream, from its first byte through its blank line; blocks of
   * comments and lone blank lines too. At the end of a whole answer also a last block that lacks
   * its blank line.
   *
   * @param bytes only to be looked at; its indices must not change, and mean nothing
   * @param start index of the first byte
   * @param end index after the last byte
   */
  Verdict onEvent(ByteBuf bytes, int start, int end);

  /**
   * A piece of a block that is longer than {@link Journal#EVENT_HELD_MAX}. It is always part of the
   * answer, and is never shown to {@link #onEvent}. Pieces come in order and without gaps; they are
   * as the provider's bytes happened to be split.
   *
   * @param bytes only to be looked at; its indices must not change, and mean nothing
   * @param isLast whether the block ends with this piece, which may then be empty; there is no last
   *     piece where the answer breaks off
   */
  default void onLongEvent(ByteBuf bytes, int start, int end, boolean isLast) {}

  /** Bytes of a body that is not an event stream; only to be looked at. */
  void onBytes(ByteBuf bytes);
}
