package dev.sluice.core.dialect;

import dev.sluice.billing.usage.Usage;
import dev.sluice.core.dialect.Words.Kind;
import dev.sluice.core.dialect.Words.Word;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Usage, end and errors of Anthropic answers.
 *
 * <p>{@code input_tokens} is only what comes after the last cache breakpoint: the meters are
 * disjoint already. {@code message_delta.usage} is cumulative, and restates the input side upwards
 * where server tools ran; the last value of each field wins, null says nothing. A restated {@code
 * cache_creation_input_tokens} comes without its split by lifetime: what the split does not cover
 * counts as the shorter one.
 *
 * <p>{@code iterations[]} (beta) lists sub-calls. Those of type {@code compaction} are billed, but
 * are not in the top-level sums, so they are added here; all other types are in the sums already or
 * are priced as another model's, and are left alone. The list is restated as a whole.
 */
final class AnthropicUsage implements UsageReader {

  private static final int INPUT = 0;
  private static final int READ = 1;
  private static final int WRITTEN = 2;
  private static final int WRITTEN_5M = 3;
  private static final int WRITTEN_1H = 4;
  private static final int OUTPUT = 5;
  private static final int THINKING = 6;
  private static final int COUNTS = 7;

  /** Added to the slot of a count that belongs to a sub-call. */
  private static final int OF_ITERATION = COUNTS;

  private static final int PART = 20;
  private static final int ITERATIONS = 21;
  private static final int ITERATION_TYPE = 22;
  private static final int MODEL = 23;
  private static final int TIER = 24;
  private static final int TYPE = 25;
  private static final int ERROR = 26;
  private static final int ERROR_TYPE = 27;
  private static final int SPEED = 28;
  private static final int GEO = 29;

  /** A mode with prices of its own, which {@code service_tier} does not tell of. */
  private static final String FAST = "fast";

  private static final Watch ROOT_WATCH =
      Watch.members(
          "",
          PART,
          Watch.members("message", PART, Answers.text("model", MODEL), usageWatch()),
          usageWatch(),
          Answers.text("model", MODEL),
          Answers.text("type", TYPE),
          Watch.members("error", ERROR, Answers.text("type", ERROR_TYPE)));

  private static final Words WORDS =
      new Words(
          List.of(
              new Word(Kind.KEY, "usage"),
              new Word(Kind.VALUE, "message_stop"),
              new Word(Kind.VALUE, "error"),
              new Word(Kind.TEXT, "text"),
              new Word(Kind.TEXT, "thinking"),
              new Word(Kind.TEXT, "partial_json")));

  /** Whether the end of this kind of stream is known. */
  private final boolean hasEnd;

  private final Words.Sight sight = new Words.Sight();
  private final JsonMachine machine =
      new JsonMachine(ROOT_WATCH, new Members(), false, Answers.DEPTH_MAX);
  private final LongEventData longEvent = new LongEventData(machine);

  private long[] counts = none();
  private long[] iteration = none();
  private final long[] compaction = new long[COUNTS];
  private boolean isCompaction;
  private boolean isComplete;
  private boolean hasError;
  private @Nullable String error;
  private @Nullable String errorType;
  private @Nullable String model;
  private @Nullable String tier;
  private @Nullable String speed;
  private @Nullable String geo;
  private @Nullable String type;
  private long contentBytes;
  private long contentEvents;

  AnthropicUsage(boolean hasEnd) {
    this.hasEnd = hasEnd;
  }

  private static long[] none() {
    var none = new long[COUNTS];
    Arrays.fill(none, -1);
    return none;
  }

  @Override
  public Verdict onEvent(ByteBuf buffer, int start, int end) {
    var bytes = Scratch.copy(buffer, start, end);
    var length = end - start;
    WORDS.look(bytes, 0, length, sight);
    countText();
    if (sight.marks == 0) {
      return Verdict.PASS;
    }
    begin();
    machine.reset();
    EventData.scan(machine, bytes, 0, length);
    finish();
    if (type != null && type.equals("message_stop")) {
      isComplete = true;
      return Verdict.LAST;
    }
    return Verdict.PASS;
  }

  @Override
  public void onLongEvent(ByteBuf bytes, int start, int end, boolean isLast) {
    if (!longEvent.isInside()) {
      begin();
    }
    longEvent.scan(bytes, start, end, isLast);
    if (isLast) {
      finish();
      isComplete |= type != null && type.equals("message_stop");
    }
  }

