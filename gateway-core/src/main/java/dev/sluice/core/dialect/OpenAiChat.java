package dev.sluice.core.dialect;

import dev.sluice.sse.keepalive.KeepAliveForm;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** OpenAI Chat Completions, and whoever speaks it. A stream is data only and ends with [DONE]. */
public final class OpenAiChat implements Dialect {

  @Override
  public String name() {
    return "openai.chat";
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
    return new RequestScan(RequestFields.CHAT);
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
    return new OpenAiUsage(OpenAiUsage.Kind.CHAT, swallowUsage);
  }

  @Override
  public byte[] envelope(Refusal refusal, String requestId) {
    return JsonText.utf8(OpenAiForms.envelope(refusal));
  }

  @Override
  public byte[] streamError(Refusal refusal, String requestId, long eventsSoFar) {
    return JsonText.utf8("data: " + OpenAiForms.envelope(refusal) + "\n\n");
  }

  @Override
  public KeepAliveForm keepAliveForm() {
    return new KeepAliveForm(null, true);
  }
}
