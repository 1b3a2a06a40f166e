package dev.sluice.core.dialect;

import io.netty.handler.codec.http.HttpHeaders;

/** What OpenAI's APIs have in common. */
final class OpenAiForms {

  static final String PROVIDER = "openai";

  private OpenAiForms() {}

  static void putProviderKey(HttpHeaders headers, String key) {
    headers.set(ClientKeys.AUTHORIZATION, "Bearer " + key);
  }

  /** {@code {"error":{…}}}, in bodies and, in chat streams, as data. */
  static String envelope(Refusal refusal) {
    return "{\"error\":{\"message\":"
        + JsonText.quoted(refusal.message())
        + ",\"type\":\""
        + type(refusal)
        + "\",\"param\":null,\"code\":"
        + JsonText.quoted(refusal.code())
        + "}}";
  }

  /** OpenAI tells a bad key or model by the code, under the type of a bad request. */
  static String type(Refusal refusal) {
    return switch (refusal.kind()) {
      case INVALID_REQUEST, AUTHENTICATION, PERMISSION, NOT_FOUND, TOO_LARGE ->
          "invalid_request_error";
      case RATE_LIMIT -> "rate_limit_exceeded";
      case BUDGET -> "insufficient_quota";
      case GATEWAY, UPSTREAM, TIMEOUT -> "server_error";
    };
  }
}
