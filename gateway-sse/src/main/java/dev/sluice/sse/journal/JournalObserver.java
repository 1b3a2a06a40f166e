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
    /** Part of the answer, and its last: nothing that matters follows. */
    LAST
  }

  /**
   * One complete block of an event stream, from its first byte through its blank line.
   *
   * @param bytes only to be looked at; its indices must not change
   * @param start index of the first byte
   * @param end index after the last byte
   */
  Verdict onEvent(ByteBuf bytes, int start, int end);

  /** Bytes of a body that is not an event stream; only to be looked at. */
  void onBytes(ByteBuf bytes);
}
