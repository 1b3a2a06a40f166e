package dev.sluice.core.flow;

import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.Refusal.Kind;
import dev.sluice.core.upstream.UpstreamFailure;
import java.time.Duration;

/** A provider's failures in the words of a refusal. */
final class Failures {

  private Failures() {}

  static Refusal of(UpstreamFailure failure) {
    return switch (failure) {
      case UpstreamFailure.NeverSent(String code, String detail) ->
          new Refusal(
              code.startsWith("upstream_queue") ? 503 : 502,
              Kind.UPSTREAM,
              code,
              "The provider was not reached: " + detail + ". Nothing was sent to it.",
              true,
              -1);
      case UpstreamFailure.NoAnswer(String code, String detail) ->
          new Refusal(
              502,
              Kind.UPSTREAM,
              code,
              "The provider gave no answer: "
                  + detail
                  + ". The request may have reached it, so the gateway did not send it again.",
              true,
              -1);
      case UpstreamFailure.Garbage(String code, String detail, boolean headSeen) ->
          new Refusal(
              502,
              Kind.UPSTREAM,
              code,
              (headSeen
                      ? "The provider's answer broke HTTP: "
                      : "The provider did not speak HTTP: ")
                  + detail
                  + ".",
              true,
              -1);
      case UpstreamFailure.BrokenOff(String code, String detail) ->
          new Refusal(
              502,
              Kind.UPSTREAM,
              code,
              "The provider's answer broke off: " + detail + ".",
              true,
              -1);
    };
  }

  static Refusal endedEarly() {
    return new Refusal(
        502,
        Kind.UPSTREAM,
        "stream_ended_early",
        "The provider ended the stream without its end marker: the answer is not whole.",
        true,
        -1);
  }

  static Refusal firstByteTimeout(Duration limit) {
    return timeout(
        "first_byte_timeout",
        "The provider began no answer within " + seconds(limit) + " (first-byte-timeout).");
  }

  static Refusal idleLimit(Duration limit) {
    return timeout(
        "idle_limit",
        "The provider sent nothing but comments for "
            + seconds(limit)
            + " in the middle of its answer (idle-limit).");
  }

  static Refusal totalTimeout(Duration limit) {
    return timeout(
        "total_timeout", "The call lasted longer than " + seconds(limit) + " (total-timeout).");
  }

  static Refusal draining() {
    return new Refusal(
        503,
        Kind.GATEWAY,
        "gateway_draining",
        "The gateway was shut down before the answer was whole. Send the request again.",
        true,
        1_000);
  }

  static Refusal cancelled() {
    return new Refusal(
        503,
        Kind.GATEWAY,
        "cancelled_by_operator",
        "An operator of the gateway has cancelled this call.",
        false,
        -1);
  }

  static Refusal gatewayBug() {
    return new Refusal(
        500,
        Kind.GATEWAY,
        "gateway_bug",
        "The gateway failed while it handled this call; its log says why.",
        true,
        -1);
  }

  private static Refusal timeout(String code, String message) {
    return new Refusal(504, Kind.TIMEOUT, code, message, true, -1);
  }

  private static String seconds(Duration limit) {
    return limit.toMillis() % 1_000 == 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
  }
}
