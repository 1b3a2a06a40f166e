package dev.sluice.core.dialect;

import dev.sluice.billing.usage.Usage;
import dev.sluice.core.dialect.Words.Word;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Usage, end and errors of every OpenAI-style answer: chat chunks, Responses events, and JSON
 * bodies of either. One reader serves all, because their names do not collide and the many
 * compatible servers mix them.
 *
 * <p>Where usage stands: in a chunk of its own with {@code choices: []} (OpenAI), on the finish
 * chunk (DeepSeek), on every chunk as a running total (vLLM), in {@code x_groq} (Groq), in {@code
 * response.usage} of a terminal event (Responses), at the top level of a JSON body. Wherever: the
 * last value of each field wins, and null says nothing. {@code prompt_tokens} contains what was
 * read from the cache and what was written to it; {@code completion_tokens} contains reasoning.
 *
 * <p>With {@code include_usage} every ordinary chunk carries {@code usage: null}. Where the gateway
 * asked, the client sees those members; they are harmless, and only the one chunk without choices
 * is swallowed.
 */
final class OpenAiUsage implements UsageReader {

  private static final int ROOT = 0;
  private static final int INPUT = 1;
  private static final int OUTPUT = 2;
  private static final int CACHED = 3;
  private static final int CACHE_HIT = 4;
  private static final int WRITTEN = 5;
  private static final int WRITTEN_30M = 6;
  private static final int WRITTEN_12H = 7;
  private static final int REASONING = 8;
  private static final int TOTAL = 9;
  private static final int COUNTS = 10;

  private static final int USAGE = 10;
  private static final int PART = 11;
  private static final int CHOICES = 12;
  private static final int FINISH = 13;
  private static final int MODEL = 14;
  private static final int TIER = 15;
  private static final int TYPE = 16;
  private static final int ERROR = 17;
  private static final int ERROR_CODE = 18;
  private static final int ERROR_TYPE = 19;
  private static final int FLAT_CODE = 20;

  private static final Watch ROOT_WATCH =
      Watch.members(
          "",
          ROOT,
          Watch.members("choices", CHOICES, Answers.text("finish_reason", FINISH)),
          usageWatch(),
          Watch.members("x_groq", PART, usageWatch(), errorWatch()),
          Watch.members(
              "response",
              PART,
              usageWatch(),
              errorWatch(),
              Answers.text("model", MODEL),
              Answers.text("service_tier", TIER)),
          errorWatch(),
          Answers.text("model", MODEL),
          Answers.text("service_tier", TIER),
          Answers.text("type", TYPE),
          Answers.text("code", FLAT_CODE));

  /** Which answers are read. */
  enum Kind {
    CHAT(true, true, chatWords()),
    RESPONSES(true, true, words(new Word(Words.Kind.TEXT, "delta"))),
    /** Whatever else: its end is not known, so none is called incomplete. */
    OTHER(false, true, chatWords()),
    /** Answers that are fetched again: an old usage is repeated, but nothing is billed. */
    STORED(false, false, chatWords());

    private final boolean hasEnd;
    private final boolean bills;

    @SuppressWarnings("ImmutableEnumChecker") // Words are tables that are never written to
    private final Words words;

    Kind(boolean hasEnd, boolean bills, Words words) {
      this.hasEnd = hasEnd;
      this.bills = bills;
      this.words = words;
    }

    private static Words chatWords() {
      return words(
          new Word(Words.Kind.TEXT, "content"),
          new Word(Words.Kind.TEXT, "reasoning_content"),
          new Word(Words.Kind.TEXT, "reasoning"),
          new Word(Words.Kind.TEXT, "refusal"),
          new Word(Words.Kind.TEXT, "arguments"));
    }

    /** Text stands in other members, and Responses repeats each of them when it is done. */
    private static Words words(Word... text) {
      var words = new ArrayList<Word>();
      words.add(new Word(Words.Kind.KEY, "usage"));
      words.add(new Word(Words.Kind.KEY, "error"));
      words.add(new Word(Words.Kind.KEY, "finish_reason"));
      words.add(new Word(Words.Kind.VALUE, "error"));
      words.add(new Word(Words.Kind.VALUE, "response.completed"));
      words.add(new Word(Words.Kind.VALUE, "response.incomplete"));
      words.add(new Word(Words.Kind.VALUE, "response.failed"));
      words.addAll(List.of(text));
      return new Words(words);
    }
  }

