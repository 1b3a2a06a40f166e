package dev.sluice.billing.usage;

/**
 * Billed tokens of one call in disjoint meters: what a provider reports as a total is split once,
 * at the edge, and never added or subtracted again. All counts are tokens, none negative.
 *
 * @param uncachedInput input that was neither read from nor written to the prompt cache
 * @param cacheRead input read from the prompt cache
 * @param cacheWrite5m input written with the shortest lifetime (Anthropic 5 minutes; OpenAI 30
 *     minutes is {@code cacheWrite30m})
 * @param cacheWrite30m input written for 30 minutes
 * @param cacheWrite1h input written for an hour
 * @param cacheWrite12h input written for 12 hours
 * @param output all billed output, reasoning included
 * @param reasoning the part of {@code output} that is reasoning
 */
public record Usage(
    long uncachedInput,
    long cacheRead,
    long cacheWrite5m,
    long cacheWrite30m,
    long cacheWrite1h,
    long cacheWrite12h,
    long output,
    long reasoning) {

  public static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0, 0, 0);

  /** Everything that went in, cached or not. */
  public long input() {
    return uncachedInput + cacheRead + cacheWrites();
  }

  /** Everything written to the prompt cache. */
  public long cacheWrites() {
    return cacheWrite5m + cacheWrite30m + cacheWrite1h + cacheWrite12h;
  }
}