  @Override
  public void onBytes(ByteBuf bytes) {
    contentBytes += bytes.readableBytes();
    machine.scan(bytes, bytes.readerIndex(), bytes.writerIndex());
    finish();
  }

  private void begin() {
    type = null;
    hasError = false;
    errorType = null;
  }

  private void finish() {
    if (hasError || (type != null && type.equals("error"))) {
      isComplete = true;
      error = Answers.code(errorType, null);
    }
  }

  @Override
  public @Nullable Usage usage() {
    var said = false;
    for (var count : counts) {
      said |= count >= 0;
    }
    if (!said) {
      return null;
    }
    return usage(counts).plus(usage(compaction));
  }

  private static Usage usage(long[] counts) {
    var split5m = Math.max(0, counts[WRITTEN_5M]);
    var written1h = Math.max(0, counts[WRITTEN_1H]);
    var written = Math.max(counts[WRITTEN], split5m + written1h);
    var output = Math.max(0, counts[OUTPUT]);
    return new Usage(
        Math.max(0, counts[INPUT]),
        Math.max(0, counts[READ]),
        written - written1h,
        0,
        written1h,
        0,
        output,
        Math.clamp(counts[THINKING], 0, output));
  }

  @Override
  public boolean isComplete() {
    return isComplete || !hasEnd;
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
    return FAST.equals(speed) ? speed : tier;
  }

  @Override
  public @Nullable String region() {
    return geo;
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
    var counts = countWatches(0);
    var members = Arrays.copyOf(counts, counts.length + 4);
    members[counts.length] = Answers.text("service_tier", TIER);
    members[counts.length + 1] = Answers.text("speed", SPEED);
    members[counts.length + 2] = Answers.text("inference_geo", GEO);
    members[counts.length + 3] = iterationsWatch();
    return Watch.members("usage", PART, members);
  }

  private static Watch iterationsWatch() {
    var counts = countWatches(OF_ITERATION);
    var members = Arrays.copyOf(counts, counts.length + 1);
    members[counts.length] = Answers.text("type", ITERATION_TYPE);
    return Watch.members("iterations", ITERATIONS, members);
  }

  private static Watch[] countWatches(int offset) {
    return new Watch[] {
      Answers.count("input_tokens", offset + INPUT),
      Answers.count("cache_read_input_tokens", offset + READ),
      Answers.count("cache_creation_input_tokens", offset + WRITTEN),
      Answers.count("output_tokens", offset + OUTPUT),
      Watch.members(
          "cache_creation",
          PART,
          Answers.count("ephemeral_5m_input_tokens", offset + WRITTEN_5M),
          Answers.count("ephemeral_1h_input_tokens", offset + WRITTEN_1H)),
      Watch.members(
          "output_tokens_details", PART, Answers.count("thinking_tokens", offset + THINKING))
    };
  }

  private final class Members implements JsonMachine.Listener {

    @Override
    public void begins(Watch watch, byte first, long at) {
      switch (watch.slot) {
        case ERROR -> hasError |= first != 'n';
        case ITERATIONS -> {
          if (first == '[') {
            Arrays.fill(compaction, 0);
          } else {
            Arrays.fill(iteration, -1);
            isCompaction = false;
          }
        }
        default -> {}
      }
    }

    @Override
    public void ends(Watch watch, long start, long end, boolean isEmpty, byte[] raw, int length) {
      if (watch.slot < 2 * COUNTS) {
        var count = JsonText.count(raw, length);
        if (count >= 0) {
          var of = watch.slot < COUNTS ? counts : iteration;
          of[watch.slot % COUNTS] = count;
        }
        return;
      }
      switch (watch.slot) {
        case ITERATIONS -> iterationEnds();
        case ITERATION_TYPE -> isCompaction = "compaction".equals(Answers.text(raw, length));
        case MODEL -> model = Answers.latest(model, raw, length);
        case TIER -> tier = Answers.latest(tier, raw, length);
        case SPEED -> speed = Answers.latest(speed, raw, length);
        case GEO -> geo = Answers.latest(geo, raw, length);
        case TYPE -> type = Answers.text(raw, length);
        case ERROR_TYPE -> errorType = Answers.text(raw, length);
        default -> {}
      }
    }

    private void iterationEnds() {
      if (isCompaction) {
        isCompaction = false;
        for (var i = 0; i < COUNTS; i++) {
          compaction[i] += Math.max(0, iteration[i]);
        }
      }
    }
  }
}
