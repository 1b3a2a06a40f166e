package dev.sluice.core.config;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which header fields may hold the id of a call, or a tag. */
final class IdHeaders {

  static final List<String> USUAL =
      List.of("Idempotency-Key", "X-Request-Id", "X-Client-Request-Id");

  private static final int LENGTH_MAX = 64;

  /**
   * Fields that say something else already: most have the same value in every request of a client,
   * so that two questions would pass for one call. Small letters.
   */
  private static final Set<String> TAKEN =
      Set.of(
          "accept",
          "accept-charset",
          "accept-encoding",
          "accept-language",
          "access-control-request-headers",
          "access-control-request-method",
          "anthropic-beta",
          "anthropic-version",
          "api-key",
          "authorization",
          "cache-control",
          "connection",
          "content-encoding",
          "content-length",
          "content-type",
          "cookie",
          "date",
          "expect",
          "forwarded",
          "host",
          "if-match",
          "if-modified-since",
          "if-none-match",
          "if-range",
          "if-unmodified-since",
          "keep-alive",
          "last-event-id",
          "max-forwards",
          "openai-beta",
          "openai-organization",
          "openai-project",
          "origin",
          "pragma",
          "proxy-authorization",
          "proxy-connection",
          "range",
          "referer",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "user-agent",
          "via",
          "x-api-key",
          "x-goog-api-key",
          "x-real-ip");

  private static final List<String> TAKEN_PREFIXES =
      List.of("sluice-", "x-stainless-", "x-forwarded-", "proxy-", "sec-");

  private IdHeaders() {}

  static Kind<String> kind() {
    return kind(
        "names of header fields that only hold an id",
        "Name one that clients fill with an id of the call, such as Idempotency-Key.");
  }

  /** Fields whose values may be kept: nothing that holds a key. */
  static Kind<String> tagKind() {
    return kind(
        "names of header fields of your own",
        "Name one that clients fill for this, such as X-Feature.");
  }

  private static Kind<String> kind(String allowed, String hint) {
    return new Kind<>(
        "list of header fields",
        allowed,
        false,
        text -> {
          if (!isFieldName(text)) {
            return new Kind.Bad<>(
                "is not the name of a header field",
                "Use at most " + LENGTH_MAX + " letters, digits and hyphens.");
          }
          return isTaken(text.toLowerCase(Locale.ROOT))
              ? new Kind.Bad<>(
                  "is a field that HTTP, the SDKs or the gateway use for something else", hint)
              : new Kind.Good<>(text);
        });
  }

  private static boolean isTaken(String name) {
    return TAKEN.contains(name) || TAKEN_PREFIXES.stream().anyMatch(name::startsWith);
  }

  /** A token (RFC 9110 section 5.6.2), of a length that no client means by mistake. */
  private static boolean isFieldName(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letterOrDigit =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!letterOrDigit && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty() && text.length() <= LENGTH_MAX;
  }
}
