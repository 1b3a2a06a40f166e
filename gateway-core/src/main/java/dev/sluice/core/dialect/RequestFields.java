package dev.sluice.core.dialect;

import org.jspecify.annotations.Nullable;

/**
 * Which members of a request body matter to the gateway, for each shape of body. Slots are below
 * 64; those from {@link #PROMPT} on are {@link PromptScan}'s.
 */
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

  static final int PROMPT = 8;
  static final int TOOLS = 8;
  static final int TOOL_MARK = 9;
  static final int SYSTEM = 10;
  static final int SYSTEM_MARK = 11;
  static final int MESSAGES_LIST = 12;
  static final int ROLE = 13;
  static final int CONTENT = 14;
  static final int BLOCK_MARK = 15;

  /** The content of a content block ({@code tool_result}). */
  static final int INNER = 16;

  static final int INNER_MARK = 17;

  /** The marker at the top level, which stands for one on the last block. */
  static final int AUTO_MARK = 18;

  static final int TTL = 19;
  static final int CACHE_OPTIONS = 20;
  static final int EXPLICIT_CACHE = 21;

  /** From here on: members that take part in the provider's key, as they stand. */
  static final int SHARED = 32;

  /** OpenAI's; elsewhere the numbers are other members'. */
  static final int MODE = SHARED;

  static final int OPTIONS_TTL = SHARED + 1;
  static final int SHARED_COUNT = 16;

  /** As those, but only where messages are part of an entry. */
  static final int TOOL_CHOICE = SHARED + SHARED_COUNT - 1;

  static final int MODEL_BYTES_MAX = 256;

  /** Of a role or a word of {@code prompt_cache_options}, with every byte as an escape. */
  private static final int WORD_MAX = 64;

  /** OpenAI Chat Completions. */
  static final RequestFields CHAT =
      new RequestFields(
          true,
          PromptShape.OPENAI,
          model(),
          stream(),
          cap("max_tokens", CAP),
          cap("max_completion_tokens", CAP_FIRST),
          Watch.members("stream_options", OPTIONS, Watch.value("include_usage", INCLUDE_USAGE, 8)),
          Watch.members("tools", TOOLS),
          openAiMessages("messages"),
          cacheOptions(),
          shared("prompt_cache_key", 2),
          shared("prompt_cache_retention", 3),
          shared("parallel_tool_calls", 4),
          shared("response_format", 5),
          shared("reasoning_effort", 6),
          shared("verbosity", 7),
          shared("service_tier", 8));

  /** OpenAI Responses. */
  static final RequestFields RESPONSES =
      new RequestFields(
          true,
          PromptShape.OPENAI,
          model(),
          stream(),
          cap("max_output_tokens", CAP),
          Watch.members("tools", TOOLS),
          Watch.scalarOrMembers("instructions", SYSTEM),
          openAiMessages("input"),
          cacheOptions(),
          shared("prompt_cache_key", 2),
          shared("prompt_cache_retention", 3),
          shared("parallel_tool_calls", 4),
          shared("text", 5),
          shared("reasoning", 6),
          shared("service_tier", 8),
          // what they name stands before the input
          shared("previous_response_id", 9),
          shared("conversation", 10),
          shared("prompt", 11));

  /** Anthropic Messages. */
  static final RequestFields MESSAGES =
      new RequestFields(
          true,
          PromptShape.ANTHROPIC,
          model(),
          stream(),
          cap("max_tokens", CAP),
          Watch.members("tools", TOOLS, cacheControl(TOOL_MARK)),
          Watch.scalarOrMembers("system", SYSTEM, cacheControl(SYSTEM_MARK)),
          Watch.scalarOrMembers(
              "messages",
              MESSAGES_LIST,
              Watch.value("role", ROLE, 1),
              Watch.members(
                  "content",
                  CONTENT,
                  cacheControl(BLOCK_MARK),
                  Watch.members("content", INNER, cacheControl(INNER_MARK)))),
          cacheControl(AUTO_MARK),
          shared("thinking", 0),
          shared("output_config", 1),
          shared("speed", 2),
          shared("inference_geo", 3),
          shared("mcp_servers", 4),
          Watch.value("tool_choice", TOOL_CHOICE, 1));

  /** Anthropic's token count: nothing is cached. */
  static final RequestFields COUNT_TOKENS =
      new RequestFields(true, null, model(), stream(), cap("max_tokens", CAP));

  /** Gemini: model and stream stand in the path. Both spellings are protobuf's. */
  static final RequestFields GEMINI =
      new RequestFields(
          true,
          PromptShape.GEMINI,
          config("generationConfig"),
          config("generation_config"),
          Watch.members("tools", TOOLS),
          Watch.scalarOrMembers("systemInstruction", SYSTEM),
          Watch.scalarOrMembers("system_instruction", SYSTEM),
          Watch.members("contents", MESSAGES_LIST),
          Watch.members("cachedContent", EXPLICIT_CACHE),
          Watch.members("cached_content", EXPLICIT_CACHE),
          shared("toolConfig", 0),
          shared("tool_config", 0));

  /** OpenAI embeddings. */
  static final RequestFields EMBEDDINGS = new RequestFields(true, null, model(), stream());

  /** Any other API of a provider: its body may be empty, and need not be an object. */
  static final RequestFields OTHER = new RequestFields(false, null, model(), stream());

  final Watch root;

  /** Whether the body must be an object. */
  final boolean mustBeObject;

  /** How it holds a prompt; null where nothing is cached. */
  final @Nullable PromptShape prompt;

  private RequestFields(boolean mustBeObject, @Nullable PromptShape prompt, Watch... members) {
    this.mustBeObject = mustBeObject;
    this.prompt = prompt;
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

  private static Watch shared(String name, int number) {
    return Watch.value(name, SHARED + number, 1);
  }

  private static Watch cacheControl(int slot) {
    return Watch.scalarOrMembers("cache_control", slot, Watch.value("ttl", TTL, WORD_MAX));
  }

  private static Watch openAiMessages(String name) {
    return Watch.scalarOrMembers(
        name,
        MESSAGES_LIST,
        Watch.value("role", ROLE, WORD_MAX),
        Watch.members(
            "content", CONTENT, Watch.scalarOrMembers("prompt_cache_breakpoint", BLOCK_MARK)));
  }

  /** Of these only two take part: to warm an entry up is to ask for the same entry. */
  private static Watch cacheOptions() {
    return Watch.members(
        "prompt_cache_options",
        CACHE_OPTIONS,
        Watch.value("mode", MODE, WORD_MAX),
        Watch.value("ttl", OPTIONS_TTL, WORD_MAX));
  }
}
