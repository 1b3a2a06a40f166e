package dev.sluice.core.flow;

import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.Routes;
import dev.sluice.sse.journal.JournalHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Heads that the gateway writes in its own name. */
final class Refusals {

  private static final long MILLIS_PER_SECOND = 1_000;

  private Refusals() {}

  /** The head of a refusal: says who refused and why, and steers the SDKs' retries. */
  static JournalHead head(Refusal refusal, String callId, long contentLength) {
    List<Map.Entry<String, String>> fields = new ArrayList<>(8);
    fields.add(Map.entry("content-type", "application/json"));
    addIds(fields, callId);
    fields.add(
        Map.entry(
            "sluice-refused-by",
            refusal.kind() == Refusal.Kind.RATE_LIMIT || refusal.kind() == Refusal.Kind.BUDGET
                ? "gateway;limit=" + refusal.code().replace('_', '-')
                : "gateway;reason=" + refusal.code()));
    fields.add(Map.entry("x-should-retry", Boolean.toString(refusal.mayRetry())));
    switch (refusal.code()) {
      case Resume.NOT_RESUMABLE -> fields.add(Resume.NOT_HELD);
      case Routes.METHOD_NOT_ALLOWED -> fields.add(Map.entry("allow", Routes.STREAM_METHODS));
      default -> {}
    }
    if (refusal.retryAfterMillis() >= 0) {
      long seconds = Math.ceilDiv(refusal.retryAfterMillis(), MILLIS_PER_SECOND);
      fields.add(Map.entry("retry-after", Long.toString(seconds)));
      fields.add(Map.entry("retry-after-ms", Long.toString(refusal.retryAfterMillis())));
    }
    return new JournalHead(
        refusal.status(), List.copyOf(fields), JournalHead.Form.OPAQUE, contentLength);
  }

  /** The head that is committed when a provider stays silent. */
  static JournalHead early(JournalHead.Form form, String callId, boolean mayBeHeld) {
    List<Map.Entry<String, String>> fields = new ArrayList<>(6);
    if (form == JournalHead.Form.EVENTS) {
      fields.add(Map.entry("content-type", "text/event-stream; charset=utf-8"));
      fields.add(Map.entry("cache-control", "no-cache, no-transform"));
      fields.add(Map.entry("x-accel-buffering", "no"));
    } else {
      fields.add(Map.entry("content-type", "application/json"));
      fields.add(Map.entry("x-accel-buffering", "no"));
    }
    addIds(fields, callId);
    if (!mayBeHeld) {
      fields.add(Resume.NOT_HELD);
    }
    return new JournalHead(200, List.copyOf(fields), form, -1);
  }

  /**
   * To a browser's question whether a page may ask; and of a stream that was read to its end
   * already, where it tells an event source to stop asking (WHATWG HTML 9.2.1).
   */
  static JournalHead empty(List<Map.Entry<String, String>> fields) {
    return new JournalHead(204, fields, JournalHead.Form.OPAQUE, 0);
  }

  /** openai SDKs show {@code x-request-id}, anthropic SDKs {@code request-id}. */
  private static void addIds(List<Map.Entry<String, String>> fields, String callId) {
    fields.add(Map.entry("sluice-request-id", callId));
    fields.add(Map.entry("x-request-id", callId));
    fields.add(Map.entry("request-id", callId));
  }
}
