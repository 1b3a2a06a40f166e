package dev.sluice.core.quota;

import dev.sluice.billing.admission.Decision;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.Refusal;
import java.util.random.RandomGenerator;

/** A quota's no, in the words of a refusal. */
public final class QuotaRefusals {

  /** Longer waits are not waited by the SDKs: anthropic-python backs off by itself above it. */
  private static final long WAIT_MILLIS_MAX = 60_000;

  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final int STATUS = 429;

  private QuotaRefusals() {}

  /**
   * The refusal. Its wait is spread by up to a quarter, and at least half a second, so that those
   * refused together do not come back together; never above 60 s.
   */
  public static Refusal of(
      Decision.Refused refused, TeamId team, String pool, RandomGenerator jitter) {
    long base = Math.max(1, Math.ceilDiv(refused.retryAfterNanos(), NANOS_PER_MILLI));
    boolean isBearable = base <= WAIT_MILLIS_MAX;
    long wait = Math.min(base, WAIT_MILLIS_MAX - WAIT_MILLIS_MAX / 5);
    long spread = wait + jitter.nextLong(Math.max(500, wait / 4) + 1);
    return new Refusal(
        STATUS,
        Refusal.Kind.RATE_LIMIT,
        refused.limit().label().replace('-', '_'),
        message(refused, team, pool, base),
        isBearable,
        Math.max(Math.min(base, WAIT_MILLIS_MAX), Math.min(spread, WAIT_MILLIS_MAX)));
  }

  private static String message(
      Decision.Refused refused, TeamId team, String pool, long waitMillis) {
    String who = "Team \"" + team.name() + "\"";
    String where = " on pool \"" + pool + "\"";
    String unit = refused.counts().label().replace('-', ' ');
    String perMinute = refused.limitPerMinute() + " " + unit + " per minute";
    String what =
        switch (refused.limit()) {
          case TEAM_CEILING -> who + " is at its ceiling of " + perMinute + where;
          case POOL ->
              who
                  + " would wait longer than its max-wait: the limit of "
                  + perMinute
                  + where
                  + " is in use";
          case QUEUE_FULL -> who + " has as many requests waiting as may" + where;
          case MAX_WAIT ->
              who
                  + " has waited its max-wait"
                  + where
                  + ", whose limit of "
                  + perMinute
                  + " is in use";
          case PROVIDER_PAUSED -> "The provider has asked for a pause" + where;
        };
    return what
        + ". The request counts as "
        + refused.cost()
        + " of them; there is room for it in about "
        + shown(waitMillis)
        + ".";
  }

  private static String shown(long millis) {
    return millis < 1_000 ? millis + " ms" : Math.ceilDiv(millis, 1_000L) + " s";
  }
}