  /** In the first events the name of the model is looked for; Azure's first has none. */
  private static final int MODEL_TRIES = 4;

  private static final byte[] ERROR_NAME = JsonText.utf8("error");

  private final Kind kind;
  private final boolean swallowUsage;
  private final Words.Sight sight = new Words.Sight();
  private final JsonMachine machine =
      new JsonMachine(ROOT_WATCH, new Members(), false, Answers.DEPTH_MAX);
  private final LongEventData longEvent = new LongEventData(machine);

  private final long[] counts = new long[COUNTS];
  private boolean isComplete;
  private @Nullable String error;
  private @Nullable String model;
  private @Nullable String tier;
  private long contentBytes;
  private long contentEvents;
  private int modelTries = MODEL_TRIES;

  // of the event at hand
  private boolean hasNoChoices;
  private boolean hasUsage;
  private boolean hasError;
  private @Nullable String errorCode;
  private @Nullable String errorType;
  private @Nullable String type;
  private @Nullable String flatCode;

  /**
   * A reader for one answer.
   *
   * @param swallowUsage whether the chunk with nothing but usage is not the client's
   */
  OpenAiUsage(Kind kind, boolean swallowUsage) {
    this.kind = kind;
    this.swallowUsage = swallowUsage;
    Arrays.fill(counts, -1);
  }

  @Override
  public Verdict onEvent(ByteBuf buffer, int start, int end) {
    var bytes = Scratch.copy(buffer, start, end);
    var length = end - start;
    if (EventData.isDone(bytes, 0, length)) {
      isComplete = true;
      return Verdict.LAST;
    }
    kind.words.look(bytes, 0, length, sight);
    var isNamedError = bytes[0] != 'd' && EventData.isNamed(bytes, 0, length, ERROR_NAME);
    var seeksModel = model == null && modelTries > 0;
    if (sight.marks == 0 && !isNamedError && !seeksModel) {
      countText();
      return Verdict.PASS;
    }
    if (seeksModel) {
      modelTries--;
    }
    begin();
    machine.reset();
    EventData.scan(machine, bytes, 0, length);
    hasError |= isNamedError;
    finish();
    if (type != null && isTerminal(type)) {
      isComplete = true;
      return Verdict.LAST;
    }
    if (swallowUsage && hasNoChoices && hasUsage && !hasError) {
      return Verdict.SWALLOW;
    }
    countText();
    return Verdict.PASS;
  }

  /**
   * Too long to be swallowed or to be held as the last: but usage and end are in it all the same.
   */
  @Override
  public void onLongEvent(ByteBuf bytes, int start, int end, boolean isLast) {
    if (!longEvent.isInside()) {
      begin();
    }
    longEvent.scan(bytes, start, end, isLast);
    if (isLast) {
      finish();
      isComplete |= type != null && isTerminal(type);
    }
  }

  private static boolean isTerminal(String type) {
    return switch (type) {
      case "response.completed", "response.incomplete", "response.failed" -> true;
      default -> false;
    };
  }

  @Override
  public void onBytes(ByteBuf bytes) {
    contentBytes += bytes.readableBytes();
    machine.scan(bytes, bytes.readerIndex(), bytes.writerIndex());
    finish();
  }

  private void begin() {
    hasNoChoices = false;
    hasUsage = false;
    hasError = false;
    errorCode = null;
    errorType = null;
    type = null;
    flatCode = null;
  }

  private void finish() {
    // Flat form: Responses' own. An event of another type may carry a code of its own.
    if (type != null && type.equals("error")) {
      hasError = true;
      errorCode = errorCode == null ? flatCode : errorCode;
    }
    if (hasError) {
      isComplete = true;
      error = Answers.code(errorCode, errorType);
    }
  }

