package dev.sluice.core.dialect;

/** Which members of a request body matter to the gateway, for each shape of body. */
enum RequestFields {
  /** OpenAI Chat Completions. */
  CHAT(
      true,
      model(),
      stream(),
      cap("max_tokens", RequestFields.CAP),
      cap("max_completion_tokens", RequestFields.CAP_FIRST),
      Watch.members(
          "stream_options",
          RequestFields.OPTIONS,
          Watch.value("include_usage", RequestFields.INCLUDE_USAGE, 8))),
  /** OpenAI Responses. */
  RESPONSES(true, model(), stream(), cap("max_output_tokens", RequestFields.CAP)),
  /** Anthropic Messages and its token count. */
  MESSAGES(true, model(), stream(), cap("max_tokens", RequestFields.CAP)),
  /** Gemini: model and stream stand in the path. Both spellings are protobuf's. */
  GEMINI(
      true,
      Watch.members(
          "generationConfig",
          RequestFields.CONFIG,
          cap("maxOutputTokens", RequestFields.CAP),
          cap("max_output_tokens", RequestFields.CAP)),
      Watch.members(
          "generation_config",
          RequestFields.CONFIG,
          cap("maxOutputTokens", RequestFields.CAP),
          cap("max_output_tokens", RequestFields.CAP))),
  /** OpenAI embeddings. */
  EMBEDDINGS(true, model(), stream()),
  /** Any other API of a provider: its body may be empty, and need not be an object. */
  OTHER(false, model(), stream());

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

  final Watch root;

  /** Whether the body must be an object. */
  final boolean mustBeObject;

  RequestFields(boolean mustBeObject, Watch... members) {
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
}
