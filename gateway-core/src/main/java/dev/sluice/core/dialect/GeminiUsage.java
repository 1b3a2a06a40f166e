package dev.sluice.core.dialect;

import dev.sluice.billing.usage.Usage;
import dev.sluice.core.dialect.Words.Kind;
import dev.sluice.core.dialect.Words.Word;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Usage, end and errors of Gemini answers: events, one JSON object, or the JSON array of chunks
 * that comes where {@code alt=sse} was left off.
 *
 * <p>{@code usageMetadata} is a running total on most chunks. {@code promptTokenCount} contains the
 * cached part; {@code toolUsePromptTokenCount} and {@code thoughtsTokenCount} stand beside the
 * prompt and the candidates, not in them. There is no end marker: a finish reason, or the reason
 * why a prompt was blocked, is the end.
 */
final class GeminiUsage implements UsageReader {

  private static final int PROMPT = 0;
  private static final int CACHED = 1;
  private static final int TOOL_USE = 2;
  private static final int CANDIDATES = 3;
  private static final int THOUGHTS = 4;
  private static final int COUNTS = 5;

  private static final int PART = 10;
  private static final int END = 11;
  private static final int MODEL = 12;
  private static final int TIER = 13;
  private static final int ERROR = 14;
  private static final int ERROR_STATUS = 15;
  private static final int ERROR_CODE = 16;

  private static final Watch ROOT_WATCH =
      Watch.members(
          "",
          PART,
          Watch.members("candidates", PART, Answers.text("finishReason", END)),
          Watch.members("promptFeedback", PART, Answers.text("blockReason", END)),
          Watch.members(
              "usageMetadata",
              PART,
              Answers.count("promptTokenCount", PROMPT),
              Answers.count("cachedContentTokenCount", CACHED),
              Answers.count("toolUsePromptTokenCount", TOOL_USE),
              Answers.count("candidatesTokenCount", CANDIDATES),
              Answers.count("thoughtsTokenCount", THOUGHTS),
              Answers.text("trafficType", TIER)),
          Answers.text("modelVersion", MODEL),
          Watch.members(
              "error",
              ERROR,
              Answers.text("status", ERROR_STATUS),
              Answers.text("code", ERROR_CODE)));

  private static final Words WORDS =
      new Words(
          List.of(
              new Word(Kind.KEY, "usageMetadata"),
              new Word(Kind.KEY, "finishReason"),
              new Word(Kind.KEY, "blockReason"),
              new Word(Kind.KEY, "error"),
              new Word(Kind.TEXT, "text")));

  /** Whether the end of this kind of stream is known. */
  private final boolean hasEnd;

  private final Words.Sight sight = new Words.Sight();
  private final JsonMachine machine =
      new JsonMachine(ROOT_WATCH, new Members(), false, Answers.DEPTH_MAX);
  private final LongEventData longEvent = new LongEventData(machine);

  private final long[] counts = new long[COUNTS];
  private boolean isComplete;
  private boolean hasError;
  private @Nullable String error;
  private @Nullable String errorStatus;
  private @Nullable String errorCode;
  private @Nullable String model;
  private @Nullable String tier;
  private long contentBytes;
  private long contentEvents;

  GeminiUsage(boolean hasEnd) {
    this.hasEnd = hasEnd;
    Arrays.fill(counts, -1);
  }

  @Override
  public Verdict onEvent(ByteBuf buffer, int start, int end) {
    var bytes = Scratch.copy(buffer, start, end);
    var length = end - start;
    WORDS.look(bytes, 0, length, sight);
    countText();
    if (sight.marks != 0) {
      machine.reset();
      EventData.scan(machine, bytes, 0, length);
      finish();
    }
    return Verdict.PASS;
  }

  @Override
  public void onLongEvent(ByteBuf bytes, int start, int end, boolean isLast) {
    longEvent.scan(bytes, start, end, isLast);
    if (isLast) {
      finish();
    }
  }

  @Override
  public void onBytes(ByteBuf bytes) {
    contentBytes += bytes.readableBytes();
    machine.scan(bytes, bytes.readerIndex(), bytes.writerIndex());
    finish();
  }

  private void finish() {
    if (hasError) {
      isComplete = true;
      error = Answers.code(errorStatus, errorCode);
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
    var prompt = Math.max(0, counts[PROMPT]);
    var cached = Math.clamp(counts[CACHED], 0, prompt);
    var thoughts = Math.max(0, counts[THOUGHTS]);
    return new Usage(
        prompt - cached + Math.max(0, counts[TOOL_USE]),
        cached,
        0,
        0,
        0,
        0,
        Math.max(0, counts[CANDIDATES]) + thoughts,
        thoughts);
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

  private final class Members implements JsonMachine.Listener {

    @Override
    public void begins(Watch watch, byte first, long at) {
      if (watch.slot == ERROR) {
        hasError |= first != 'n';
      }
    }

    @Override
    public void ends(Watch watch, long start, long end, boolean isEmpty, byte[] raw, int length) {
      if (watch.slot < COUNTS) {
        var count = JsonText.count(raw, length);
        if (count >= 0) {
          counts[watch.slot] = count;
        }
        return;
      }
      switch (watch.slot) {
        case END -> isComplete |= Answers.text(raw, length) != null;
        case MODEL -> model = Answers.latest(model, raw, length);
        case TIER -> tier = Answers.latest(tier, raw, length);
        case ERROR_STATUS -> errorStatus = Answers.text(raw, length);
        case ERROR_CODE -> errorCode = Answers.text(raw, length);
        default -> {}
      }
    }
  }
}