  @Override
  public @Nullable Usage usage() {
    var said = false;
    if (!kind.bills) {
      return null;
    }
    for (var count : counts) {
      said |= count >= 0;
    }
    if (!said) {
      return null;
    }
    var output = Math.max(0, counts[OUTPUT]);
    var input = counts[INPUT] >= 0 ? counts[INPUT] : Math.max(0, counts[TOTAL] - output);
    // DeepSeek counts hits beside the details that OpenAI has
    var cached = Math.clamp(Math.max(counts[CACHED], counts[CACHE_HIT]), 0, input);
    var split30m = Math.max(0, counts[WRITTEN_30M]);
    var split12h = Math.max(0, counts[WRITTEN_12H]);
    var written = Math.clamp(Math.max(counts[WRITTEN], split30m + split12h), 0, input - cached);
    // What no lifetime is told of has the shorter one: 30 minutes are the default.
    var written12h = Math.min(split12h, written);
    return new Usage(
        input - cached - written,
        cached,
        0,
        written - written12h,
        0,
        written12h,
        output,
        Math.clamp(counts[REASONING], 0, output));
  }

  @Override
  public boolean isComplete() {
    return isComplete || !kind.hasEnd;
  }

  @Override
  public @Nullable String errorInBody() {
    return error;
  }

  @Override
  public @Nullable String servedModel() {
    return model;
  }

  @Override
  public @Nullable String serviceTier() {
    return tier;
  }

  @Override
  public long contentBytes() {
    return contentBytes;
  }

  @Override
  public long contentEvents() {
    return contentEvents;
  }

  private void countText() {
    if (sight.textBytes > 0) {
      contentBytes += sight.textBytes;
      contentEvents++;
    }
  }

  private static Watch usageWatch() {
    return Watch.members(
        "usage",
        USAGE,
        Answers.count("prompt_tokens", INPUT),
        Answers.count("input_tokens", INPUT),
        Answers.count("completion_tokens", OUTPUT),
        Answers.count("output_tokens", OUTPUT),
        Answers.count("total_tokens", TOTAL),
        Answers.count("prompt_cache_hit_tokens", CACHE_HIT),
        inputDetails("prompt_tokens_details"),
        inputDetails("input_tokens_details"),
        outputDetails("completion_tokens_details"),
        outputDetails("output_tokens_details"));
  }

  private static Watch inputDetails(String name) {
    return Watch.members(
        name,
        PART,
        Answers.count("cached_tokens", CACHED),
        Answers.count("cache_write_tokens", WRITTEN),
        Watch.members(
            "cache_write_tokens_details",
            PART,
            Answers.count("ttl_30m_tokens", WRITTEN_30M),
            Answers.count("ttl_12h_tokens", WRITTEN_12H)));
  }

  private static Watch outputDetails(String name) {
    return Watch.members(name, PART, Answers.count("reasoning_tokens", REASONING));
  }

  private static Watch errorWatch() {
    return Watch.members(
        "error", ERROR, Answers.text("code", ERROR_CODE), Answers.text("type", ERROR_TYPE));
  }

  private final class Members implements JsonMachine.Listener {

    @Override
    public void begins(Watch watch, byte first, long at) {
      switch (watch.slot) {
        case ERROR -> hasError |= first != 'n';
        case USAGE -> hasUsage |= first == '{';
        default -> {}
      }
    }

    @Override
    public void ends(Watch watch, long start, long end, boolean isEmpty, byte[] raw, int length) {
      if (watch.isValue() && watch.slot < COUNTS) {
        var count = JsonText.count(raw, length);
        if (count >= 0) {
          counts[watch.slot] = count;
        }
        return;
      }
      switch (watch.slot) {
        case CHOICES -> hasNoChoices = isEmpty;
        case FINISH -> finished(Answers.text(raw, length));
        case MODEL -> model = Answers.latest(model, raw, length);
        case TIER -> tier = Answers.latest(tier, raw, length);
        case TYPE -> type = Answers.text(raw, length);
        case ERROR_CODE -> errorCode = Answers.text(raw, length);
        case ERROR_TYPE -> errorType = Answers.text(raw, length);
        case FLAT_CODE -> flatCode = Answers.text(raw, length);
        default -> {}
      }
    }

    private void finished(@Nullable String reason) {
      if (reason != null) {
        isComplete = true;
        // OpenRouter ends a choice that failed like this, with or without an error beside it
        hasError |= reason.equals("error");
      }
    }
  }
}
