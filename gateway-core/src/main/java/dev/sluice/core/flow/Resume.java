package dev.sluice.core.flow;

import dev.sluice.core.dialect.Refusal;
import dev.sluice.sse.replay.ResumeSettings;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the fields of a request say about going on with an answer, and what is said to that. */
final class Resume {

  static final Map.Entry<String, String> NOT_HELD = Map.entry("Sluice-Resumable", "no");

  static final String NOT_RESUMABLE = "not_resumable";
  static final AsciiString FIELD = AsciiString.cached("sluice-resume");
  private static final AsciiString FROM = AsciiString.cached("sluice-resume-from");
  private static final AsciiString LAST_EVENT_ID = AsciiString.cached("last-event-id");
  private static final int DIGITS_MAX = 15;

  /** No position was named. */
  static final long NONE = -1;

  /** A position was named that is none. */
  static final long MALFORMED = -2;

  private Resume() {}

  /** Whether the client wants the events numbered. */
  static boolean isNumbered(HttpHeaders headers) {
    String value = headers.get(FIELD);
    return value != null && value.strip().equalsIgnoreCase("events");
  }

  /**
   * After which event the client wants to go on.
   *
   * @param isOurs whether {@code Last-Event-ID} is meant for the gateway: else it belongs to some
   *     numbering of the provider's
   */
  static long position(HttpHeaders headers, boolean isOurs) {
    String value = headers.get(FROM);
    if (value == null && isOurs) {
      value = headers.get(LAST_EVENT_ID);
    }
    return value == null || value.isBlank() ? NONE : number(value.strip());
  }

  private static long number(String digits) {
    if (digits.length() > DIGITS_MAX) {
      return MALFORMED;
    }
    long number = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9') {
        return MALFORMED;
      }
      number = number * 10 + c - '0';
    }
    return number;
  }

  static Refusal malformed() {
    return Refusal.invalid(
        "invalid_resume_position",
        "Sluice-Resume-From and Last-Event-ID take the number of the last event that was received:"
            + " a decimal number, 0 or greater.");
  }

  static Refusal beyond(long position, long events) {
    return Refusal.invalid(
        "invalid_resume_position",
        "The request wants to go on after event "
            + position
            + ", but the answer has only "
            + events
            + " events so far. Send the number of the last event that was received.");
  }

  static Refusal nothingToResume() {
    return new Refusal(
        410,
        Refusal.Kind.NOT_FOUND,
        "nothing_to_resume",
        "The request wants to go on in the middle of an answer, but that answer is not known here,"
            + " or no longer held (streams.resume.window). To ask anew, and pay anew, send the"
            + " request without Sluice-Resume-From and Last-Event-ID.",
        false,
        -1);
  }

  static Refusal notHeld(String callId) {
    return new Refusal(
        409,
        Refusal.Kind.INVALID_REQUEST,
        NOT_RESUMABLE,
        "Call "
            + callId
            + " with this id is in flight, but its answer has outgrown what is held of it"
            + " (streams.resume.per-call, streams.resume.total), so it cannot be read from the"
            + " start. Wait until it has ended, cancel it, or send another id to pay for a new"
            + " call.",
        false,
        -1);
  }

  static Refusal sameIdOtherBody() {
    return new Refusal(
        422,
        Refusal.Kind.INVALID_REQUEST,
        "same_id_other_body",
        "The id of this request was used before for a request with another method, path or body."
            + " Nothing was forwarded. Send a new id with a new question, or the same question"
            + " again.",
        false,
        -1);
  }

  static Refusal inFlight() {
    return new Refusal(
        409,
        Refusal.Kind.INVALID_REQUEST,
        "call_in_flight",
        "The call with this id is still in flight, and this gateway does not let a second request"
            + " read it (dedupe.on-concurrent). Send the request again when the first has ended.",
        true,
        1_000);
  }

  // Pages of other origins.

  /** Header fields that let a page read the answer; none where its origin may not. */
  static List<Map.Entry<String, String>> crossOrigin(ResumeSettings settings, HttpHeaders headers) {
    String origin = allowedOrigin(settings, headers.get("origin"));
    return origin == null
        ? List.of()
        : List.of(
            Map.entry("Access-Control-Allow-Origin", origin),
            Map.entry("Vary", "Origin"),
            Map.entry(
                "Access-Control-Expose-Headers",
                "Sluice-Request-Id, Sluice-Replay, Sluice-Refused-By"));
  }

  /** The same with what a preflight asks about (Fetch, section 3.2.2). */
  static List<Map.Entry<String, String>> preflight(ResumeSettings settings, HttpHeaders headers) {
    List<Map.Entry<String, String>> fields = new ArrayList<>(crossOrigin(settings, headers));
    if (!fields.isEmpty()) {
      fields.add(Map.entry("Access-Control-Allow-Methods", "GET"));
      fields.add(
          Map.entry(
              "Access-Control-Allow-Headers",
              "Authorization, X-Api-Key, X-Goog-Api-Key, Last-Event-ID, Sluice-Resume-From,"
                  + " Cache-Control"));
      fields.add(Map.entry("Access-Control-Max-Age", "600"));
    }
    return fields;
  }

  private static @Nullable String allowedOrigin(ResumeSettings settings, @Nullable String origin) {
    if (origin == null) {
      return null;
    }
    for (String allowed : settings.corsOrigins()) {
      if (allowed.equals("*") || allowed.equals(origin)) {
        return allowed;
      }
    }
    return null;
  }
}
