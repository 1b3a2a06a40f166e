package dev.sluice.it.invoice;

import java.util.List;

/** An API, and how its answer is asked for. */
enum Shape {
  CHAT(Family.OPENAI, "/v1/chat/completions", "", false),
  CHAT_STREAM(Family.OPENAI, "/v1/chat/completions", "\"stream\":true,", true),
  CHAT_STREAM_ASKING(
      Family.OPENAI,
      "/v1/chat/completions",
      "\"stream\":true,\"stream_options\":{\"include_usage\":true},",
      true),
  RESPONSES(Family.OPENAI, "/v1/responses", "", false),
  RESPONSES_STREAM(Family.OPENAI, "/v1/responses", "\"stream\":true,", true),
  MESSAGES(Family.ANTHROPIC, "/v1/messages", "\"max_tokens\":99,", false),
  MESSAGES_STREAM(Family.ANTHROPIC, "/v1/messages", "\"max_tokens\":99,\"stream\":true,", true),
  GEMINI(Family.GEMINI, "/v1beta/models/%s:generateContent", "", false),
  GEMINI_STREAM(Family.GEMINI, "/v1beta/models/%s:streamGenerateContent?alt=sse", "", true),
  EMBEDDINGS(Family.OPENAI, "/v1/embeddings", "", false);

  /** Whose models may be asked. */
  enum Family {
    OPENAI,
    ANTHROPIC,
    GEMINI;

    List<String> models() {
      return switch (this) {
        case OPENAI ->
            List.of("gpt-6.1-sol", "gpt-5.6-luna", "gpt-5.4-mini", "gpt-4o-mini-2024-07-18");
        case ANTHROPIC -> List.of("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5");
        case GEMINI -> List.of("gemini-2.5-pro", "gemini-3.1-pro-preview");
      };
    }

    /** For the calls whose bill is not told. */
    String blindModel() {
      return switch (this) {
        case OPENAI -> "gpt-5-nano";
        case ANTHROPIC -> "claude-haiku-4-5-20251001";
        case GEMINI -> "gemini-2.5-flash-lite";
      };
    }

    /** Those with prices of their own. */
    List<String> tiers() {
      return switch (this) {
        case OPENAI, GEMINI -> List.of("flex", "priority", "batch");
        case ANTHROPIC -> List.of("batch");
      };
    }
  }

  static final String EMBEDDING_MODEL = "text-embedding-3-small";

  final Family family;
  final boolean isStream;
  private final String path;
  private final String members;

  Shape(Family family, String path, String members, boolean isStream) {
    this.family = family;
    this.path = path;
    this.members = members;
    this.isStream = isStream;
  }

  String path(String model) {
    return path.contains("%s") ? path.formatted(model) : path;
  }

  /**
   * The body of a request.
   *
   * @param prompt without characters that JSON would escape
   */
  String body(String model, String prompt) {
    String named = "{\"model\":\"" + model + "\"," + members;
    return switch (this) {
      case CHAT, CHAT_STREAM, CHAT_STREAM_ASKING, MESSAGES, MESSAGES_STREAM ->
          named + "\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
      case RESPONSES, RESPONSES_STREAM, EMBEDDINGS -> named + "\"input\":\"" + prompt + "\"}";
      case GEMINI, GEMINI_STREAM ->
          "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"" + prompt + "\"}]}]}";
    };
  }
}
