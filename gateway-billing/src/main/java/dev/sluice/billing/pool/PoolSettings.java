package dev.sluice.billing.pool;

import dev.sluice.billing.team.TeamId;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One provider account's limits for a group of models, and how teams share them. Immutable, checked
 * when made: what cannot be kept is refused with the numbers.
 *
 * @param name unique among the pools; a metric label
 * @param meters 1 to 4, each counting something else
 * @param counting how this provider counts
 * @param mode SHADOW lets all teams' calls go
 * @param quotas per team, in the order of the configuration
 * @param others what each team without a quota of its own gets, each for itself; its guarantee must
 *     be 0
 * @param waitingMaxPerTeam calls of one team that may wait at a time, 0 to 100,000
 */
public record PoolSettings(
    String name,
    List<Meter> meters,
    Counting counting,
    Mode mode,
    Map<TeamId, Quota> quotas,
    Quota others,
    int waitingMaxPerTeam) {

  private static final List<Counts> MAIN_FIRST =
      List.of(Counts.TOTAL_TOKENS, Counts.INPUT_TOKENS, Counts.OUTPUT_TOKENS, Counts.REQUESTS);

  /**
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public PoolSettings {
    meters = List.copyOf(meters);
    quotas = Collections.unmodifiableMap(new LinkedHashMap<>(quotas));
    String pool = "Pool \"" + name + "\": ";
    Checks.that(!name.isBlank(), "A pool has no name. Give it one.");
    Checks.that(
        !meters.isEmpty(), pool + "it has no meters. Name at least one of its provider's limits.");
    Set<Counts> seen = EnumSet.noneOf(Counts.class);
    for (Meter meter : meters) {
      Checks.that(
          seen.add(meter.counts()),
          pool + "two meters count " + meter.counts().label() + ". Keep one.");
    }
    Checks.that(
        others.guaranteed() == 0,
        pool
            + "others.guaranteed is "
            + others.guaranteed()
            + "; only 0 is possible, for nobody knows how many others there are.");
    Checks.between(pool + "waiting-max", waitingMaxPerTeam, 0, 100_000);
    Meter main = main(meters);
    for (Map.Entry<TeamId, Quota> of : quotas.entrySet()) {
      Checks.that(
          of.getValue().burst() <= main.burst(),
          pool
              + "the burst of team \""
              + of.getKey().name()
              + "\" is "
              + of.getValue().burst()
              + ", above the "
              + main.burst()
              + " of the pool. Lower it.");
    }
    for (Meter meter : meters) {
      long rates = 0;
      long bursts = 0;
      for (Quota quota : quotas.values()) {
        rates += guaranteedPerMinute(quota, meter, main);
        bursts += guaranteedBurst(quota, meter, main);
      }
      String what = " of " + meter.counts().label();
      Checks.that(
          rates <= meter.perMinute(),
          pool
              + "guarantees add up to "
              + rates
              + what
              + " per minute, above the "
              + meter.perMinute()
              + " there are. Lower some.");
      Checks.that(
          bursts <= meter.burst(),
          pool
              + "bursts of guarantees add up to "
              + bursts
              + what
              + ", above the "
              + meter.burst()
              + " there are. Lower some, or raise the meter's.");
    }
  }

  /**
   * The meter in whose tokens quotas are written: total tokens if there is such a meter, else
   * input, else output, else requests.
   */
  public Meter mainMeter() {
    return main(meters);
  }

  /** The team's own quota, or the one of all others. */
  public Quota quotaOf(TeamId team) {
    Quota own = quotas.get(team);
    return own == null ? others : own;
  }

  /**
   * The guarantee's share of a meter, rounded down, at least 1; 0 where nothing is guaranteed. In
   * requests or tokens per minute.
   */
  public long guaranteedPerMinute(Quota quota, Meter meter) {
    return guaranteedPerMinute(quota, meter, mainMeter());
  }

  /** What of that a team saves up, in requests or tokens; at least 1, or 0 without a guarantee. */
  public long guaranteedBurst(Quota quota, Meter meter) {
    return guaranteedBurst(quota, meter, mainMeter());
  }

  /** The ceiling's share of a meter, rounded down, at least 1; 0 for no ceiling. */
  public long ceilingPerMinute(Quota quota, Meter meter) {
    return quota.ceiling() == 0 ? 0 : share(quota.ceiling(), meter.perMinute(), mainMeter());
  }

  /**
   * What a team may take at once under its ceiling: the same share of the meter's burst, but never
   * less than it saves up of its guarantee.
   */
  public long ceilingBurst(Quota quota, Meter meter) {
    return quota.ceiling() == 0
        ? 0
        : Math.min(
            meter.burst(),
            Math.max(
                guaranteedBurst(quota, meter), share(quota.ceiling(), meter.burst(), mainMeter())));
  }

  /** What the team's quota comes to. */
  public QuotaPromise promise(TeamId team) {
    Quota quota = quotaOf(team);
    Meter main = mainMeter();
    long burst = guaranteedBurst(quota, main);
    if (quota.guaranteed() == 0) {
      return new QuotaPromise(0, quota.ceiling(), burst, quota.maxWait());
    }
    long saved = 0;
    for (Quota each : quotas.values()) {
      saved += guaranteedBurst(each, main);
    }
    long ownMillis = burst * 60_000 / quota.guaranteed();
    long largestMillis = (main.burst() - saved) * 60_000 / main.perMinute();
    return new QuotaPromise(
        quota.guaranteed(), quota.ceiling(), burst, Duration.ofMillis(ownMillis + largestMillis));
  }

  private static Meter main(List<Meter> meters) {
    for (Counts counts : MAIN_FIRST) {
      for (Meter meter : meters) {
        if (meter.counts() == counts) {
          return meter;
        }
      }
    }
    throw new IllegalArgumentException("A pool has no meters.");
  }

  private static long guaranteedPerMinute(Quota quota, Meter meter, Meter main) {
    return quota.guaranteed() == 0 ? 0 : share(quota.guaranteed(), meter.perMinute(), main);
  }

  private static long guaranteedBurst(Quota quota, Meter meter, Meter main) {
    if (quota.guaranteed() == 0) {
      return 0;
    }
    return quota.burst() == 0
        ? share(quota.guaranteed(), meter.burst(), main)
        : Math.max(1, quota.burst() * meter.burst() / main.burst());
  }

  /** At most 1e9 times 1e9: fits a long. */
  private static long share(long ofMain, long whole, Meter main) {
    return Math.max(1, ofMain * whole / main.perMinute());
  }
}
