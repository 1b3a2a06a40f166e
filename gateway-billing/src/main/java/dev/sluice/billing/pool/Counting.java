package dev.sluice.billing.pool;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.usage.Usage;

/**
 * How a provider counts a call against its limits: what it takes when the call is admitted, and
 * what it has taken once the call is over. Both in tokens (or requests), 0 to {@link
 * Bucket#COST_MAX}. A request counts as one, before and after, and also if it failed.
 *
 * <p>Where a formula is not known for certain, the greater one is used: what is taken too much
 * comes back at the settlement, what is taken too little comes as a 429.
 */
public enum Counting {
  /**
   * Total at admission: input and the greater of expected output and cap ("the maximum of
   * max_tokens and the estimated number of tokens based on the character count"). Afterwards what
   * was billed; cached input counts. Source: OpenAI, guides/rate-limits and guides/prompt-caching.
   */
  OPENAI(true, true, false, true, 1),

  /**
   * As {@link #OPENAI} at admission, and stays there: the limit is judged by an estimate "at the
   * time of request processing" that is not corrected by what is billed. Source: Microsoft, Azure
   * OpenAI quota management.
   */
  AZURE(true, true, true, true, 1),

  /**
   * Input and output apart; the cap plays no part. Input read from the cache does not count, what
   * is written to it does. Source: Anthropic, api/rate-limits.
   */
  ANTHROPIC(false, true, false, false, 1),

  /**
   * Total at admission: input and the cap. Afterwards input, cache writes, and output times the
   * burndown rate, which is 5 for the Claude models that the page lists; cache reads do not count.
   * Source: AWS, Bedrock quotas-token-burndown. Newer models have other rates, so read the page
   * before trusting the last factor of two.
   */
  BEDROCK(true, true, false, false, 5),

  /**
   * Total tokens are input tokens; cached ones count. Source: Google, Gemini API rate limits.
   * Output counts only on a meter of output.
   */
  GEMINI(false, false, false, true, 1),

  /**
   * Input and expected output; cached input does not count. Source: Groq, docs/prompt-caching; how
   * much it takes at admission is not published.
   */
  GROQ(false, true, false, false, 1),

  /** Everything counts once, as billed. For providers that publish no formula. */
  PLAIN(false, true, false, true, 1);

  private final boolean takesCap;
  private final boolean totalHasOutput;
  private final boolean keepsAdmission;
  private final boolean countsCacheReads;
  private final int outputFactor;

  Counting(
      boolean takesCap,
      boolean totalHasOutput,
      boolean keepsAdmission,
      boolean countsCacheReads,
      int outputFactor) {
    this.takesCap = takesCap;
    this.totalHasOutput = totalHasOutput;
    this.keepsAdmission = keepsAdmission;
    this.countsCacheReads = countsCacheReads;
    this.outputFactor = outputFactor;
  }

  /** What the call takes from a meter when it is admitted. */
  public long atAdmission(Counts counts, Estimate estimate) {
    long input = clamp(estimate.input());
    long output =
        clamp(takesCap ? Math.max(estimate.output(), estimate.outputCap()) : estimate.output());
    return count(counts, input, output);
  }

  /** What it has taken from that meter in the end, given what was billed. */
  public long atSettlement(Counts counts, Estimate estimate, Usage usage) {
    if (keepsAdmission) {
      return atAdmission(counts, estimate);
    }
    long input = countsCacheReads ? usage.input() : usage.input() - usage.cacheRead();
    return count(counts, clamp(input), clamp(clamp(usage.output()) * outputFactor));
  }

  private long count(Counts counts, long input, long output) {
    return switch (counts) {
      case REQUESTS -> 1;
      case INPUT_TOKENS -> input;
      case OUTPUT_TOKENS -> output;
      case TOTAL_TOKENS -> clamp(totalHasOutput ? input + output : input);
    };
  }

  private static long clamp(long tokens) {
    return Math.max(0, Math.min(tokens, Bucket.COST_MAX));
  }
}
