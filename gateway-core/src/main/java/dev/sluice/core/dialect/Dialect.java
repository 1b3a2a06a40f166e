package dev.sluice.core.dialect;

import dev.sluice.sse.keepalive.KeepAliveForm;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * One API of one provider: which fields matter, how a key is carried, where usage and errors stand,
 * how a stream ends, what a refusal looks like. Stateless; shared by all loops. Sealed, one file
 * each: a new dialect shows every place that must decide.
 */
public sealed interface Dialect
    permits OpenAiChat, OpenAiResponses, OpenAiPassthrough, AnthropicMessages, Gemini {

  /** Stable, bounded; a metric label and a log field, e.g. {@code openai.chat}. */
  String name();

  /** {@code gen_ai.operation.name} (OpenTelemetry): chat, embeddings, generate_content, … */
  String operation();

  /** {@code gen_ai.provider.name} of the family. */
  String providerName();

  /** Whether a request means nothing without a JSON body. */
  boolean needsJsonBody();

  /**
   * Whether a call is billed by its tokens, so that a missing usage is replaced by an estimate.
   * Usage that a provider reports is taken from any call.
   */
  boolean billsTokens();

  /** A scan for a body of this dialect, or null where bodies are not read (multipart, GET). */
  @Nullable RequestScan newScan();

  /**
   * The client's key, without its scheme, from wherever this dialect's SDKs put it; null if none.
   * Gemini's {@code ?key=} is looked for in {@code query}.
   *
   * @param query raw query without the question mark, or empty
   */
  @Nullable String clientKey(HttpHeaders headers, String query);

  /** Names of all fields that may carry a client's key; removed before forwarding. */
  Iterable<String> keyFields();

  /**
   * The target without a key of the client in its query; asked for wherever the client's key is not
   * passed on.
   *
   * @param target origin form
   */
  default String withoutClientKey(String target) {
    return target;
  }

  /** Puts the provider's key where the provider looks for it. */
  void putProviderKey(HttpHeaders headers, String key);

  /**
   * A reader for one answer.
   *
   * @param swallowUsage whether the gateway, not the client, asked for the usage event
   */
  UsageReader newUsageReader(boolean swallowUsage);

  /** The refusal as a JSON body in this dialect's error envelope, UTF-8. */
  byte[] envelope(Refusal refusal, String requestId);

  /**
   * The refusal as one complete event in this dialect's in-stream error form, UTF-8.
   *
   * @param eventsSoFar events already sent in this stream (Responses numbers its events)
   */
  byte[] streamError(Refusal refusal, String requestId, long eventsSoFar);

  /** What this dialect's clients take in a silence. */
  KeepAliveForm keepAliveForm();
}
