package dev.sluice.core.dialect;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Where the members stand from which {@link WarmUp} makes a body, and what it must know of them.
 * The body was scanned before and is sound.
 */
final class WarmUpSource implements JsonMachine.Listener {

  // Members that are copied as they stand, by slot: all below COPIED.
  static final int TOOLS = 1;
  static final int SYSTEM = 2;
  static final int COPIED = 24;

  static final int LIST = 24;
  static final int TOP_MARK = 25;
  static final int TOOL_CHOICE = 26;
  static final int CACHE_OPTIONS = 27;
  static final int CONVERSATION = 28;
  static final int FORMAT = 29;

  private static final int THINKING = 3;
  private static final int OUTPUT_CONFIG = 4;
  private static final int ROLE = 40;
  private static final int THINKING_TYPE = 41;
  private static final int CHOICE_TYPE = 42;
  private static final int PREWARM = 43;
  private static final int SLOTS = 48;

  private static final int WORD_MAX = 64;

  static final Watch MESSAGES =
      Watch.members(
          "",
          0,
          copied("tools", TOOLS),
          copied("system", SYSTEM),
          Watch.members("thinking", THINKING, Watch.value("type", THINKING_TYPE, WORD_MAX)),
          Watch.members("output_config", OUTPUT_CONFIG, copied("format", FORMAT)),
          copied("speed", 5),
          copied("inference_geo", 6),
          copied("mcp_servers", 7),
          Watch.members("tool_choice", TOOL_CHOICE, Watch.value("type", CHOICE_TYPE, WORD_MAX)),
          copied("output_format", FORMAT),
          copied("cache_control", TOP_MARK),
          list("messages"));

  static final Watch CHAT =
      Watch.members(
          "",
          0,
          copied("tools", TOOLS),
          copied("prompt_cache_key", 3),
          copied("prompt_cache_retention", 4),
          copied("parallel_tool_calls", 5),
          copied("response_format", 6),
          copied("reasoning_effort", 7),
          copied("verbosity", 8),
          copied("service_tier", 9),
          cacheOptions(),
          list("messages"));

  static final Watch RESPONSES =
      Watch.members(
          "",
          0,
          copied("tools", TOOLS),
          copied("instructions", SYSTEM),
          copied("prompt_cache_key", 3),
          copied("prompt_cache_retention", 4),
          copied("parallel_tool_calls", 5),
          copied("text", 6),
          copied("reasoning", 7),
          copied("service_tier", 8),
          copied("previous_response_id", 9),
          copied("prompt", 10),
          copied("conversation", CONVERSATION),
          cacheOptions(),
          list("input"));

  static final Watch GEMINI =
      Watch.members(
          "",
          0,
          copied("tools", TOOLS),
          copied("systemInstruction", SYSTEM),
          copied("system_instruction", SYSTEM),
          copied("toolConfig", 3),
          copied("tool_config", 3),
          list("contents"));

  private final JsonMachine machine;
  private final long entryEnd;
  private final boolean isAnthropic;

  private final long[] keys = new long[SLOTS];
  private final long[] starts = new long[SLOTS];
  private final long[] ends = new long[SLOTS];

  private @Nullable String role;
  private @Nullable String thinking;
  private @Nullable String choice;

  /** Role of the item at which the list may be cut. */
  @Nullable String cutRole;

  /** End of that item; 0 where there is none. */
  long cutEnd;

  /** End of the last item; 0 where there is none. */
  long lastEnd;

  /**
   * Reads a body.
   *
   * @param entryEnd offset at which the entry ends: the list may be cut behind the first item that
   *     holds it, for Anthropic the first of a user, because a question must come last
   */
  WarmUpSource(ByteBuf body, Watch root, long entryEnd) {
    this.entryEnd = entryEnd;
    isAnthropic = root == MESSAGES;
    machine = new JsonMachine(root, this, true, RequestScan.DEPTH_MAX);
    machine.scan(body, body.readerIndex(), body.writerIndex());
  }

  private static Watch copied(String name, int slot) {
    return Watch.value(name, slot, 1);
  }

  private static Watch list(String name) {
    return Watch.scalarOrMembers(name, LIST, Watch.value("role", ROLE, WORD_MAX));
  }

  private static Watch cacheOptions() {
    return Watch.members("prompt_cache_options", CACHE_OPTIONS, copied("prewarm", PREWARM));
  }

  @Override
  public void begins(Watch watch, byte first, long at) {
    if (watch.slot == LIST && machine.depth() > 1) {
      role = null;
    } else if (watch.slot > 0 && first != 'n') {
      keys[watch.slot] = machine.keyAt();
      starts[watch.slot] = at;
    }
  }

  @Override
  public void ends(Watch watch, long start, long end, boolean isEmpty, byte[] raw, int length) {
    var word = length > 0 ? JsonText.string(raw, length) : null;
    switch (watch.slot) {
      case LIST -> {
        if (machine.depth() > 1) {
          itemEnds(end);
          return;
        }
      }
      case ROLE -> role = word;
      case THINKING_TYPE -> thinking = word;
      case CHOICE_TYPE -> choice = word;
      default -> {}
    }
    ends[watch.slot] = end;
  }

  private void itemEnds(long end) {
    lastEnd = end;
    if (cutEnd == 0 && end >= entryEnd && (!isAnthropic || "user".equals(role))) {
      cutEnd = end;
      cutRole = role;
    }
  }

  /** Whether the member is there, and not null. */
  boolean has(int slot) {
    return keys[slot] > 0;
  }

  /** Offset of its opening quote. */
  long key(int slot) {
    return keys[slot];
  }

  /** Offset of its value. */
  long start(int slot) {
    return starts[slot];
  }

  long end(int slot) {
    return ends[slot];
  }

  boolean endsWithin(int slot) {
    return has(slot) && keys[slot] < entryEnd && entryEnd <= ends[slot];
  }

  /** Whether the model may think: also a kind of thinking that is not known here. */
  boolean thinks() {
    return has(THINKING) && !"disabled".equals(thinking);
  }

  /** Whether a tool must be used: also a kind of choice that is not known here. */
  boolean forcesTool() {
    return has(TOOL_CHOICE) && !"auto".equals(choice) && !"none".equals(choice);
  }

  /** Whether the options say anything of warming up already. */
  boolean saysPrewarm() {
    return ends[PREWARM] > 0;
  }
}
