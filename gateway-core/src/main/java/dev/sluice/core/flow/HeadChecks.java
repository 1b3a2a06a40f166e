package dev.sluice.core.flow;

import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.Refusal.Kind;
import dev.sluice.core.quota.ModelPattern;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** What can be refused without a provider, and in which words. */
final class HeadChecks {

  private HeadChecks() {}

  /** What a head alone rules out, or null. */
  static @Nullable Refusal refusal(
      HttpRequest head, Dialect dialect, RoutePolicy policy, boolean draining) {
    if (draining) {
      return new Refusal(
          503,
          Kind.GATEWAY,
          "gateway_draining",
          "The gateway is shutting down and takes no new requests. Send it again: another instance,"
              + " or this one after its restart, will answer.",
          true,
          1_000);
    }
    if (declaredLength(head.headers()) > policy.bodyMaxBytes()) {
      return bodyTooLarge(policy.bodyMaxBytes());
    }
    if (head.headers().contains(HttpHeaderNames.CONTENT_ENCODING)
        && !AsciiString.contentEqualsIgnoreCase(
            head.headers().get(HttpHeaderNames.CONTENT_ENCODING), "identity")) {
      return new Refusal(
          415,
          Kind.INVALID_REQUEST,
          "content_encoding_unsupported",
          "The request body has a Content-Encoding. Only an uncompressed body (identity) is read"
              + " here: send it without compression.",
          false,
          -1);
    }
    if (dialect.needsJsonBody() && needsBody(head.method()) && !isJson(head.headers())) {
      return new Refusal(
          415,
          Kind.INVALID_REQUEST,
          "content_type_unsupported",
          "The request's Content-Type is not JSON. This path takes application/json: send the"
              + " header Content-Type: application/json.",
          false,
          -1);
    }
    return null;
  }

  static Refusal unknownKey(boolean present) {
    return new Refusal(
        401,
        Kind.AUTHENTICATION,
        present ? "unknown_key" : "missing_key",
        present
            ? "The key in this request belongs to no team of this gateway. Use a key that the"
                + " gateway's operator issued; a provider's own key is not accepted on this route."
            : "The request carries no key. Give the SDK, as its API key, the key that the gateway's"
                + " operator issued.",
        false,
        -1);
  }

  static Refusal bodyTooLarge(long maxBytes) {
    return new Refusal(
        413,
        Kind.TOO_LARGE,
        "body_too_large",
        "The request body is longer than "
            + maxBytes
            + " bytes, the limit of this route. Send less, or raise `body` of the route.",
        false,
        -1);
  }

  static Refusal bodiesFull(long maxBytes) {
    return new Refusal(
        503,
        Kind.GATEWAY,
        "bodies_full",
        "The gateway holds request bodies up to its bound of "
            + maxBytes
            + " bytes (limits.bodies-total). Send the request again in a moment.",
        true,
        1_000);
  }

  static @Nullable Refusal modelRefusal(RoutePolicy policy, @Nullable String model) {
    if (model == null || policy.models().isEmpty() || ModelPattern.isAny(policy.models(), model)) {
      return null;
    }
    return new Refusal(
        404,
        Kind.NOT_FOUND,
        "model_not_found",
        "The model asked for is not offered on this route. Offered here: "
            + String.join(", ", policy.models())
            + ".",
        false,
        -1);
  }

  /** Nothing said counts as JSON, since all that the dialects' own endpoints take is JSON. */
  static boolean isJson(HttpHeaders headers) {
    String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
    return type == null || AsciiString.containsIgnoreCase(type, "json");
  }

  static boolean needsBody(HttpMethod method) {
    return method.equals(HttpMethod.POST)
        || method.equals(HttpMethod.PUT)
        || method.equals(HttpMethod.PATCH);
  }

  private static long declaredLength(HttpHeaders headers) {
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    if (length == null) {
      return 0;
    }
    try {
      return Long.parseLong(length);
    } catch (NumberFormatException more) {
      // Framing has been checked before: only digits too many for a long get here.
      return Long.MAX_VALUE;
    }
  }
}
