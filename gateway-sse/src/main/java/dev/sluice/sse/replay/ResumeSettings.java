package dev.sluice.sse.replay;

import java.time.Duration;
import java.util.List;

/**
 * What is held of answers, so that a reconnect or a retry is served from them. Immutable; built by
 * the configuration, which has put a number for "a quarter of the direct memory".
 *
 * @param enabled whether anything is held at all
 * @param window how long a finished answer is held, from its end; 0: a call is joined only while it
 *     is in flight
 * @param perCallMaxBytes bytes of one answer that are held; at most {@code totalMaxBytes}
 * @param totalMaxBytes bytes of all answers that are held, never 0
 * @param tokenLife how long a {@link ResumeToken} is valid, whole seconds
 * @param corsOrigins origins whose pages may read a stream, as browsers send them in {@code
 *     Origin}; {@code *} alone for all; empty: none
 */
public record ResumeSettings(
    boolean enabled,
    Duration window,
    long perCallMaxBytes,
    long totalMaxBytes,
    Duration tokenLife,
    List<String> corsOrigins) {
  public ResumeSettings {
    corsOrigins = List.copyOf(corsOrigins);
  }
}
