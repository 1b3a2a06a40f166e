package dev.sluice.core.prefix;

/**
 * Who renews an entry before it expires: XFetch (Vattani, Chierichetti, Lowenstein: Optimal
 * Probabilistic Cache Stampede Prevention, PVLDB 2015). A read that finds {@code r} left renews
 * with probability {@code e^(-r / (β·δ))}, δ being how long that takes. Processes that know nothing
 * of each other then come to {@code e^(1/β)} renewals for one expiry on average, however many reads
 * there are. Pure.
 */
public final class EarlyRefresh {

  /** Aims earlier than 1 would, for fewer renewals that meet. */
  public static final double BETA = 3;

  private EarlyRefresh() {}

  /**
   * Whether this read renews.
   *
   * @param remainingNanos until it expires
   * @param writeNanos δ: time to the first byte of an answer that writes
   * @param draw uniform, from 0 to below 1
   */
  public static boolean isChosen(long remainingNanos, long writeNanos, double draw) {
    return remainingNanos <= 0 || draw < Math.exp(-remainingNanos / (BETA * writeNanos));
  }
}
