package dev.sluice.billing.pool;

import java.time.Duration;

/**
 * One team's part of a pool. Immutable.
 *
 * @param guaranteed tokens per minute of the pool's main meter that are always there for the team;
 *     0 for none. It stands for a share of every meter: 10 % of the tokens are 10 % of the requests
 * @param ceiling tokens per minute of the main meter that it never gets past, however idle the pool
 *     is; 0 for none. A share of every meter likewise
 * @param weight its part of what is lent, against the other teams' weights; 1 to {@link
 *     #WEIGHT_MAX}
 * @param lane who borrows before whom
 * @param maxWait how long a call may wait before it is refused; zero to {@link #WAIT_MAX}, zero
 *     meaning that nothing waits
 * @param burst tokens of the main meter that an idle team saves up of its guarantee; 0 for the
 *     guarantee's share of the main meter's burst. A request larger than this is never wholly
 *     within the guarantee
 * @param mode whether it is meant
 */
public record Quota(
    long guaranteed, long ceiling, int weight, Lane lane, Duration maxWait, long burst, Mode mode) {

  public static final int WEIGHT_MAX = 1_000;
  public static final Duration WAIT_MAX = Duration.ofHours(1);

  public Quota {
    Checks.between("guaranteed", guaranteed, 0, Meter.PER_MINUTE_MAX);
    Checks.between("ceiling", ceiling, 0, Meter.PER_MINUTE_MAX);
    Checks.between("weight", weight, 1, WEIGHT_MAX);
    Checks.between("burst", burst, 0, Bucket.BURST_MAX);
    Checks.that(
        !maxWait.isNegative() && maxWait.compareTo(WAIT_MAX) <= 0,
        "max-wait is " + maxWait + "; allowed is PT0S to " + WAIT_MAX + ".");
    Checks.that(
        ceiling == 0 || ceiling >= guaranteed,
        "ceiling is "
            + ceiling
            + ", below its guaranteed "
            + guaranteed
            + ". Raise ceiling, or lower guaranteed.");
    Checks.that(
        burst == 0 || guaranteed > 0,
        "burst is " + burst + " where nothing is guaranteed. Set guaranteed, or leave burst out.");
  }

  /** Nothing guaranteed, no ceiling, weight 1, interactive: only what the others leave. */
  public static Quota borrowing(Duration maxWait) {
    return new Quota(0, 0, 1, Lane.INTERACTIVE, maxWait, 0, Mode.ENFORCE);
  }
}
