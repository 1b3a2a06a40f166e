package dev.sluice.sse.keepalive;

import java.time.Duration;

/**
 * When and how a silent response is kept alive.
 *
 * @param enabled false: nothing is ever written into a silence
 * @param interval silence after which something is written; jittered
 * @param jitterPercent 0 to 50; each wait is {@code interval} times a factor drawn evenly from 1 -
 *     jitter to 1 + jitter, so that thousands of streams do not write in step
 * @param style what is written into event streams
 * @param firstByteAfter silence before the provider's head after which the {@code 200} is
 *     committed, so that comments can flow
 * @param jsonWhitespace whether JSON answers are kept alive too, by leading white space
 */
public record KeepAlive(
    boolean enabled,
    Duration interval,
    int jitterPercent,
    Style style,
    Duration firstByteAfter,
    boolean jsonWhitespace) {

  /** What is written into a silent event stream. */
  public enum Style {
    /** A comment, in the form that the clients of the dialect take. */
    AUTO,
    /** Always a comment. */
    COMMENT,
    /** The dialect's own event for it where there is one (Anthropic: {@code ping}). */
    NATIVE
  }
}
