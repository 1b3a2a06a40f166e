package dev.sluice.core.quota;

import dev.sluice.billing.admission.ProviderLimits;
import dev.sluice.billing.admission.ProviderLimits.Said;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the head of a provider's answer says of its limits.
 *
 * @param limits what is left; null where nothing is said
 * @param pauseMillis how long the account must be left alone, or 0. Only a 429 that names a time
 *     asks for that: one without is about money (a spend limit reached, at Anthropic and OpenAI),
 *     which no waiting brings back
 * @param isOverloaded whether the provider has too much to do (503, Anthropic's 529)
 */
public record ProviderWord(
    @Nullable ProviderLimits limits, long pauseMillis, boolean isOverloaded) {

  /** Where one limit stands: names whose hashes are known need not be made for each answer. */
  private record Pair(Counts counts, AsciiString limit, AsciiString remaining) {
    static Pair anthropic(Counts counts, String what) {
      return new Pair(
          counts,
          AsciiString.cached("anthropic-ratelimit-" + what + "-limit"),
          AsciiString.cached("anthropic-ratelimit-" + what + "-remaining"));
    }

    static Pair openAi(Counts counts, String what) {
      return new Pair(
          counts,
          AsciiString.cached("x-ratelimit-limit-" + what),
          AsciiString.cached("x-ratelimit-remaining-" + what));
    }
  }

  private static final List<Pair> ANTHROPIC =
      List.of(
          Pair.anthropic(Counts.REQUESTS, "requests"),
          Pair.anthropic(Counts.INPUT_TOKENS, "input-tokens"),
          Pair.anthropic(Counts.OUTPUT_TOKENS, "output-tokens"));
  private static final List<Pair> OPENAI =
      List.of(Pair.openAi(Counts.REQUESTS, "requests"), Pair.openAi(Counts.TOTAL_TOKENS, "tokens"));
  private static final List<Pair> GROQ = List.of(Pair.openAi(Counts.TOTAL_TOKENS, "tokens"));
  private static final List<Pair> SILENT = List.of();

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;
  private static final int OVERLOADED = 529;
  private static final long MILLIS_PER_SECOND = 1_000;

  /** A wait that nobody would sit out; the pool bounds it further. */
  private static final long PAUSE_MILLIS_MAX = 3_600_000;

  /**
   * Reads a head.
   *
   * @param counting whose head it is; says what the fields mean. Groq's {@code -requests} are per
   *     day, and Anthropic's plain {@code tokens} are whichever limit binds most: neither is read
   * @param nowMillis since the epoch, for a {@code Retry-After} that is a date
   */
  public static ProviderWord of(Counting counting, int status, HttpHeaders fields, long nowMillis) {
    return new ProviderWord(
        limits(counting, fields),
        status == TOO_MANY_REQUESTS ? retryAfterMillis(fields, nowMillis) : 0,
        status == UNAVAILABLE || status == OVERLOADED);
  }

  private static @Nullable ProviderLimits limits(Counting counting, HttpHeaders fields) {
    List<Said> said = new ArrayList<>(3);
    for (Pair pair :
        switch (counting) {
          case ANTHROPIC -> ANTHROPIC;
          case OPENAI, AZURE, PLAIN -> OPENAI;
          case GROQ -> GROQ;
          case GEMINI, BEDROCK -> SILENT;
        }) {
      long limit = number(fields.get(pair.limit));
      long remaining = number(fields.get(pair.remaining));
      if (limit >= 0 || remaining >= 0) {
        said.add(new Said(pair.counts, limit, remaining));
      }
    }
    return said.isEmpty() ? null : new ProviderLimits(said);
  }

  /** -1 where it is none. */
  private static long number(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > 15) {
      return -1;
    }
    long number = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = 10 * number + c - '0';
    }
    return number;
  }

  /**
   * {@code retry-after-ms}, else {@code Retry-After} (RFC 9110, 10.2.3), seconds or a date: how
   * long from now; 0 where no time is named.
   *
   * @param nowMillis since the epoch
   */
  public static long retryAfterMillis(HttpHeaders fields, long nowMillis) {
    long millis = number(fields.get("retry-after-ms"));
    if (millis < 0) {
      String text = fields.get("retry-after");
      long seconds = number(text);
      millis = seconds >= 0 ? seconds * MILLIS_PER_SECOND : untilDate(text, nowMillis);
    }
    return Math.clamp(millis, 0, PAUSE_MILLIS_MAX);
  }

  private static long untilDate(@Nullable String text, long nowMillis) {
    if (text == null) {
      return 0;
    }
    try {
      return DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from).toEpochMilli()
          - nowMillis;
    } catch (DateTimeException none) {
      return 0;
    }
  }
}
