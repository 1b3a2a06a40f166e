package dev.sluice.core.warm;

import java.math.BigInteger;

/**
 * For how long an unused entry is kept: a ski rental. Each refresh costs a read, losing the entry
 * costs a write when the next caller comes, and nobody knows when that is. So after the last real
 * use there are at most <i>k* = ⌊(w − r) / r⌋</i> refreshes, and then none: what they have cost is
 * then what the write would have cost more than a read. Whoever comes when, at most twice is spent
 * of what one who knew the future would have spent, and no rule without chance does better (Karlin,
 * Manasse, Rudolph, Sleator, "Competitive snoopy caching", Algorithmica 1988).
 *
 * <p>11 refreshes at 1.25 and 0.1 times plain input, 24 at 1.25 and 0.05, 49 at 1.25 and 0.025; 9
 * where writing costs no more than plain input and reading a tenth.
 *
 * @param writeRate of the entry's lifetime, in nano-dollars per million tokens; that of plain input
 *     where writing has no price
 * @param readRate in the same unit
 */
public record KeepWarmRule(long writeRate, long readRate) {

  /** For an entry without a price: nothing is ever sent. */
  public static final KeepWarmRule NEVER = new KeepWarmRule(0, 0);

  public KeepWarmRule {
    if (writeRate < 0 || readRate < 0) {
      throw new IllegalArgumentException("Rates of " + writeRate + " and " + readRate);
    }
  }

  /**
   * <i>k*</i>. 0 where reading costs nothing too: a price of nothing is more often one that nobody
   * has entered, and would be paid forever.
   */
  public long refreshesMax() {
    return readRate == 0 ? 0 : Math.max(0, (writeRate - readRate) / readRate);
  }

  /**
   * What it costs to have an entry readable for a time without any real use: one write, and a read
   * at the end of each lifetime but the last.
   *
   * @param lifetimeNanos of the entry, above 0
   * @param horizonNanos above 0
   * @return in nano-dollars per million tokens; at 1.25 and 0.1, an hour of five minutes each is
   *     2.35 times plain input
   */
  public BigInteger priceOf(long horizonNanos, long lifetimeNanos) {
    if (lifetimeNanos <= 0 || horizonNanos <= 0) {
      throw new IllegalArgumentException(horizonNanos + " ns in lives of " + lifetimeNanos);
    }
    long refreshes = Math.ceilDiv(horizonNanos, lifetimeNanos) - 1;
    return BigInteger.valueOf(readRate)
        .multiply(BigInteger.valueOf(refreshes))
        .add(BigInteger.valueOf(writeRate));
  }

  /**
   * Whether an entry that lives longer is the cheaper way over a time. For an hour it is at a read
   * rate of 0.1 (2.00 against 2.35 times plain input), and is not at 0.05 (2.00 against 1.80).
   *
   * @param lifetimeNanos of this rule's entry
   * @param longer the rule of the other
   * @param longerNanos lifetime of the other
   */
  public boolean isBeatenBy(
      KeepWarmRule longer, long longerNanos, long lifetimeNanos, long horizonNanos) {
    return longer.priceOf(horizonNanos, longerNanos).compareTo(priceOf(horizonNanos, lifetimeNanos))
        < 0;
  }
}
