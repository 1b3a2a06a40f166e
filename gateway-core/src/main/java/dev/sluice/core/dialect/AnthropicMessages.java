package dev.sluice.core.dialect;

import dev.sluice.sse.keepalive.KeepAliveForm;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Anthropic: Messages, the token count, and every other path passed through. {@code
 * anthropic-version} and {@code anthropic-beta} are the client's and stay as they are.
 */
public final class AnthropicMessages implements Dialect {

  /** Which of them. */
  enum Kind {
    MESSAGES("anthropic.messages", "chat"),
    COUNT_TOKENS("anthropic.count_tokens", "count_tokens"),
    OTHER("anthropic.other", "other");

    private final String name;
    private final String operation;

    Kind(String name, String operation) {
      this.name = name;
      this.operation = operation;
    }
  }

  private static final String PING = "event: ping\ndata: {\"type\": \"ping\"}\n\n";

  private final Kind kind;

  AnthropicMessages(Kind kind) {
    this.kind = kind;
  }

  @Override
  public String name() {
    return kind.name;
  }

  @Override
  public String operation() {
    return kind.operation;
  }

  @Override
  public String providerName() {
    return "anthropic";
  }

  @Override
  public boolean needsJsonBody() {
    return kind != Kind.OTHER;
  }

  @Override
  public boolean billsTokens() {
    return kind == Kind.MESSAGES;
  }

  @Override
  public RequestScan newScan() {
    return new RequestScan(
        switch (kind) {
          case MESSAGES -> RequestFields.MESSAGES;
          case COUNT_TOKENS -> RequestFields.COUNT_TOKENS;
          case OTHER -> RequestFields.OTHER;
        });
  }

  /** SDKs before 1.0 and many others send {@code x-api-key}, later ones a bearer token. */
  @Override
  public @Nullable String clientKey(HttpHeaders headers, String query) {
    var key = ClientKeys.field(headers, ClientKeys.X_API_KEY);
    return key != null ? key : ClientKeys.bearer(headers);
  }

  @Override
  public Iterable<String> keyFields() {
    return ClientKeys.FIELDS;
  }

  @Override
  public void putProviderKey(HttpHeaders headers, String key) {
    headers.set(ClientKeys.X_API_KEY, key);
  }

  @Override
  public UsageReader newUsageReader(boolean swallowUsage) {
    return new AnthropicUsage(kind == Kind.MESSAGES);
  }

  @Override
  public byte[] envelope(Refusal refusal, String requestId) {
    return JsonText.utf8(text(refusal, requestId));
  }

  /** Without its {@code event:} line Anthropic's SDKs skip an event silently. */
  @Override
  public byte[] streamError(Refusal refusal, String requestId, long eventsSoFar) {
    return JsonText.utf8("event: error\ndata: " + text(refusal, requestId) + "\n\n");
  }

  private static String text(Refusal refusal, String requestId) {
    // The envelope has no place for a code of ours.
    return "{\"type\":\"error\",\"error\":{\"type\":\""
        + type(refusal)
        + "\",\"message\":"
        + JsonText.quoted(refusal.message() + " (sluice: " + refusal.code() + ")")
        + "},\"request_id\":"
        + JsonText.quoted(requestId)
        + "}";
  }

  private static String type(Refusal refusal) {
    return switch (refusal.kind()) {
      case INVALID_REQUEST -> "invalid_request_error";
      case AUTHENTICATION -> "authentication_error";
      case PERMISSION -> "permission_error";
      case NOT_FOUND -> "not_found_error";
      case TOO_LARGE -> "request_too_large";
      case RATE_LIMIT, BUDGET -> "rate_limit_error"; // so it says of its own spend caps
      case GATEWAY -> "api_error";
      case UPSTREAM -> refusal.status() == 502 ? "api_error" : "overloaded_error";
      case TIMEOUT -> "timeout_error";
    };
  }

  @Override
  public KeepAliveForm keepAliveForm() {
    return new KeepAliveForm(JsonText.utf8(PING), false);
  }
}
