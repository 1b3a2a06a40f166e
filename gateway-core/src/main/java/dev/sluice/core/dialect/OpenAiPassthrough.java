package dev.sluice.core.dialect;

import dev.sluice.sse.keepalive.KeepAliveForm;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** OpenAI's embeddings, and every other path under {@code /v1}, passed through. */
public final class OpenAiPassthrough implements Dialect {

  /** Which of them. */
  enum Kind {
    EMBEDDINGS("openai.embeddings", "embeddings", OpenAiUsage.Kind.OTHER),
    /** Whatever else is posted: it may bill. */
    OTHER("openai.other", "other", OpenAiUsage.Kind.OTHER),
    /** Lists, stored answers, deletions: nothing is billed, though an old usage may be repeated. */
    OTHER_READ("openai.other", "other", OpenAiUsage.Kind.STORED);

    private final String name;
    private final String operation;
    private final OpenAiUsage.Kind answers;

    Kind(String name, String operation, OpenAiUsage.Kind answers) {
      this.name = name;
      this.operation = operation;
      this.answers = answers;
    }
  }

  private final Kind kind;

  OpenAiPassthrough(Kind kind) {
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
    return OpenAiForms.PROVIDER;
  }

  @Override
  public boolean needsJsonBody() {
    return kind == Kind.EMBEDDINGS;
  }

  @Override
  public boolean billsTokens() {
    return kind == Kind.EMBEDDINGS;
  }

  @Override
  public @Nullable RequestScan newScan() {
    return switch (kind) {
      case EMBEDDINGS -> new RequestScan(RequestFields.EMBEDDINGS);
      case OTHER -> new RequestScan(RequestFields.OTHER);
      case OTHER_READ -> null;
    };
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
    return new OpenAiUsage(kind.answers, false);
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
