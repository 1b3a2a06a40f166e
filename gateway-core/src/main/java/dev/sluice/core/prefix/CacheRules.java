package dev.sluice.core.prefix;

import dev.sluice.core.dialect.Route;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a provider caches prompts of a model, as published.
 *
 * @param tokensMin shorter beginnings are silently not cached
 * @param lifetime of an entry that is not used, where the client asks for no other
 * @param isWriteCounted whether answers tell what was written
 */
public record CacheRules(long tokensMin, Duration lifetime, boolean isWriteCounted) {

  /** Fewer bytes than any text has for a token. */
  private static final long BYTES_PER_TOKEN_MIN = 2;

  /** Longest name that is looked at; a longer one is nobody's model. */
  private static final int NAME_MAX = 128;

  private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);
  private static final Pattern GPT = Pattern.compile("gpt-(\\d{1,2})(?:\\.(\\d{1,2}))?");

  /** OpenAI's prompt caching guide, from this version on: writes are billed and counted. */
  private static final int WRITES_FROM = 506;

  /** A word of a model's name and what it means; the first that is found holds. */
  private record Named(String word, long tokensMin) {}

  /** Anthropic's prompt caching page, "Cache limitations". */
  private static final List<Named> ANTHROPIC =
      List.of(
          new Named("fable-5-2", 1_024),
          new Named("fable-5", 512),
          new Named("mythos-preview", 2_048),
          new Named("mythos-5", 512),
          new Named("opus-5", 512),
          new Named("sonnet-5-5", 512),
          new Named("sonnet-5", 1_024),
          new Named("opus-4-8", 1_024),
          new Named("opus-4-7", 2_048),
          new Named("opus-4-6", 4_096),
          new Named("opus-4-5", 4_096),
          new Named("haiku-4-5", 4_096),
          new Named("3-5-haiku", 2_048),
          new Named("haiku-3-5", 2_048));

  private static final long USUAL_MIN = 1_024;

  /** Gemini's caching page: 2.5 models; later ones need more. */
  private static final long GEMINI_2_5_MIN = 2_048;

  private static final long GEMINI_MIN = 4_096;

  /**
   * Of a model; of one that is not known, what most have.
   *
   * @param model unchecked text of a client
   */
  public static CacheRules of(Route.Family family, String model) {
    String name = model.length() > NAME_MAX ? "" : model.toLowerCase(Locale.ROOT).replace('.', '-');
    return switch (family) {
      case ANTHROPIC -> new CacheRules(anthropicMin(name), FIVE_MINUTES, true);
      case OPENAI ->
          version(model) >= WRITES_FROM
              ? new CacheRules(USUAL_MIN, Duration.ofMinutes(30), true)
              : new CacheRules(USUAL_MIN, FIVE_MINUTES, false);
      case GEMINI ->
          new CacheRules(name.contains("2-5") ? GEMINI_2_5_MIN : GEMINI_MIN, FIVE_MINUTES, false);
    };
  }

  /** Whether a beginning of so many bytes may be long enough; if not, it need not be hashed. */
  public boolean mayBeCached(long bytes) {
    return bytes >= BYTES_PER_TOKEN_MIN * tokensMin;
  }

  private static long anthropicMin(String name) {
    for (Named each : ANTHROPIC) {
      if (name.contains(each.word)) {
        return each.tokensMin;
      }
    }
    return USUAL_MIN;
  }

  /** 506 for gpt-5.6; 0 where it is none of these. */
  private static int version(String model) {
    Matcher found = GPT.matcher(model.length() > NAME_MAX ? "" : model);
    if (!found.find()) {
      return 0;
    }
    String minor = found.group(2);
    return 100 * Integer.parseInt(found.group(1)) + (minor == null ? 0 : Integer.parseInt(minor));
  }
}
