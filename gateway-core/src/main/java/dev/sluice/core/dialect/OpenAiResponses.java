package dev.sluice.core.dialect;

import dev.sluice.sse.keepalive.KeepAliveForm;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** OpenAI Responses. A stream has named, numbered events and ends with a terminal one. */
public final class OpenAiResponses implements Dialect {

  @Override
  public String name() {
    return "openai.responses";
  }

  @Override
  public String operation() {
    return "chat";
  }

  @Override
  public String providerName() {
    return OpenAiForms.PROVIDER;
  }

  @Override
  public boolean needsJsonBody() {
    return true;
  }

  @Override
  public boolean billsTokens() {
    return true;
  }

  @Override
  public RequestScan newScan() {
    return new RequestScan(RequestFields.RESPONSES);
  }

  @Override
  public @Nullable String clientKey(HttpHeaders headers, String query) {
    return ClientKeys.bearer(headers);
  }

  @Override
  public Iterable<String> keyFields() {
    return ClientKeys.FIELDS;
  }

  @Override
  public void putProviderKey(HttpHeaders headers, String key) {
    OpenAiForms.putProviderKey(headers, key);
  }

  @Override
  public UsageReader newUsageReader(boolean swallowUsage) {
    return new OpenAiUsage(OpenAiUsage.Kind.RESPONSES, false);
  }

  @Override
  public byte[] envelope(Refusal refusal, String requestId) {
    return JsonText.utf8(OpenAiForms.envelope(refusal));
  }

  /**
   * Both forms in one. The documented one is flat, but openai-python and -node before 7 and
   * openai-java raise only on a nested {@code error}; newer ones and others read the flat one.
   */
  @Override
  public byte[] streamError(Refusal refusal, String requestId, long eventsSoFar) {
    var code = JsonText.quoted(refusal.code());
    var message = JsonText.quoted(refusal.message());
    return JsonText.utf8(
        "event: error\ndata: {\"type\":\"error\",\"code\":"
            + code
            + ",\"message\":"
            + message
            + ",\"param\":null,\"sequence_number\":"
            + eventsSoFar
            + ",\"error\":{\"type\":\""
            + OpenAiForms.type(refusal)
            + "\",\"code\":"
            + code
            + ",\"message\":"
            + message
            + "}}\n\n");
  }

  @Override
  public KeepAliveForm keepAliveForm() {
    return new KeepAliveForm(null, true);
  }
}
