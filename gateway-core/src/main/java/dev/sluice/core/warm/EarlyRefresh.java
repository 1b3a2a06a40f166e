package dev.sluice.core.warm;

/**
 * When an entry is renewed before it expires, so that those who know nothing of each other do not
 * all do it at once: with probability <i>e^(−r / (β·δ))</i> at remaining life r, where δ is the
 * time that renewing takes (Vattani, Chierichetti, Lowenstein, "Optimal probabilistic cache
 * stampede prevention", PVLDB 2015: renew if <i>now − β·δ·ln U ≥ expiry</i>).
 *
 * <p>For reads that come as a Poisson process of rate n, <i>e^(1/β)</i> of them renew per expiry,
 * whatever n is: 1.40 at β = 3. It is not "exactly one". They begin on average <i>β·δ·(ln(n·β·δ) +
 * 0.577)</i> before it.
 */
public final class EarlyRefresh {

  /** β. */
  public static final double EAGERNESS = 3;

  private EarlyRefresh() {}

  /**
   * How likely one who looks renews, from 0 to 1.
   *
   * @param remainingNanos life that is left; 0 or less where it has expired
   * @param deltaNanos δ; where it is not above 0, only what has expired is renewed
   */
  public static double probability(long remainingNanos, long deltaNanos) {
    if (remainingNanos <= 0) {
      return 1;
    }
    return deltaNanos <= 0 ? 0 : Math.exp(-remainingNanos / (EAGERNESS * deltaNanos));
  }

  /**
   * The decision of one who looks.
   *
   * @param u uniform in [0, 1), drawn anew at each look
   */
  public static boolean isDue(long remainingNanos, long deltaNanos, double u) {
    return u < probability(remainingNanos, deltaNanos);
  }

  /**
   * The same turned round, for one who looks all the time: how long before the end to renew. Above
   * any r it lies with the probability above.
   *
   * @param deltaNanos δ, not negative
   * @param u uniform in [0, 1), drawn once per life
   */
  public static long leadNanos(long deltaNanos, double u) {
    return (long) (-EAGERNESS * deltaNanos * Math.log1p(-u));
  }
}
