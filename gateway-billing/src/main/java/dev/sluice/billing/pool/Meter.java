package dev.sluice.billing.pool;

/**
 * One limit of a provider account. Immutable.
 *
 * @param counts what it counts
 * @param perMinute requests or tokens that it lets through per minute, 1 to {@link #PER_MINUTE_MAX}
 * @param burst requests or tokens that it lets through at once after a rest, 1 to {@link
 *     Bucket#BURST_MAX}
 */
public record Meter(Counts counts, long perMinute, long burst) {

  /** Keeps a cost times a rate within a long. */
  public static final long PER_MINUTE_MAX = 1_000_000_000;

  public Meter {
    Checks.between(counts.label() + ".per-minute", perMinute, 1, PER_MINUTE_MAX);
    Checks.between(counts.label() + ".burst", burst, 1, Bucket.BURST_MAX);
  }
}
