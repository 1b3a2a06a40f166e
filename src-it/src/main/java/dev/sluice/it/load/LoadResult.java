package dev.sluice.it.load;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What came of a plan, in its counted time.
 *
 * @param answers whole answers with status 200
 * @param otherStatus whole answers with another status
 * @param broken answers that were cut, or were no HTTP
 * @param unanswered requests that had no whole answer when the time was over
 * @param events blank lines in streams: events and comments
 * @param bodyBytes bytes of answers' bodies
 * @param seconds counted time as it really was
 * @param latencies nanoseconds from when a request was due to the end of its answer
 * @param firstBytes nanoseconds from when a request was due to its answer's head
 * @param firstProblem what the first broken or other answer was, or empty
 */
public record LoadResult(
    long answers,
    long otherStatus,
    long broken,
    long unanswered,
    long events,
    long bodyBytes,
    double seconds,
    Histogram latencies,
    Histogram firstBytes,
    String firstProblem) {

  public double millisAt(double percentile) {
    return latencies.getValueAtPercentile(percentile) / 1e6;
  }

  /** One line for people. */
  public String summary() {
    return String.format(
        Locale.ROOT,
        "%d answers (%.0f/s), %d other, %d broken, %d unanswered, %d events (%.0f/s);"
            + " ms p50 %.3f p90 %.3f p99 %.3f p99.9 %.3f max %.3f; first byte p50 %.3f p99 %.3f%s",
        answers,
        answers / seconds,
        otherStatus,
        broken,
        unanswered,
        events,
        events / seconds,
        millisAt(50),
        millisAt(90),
        millisAt(99),
        millisAt(99.9),
        latencies.getMaxValue() / 1e6,
        firstBytes.getValueAtPercentile(50) / 1e6,
        firstBytes.getValueAtPercentile(99) / 1e6,
        firstProblem.isEmpty() ? "" : "; first problem: " + firstProblem);
  }

  /** One line for programs. */
  public String toJson() {
    return String.format(
        Locale.ROOT,
        "{\"answers\":%d,\"other_status\":%d,\"broken\":%d,\"unanswered\":%d,\"events\":%d,"
            + "\"per_second\":%.1f,\"events_per_second\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
            + "\"max_ms\":%.3f}",
        answers,
        otherStatus,
        broken,
        unanswered,
        events,
        answers / seconds,
        events / seconds,
        millisAt(50),
        millisAt(99),
        latencies.getMaxValue() / 1e6);
  }
}
