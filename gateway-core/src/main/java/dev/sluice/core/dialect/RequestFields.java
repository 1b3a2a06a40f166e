package dev.sluice.core.dialect;

/** Which members of a request body matter to the gateway, for each shape of body. */
final class RequestFields {

  static final int ROOT = 0;
  static final int MODEL = 1;
  static final int STREAM = 2;
  static final int CAP = 3;

  /** Wins over {@link #CAP}. */
  static final int CAP_FIRST = 4;

  static final int OPTIONS = 5;
  static final int INCLUDE_USAGE = 6;
  static final int CONFIG = 7;

  static final int MODEL_BYTES_MAX = 256;

  /** OpenAI Chat Completions. */
  static final RequestFields CHAT =
      new RequestFields(
          true,
          model(),
          stream(),
          cap("max_tokens", CAP),
          cap("max_completion_tokens", CAP_FIRST),
          Watch.members("stream_options", OPTIONS, Watch.value("include_usage", INCLUDE_USAGE, 8)));

  /** OpenAI Responses. */
  static final RequestFields RESPONSES =
      new RequestFields(true, model(), stream(), cap("max_output_tokens", CAP));

  /** Anthropic Messages and its token count. */
  static final RequestFields MESSAGES =
      new RequestFields(true, model(), stream(), cap("max_tokens", CAP));

  /** Gemini: model and stream stand in the path. Both spellings are protobuf's. */
  static final RequestFields GEMINI =
      new RequestFields(true, config("generationConfig"), config("generation_config"));

  /** OpenAI embeddings. */
  static final RequestFields EMBEDDINGS = new RequestFields(true, model(), stream());

  /** Any other API of a provider: its body may be empty, and need not be an object. */
  static final RequestFields OTHER = new RequestFields(false, model(), stream());

  final Watch root;

  /** Whether the body must be an object. */
  final boolean mustBeObject;

  private RequestFields(boolean mustBeObject, Watch... members) {
    this.mustBeObject = mustBeObject;
    root = Watch.members("", ROOT, members);
  }

  private static Watch model() {
    // One byte may be written as an escape of six.
    return Watch.value("model", MODEL, 6 * MODEL_BYTES_MAX + 2);
  }

  private static Watch stream() {
    return Watch.value("stream", STREAM, 8);
  }

  private static Watch cap(String name, int slot) {
    return Watch.value(name, slot, 32);
  }

  private static Watch config(String name) {
    return Watch.members(name, CONFIG, cap("maxOutputTokens", CAP), cap("max_output_tokens", CAP));
  }
}
