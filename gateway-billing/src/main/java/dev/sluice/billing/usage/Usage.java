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

  /**
   * The same with at least so much output: for an answer that broke off before it was counted, of
   * which more has come than its provider had said by then.
   *
   * @param outputMin tokens
   */
  public Usage withOutputOf(long outputMin) {
    return output >= outputMin
        ? this
        : new Usage(
            uncachedInput,
            cacheRead,
            cacheWrite5m,
            cacheWrite30m,
            cacheWrite1h,
            cacheWrite12h,
            outputMin,
            reasoning);
  }

  /**
   * Both together, meter by meter.
   *
   * @throws ArithmeticException if a sum does not fit
   */
  public Usage plus(Usage other) {
    return new Usage(
        Math.addExact(uncachedInput, other.uncachedInput),
        Math.addExact(cacheRead, other.cacheRead),
        Math.addExact(cacheWrite5m, other.cacheWrite5m),
        Math.addExact(cacheWrite30m, other.cacheWrite30m),
        Math.addExact(cacheWrite1h, other.cacheWrite1h),
        Math.addExact(cacheWrite12h, other.cacheWrite12h),
        Math.addExact(output, other.output),
        Math.addExact(reasoning, other.reasoning));
  }

  /** Everything that went in, cached or not. */
  public long input() {
    return uncachedInput + cacheRead + cacheWrites();
  }

  /** Everything written to the prompt cache. */
  public long cacheWrites() {
    return cacheWrite5m + cacheWrite30m + cacheWrite1h + cacheWrite12h;
  }
}
