package dev.sluice.billing.admission;

import static dev.sluice.billing.pool.Bucket.TOKEN;

import dev.sluice.billing.pool.Bucket;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All buckets of a pool, and what fits them. Confined to its pool.
 *
 * <p><b>The picture.</b> On each meter there is the pool's bucket, which is what the provider will
 * let through, and per team with a guarantee a bucket of its own, which says how much of the pool's
 * is spoken for. A call within its guarantee is paid from both. A call that borrows is paid from
 * the pool's alone, and may only have what no other team has saved up:
 *
 * <pre>  lendable to i = pool - Σ over j ≠ i of max(0, own of j)</pre>
 *
 * <p><b>The invariant.</b> {@code pool ≥ Σ own}. Refilling keeps it: rates of guarantees add up to
 * no more than the pool's, and a full pool holds all bursts of guarantees together. Paying from
 * both keeps it, and borrowing by the rule above does. So what is within a guarantee always finds
 * its tokens in the pool (I2), and what an owner does not use is lent exactly as it overflows the
 * owner's bucket (I3). Nothing has to be called back.
 *
 * <p><b>Three things break it, and mend by themselves.</b> A request larger than the part of the
 * bucket that nobody saves goes when that part is full, and the pool holds the request or is full
 * itself: it would never go otherwise. An answer longer than reserved is charged when it is known:
 * to what its team has saved, then to what could be lent to it, and the rest becomes a debt of the
 * team's own bucket, so that it is paid off by the guarantee of the team that made it. A provider
 * that has less than was thought lowers the pool's level. Meanwhile also calls within guarantees
 * wait for the pool: never longer than it takes the pool to make up what is missing.
 *
 * <p><b>Meters</b> that a call costs nothing on do not concern it. Costs are in tokens or requests,
 * levels in {@link Bucket} units. All levels are as of the last {@link #at}; a team's own buckets
 * are refilled where they are looked at.
 */
final class Limits {

  /** Kinds of meters there can be: arrays are indexed by {@code Counts.index()}. */
  static final int KINDS = Counts.KINDS;

  static final int SIXTEENTHS = 16;

  /** How long a refusal or a wake-up looks ahead at most; later ones look again. */
  static final long FAR_NANOS = 3_600_000_000_000L;

  /** Leaves 16 bits and the sign for {@link WaitingRoom}'s counters. */
  private static final long DOMINANT_MAX = 1L << 46;

  private PoolSettings settings;
  private final @Nullable Bucket[] pool = new @Nullable Bucket[KINDS];

  /** Meters that there are, in the order of the settings. */
  private Counts[] counts = {};

  /** As configured, and as the provider last said where that is less. */
  private final long[] perMinute = new long[KINDS];

  private final long[] heardPerMinute = new long[KINDS];

  /** What all guarantees together can save up, in units. */
  private final long[] saving = new long[KINDS];

  private final List<TeamShare> guaranteed = new ArrayList<>();
  private int main;
  private int sixteenths = SIXTEENTHS;
  private long nextSixteenthAt;
  private long shortUntil;
  private long now;

  Limits(PoolSettings settings, long now) {
    this.settings = settings;
    this.now = now;
    this.shortUntil = now;
  }

  /**
   * Takes over settings; buckets that there were keep their levels, new ones of the pool are full.
   */
  void apply(PoolSettings changed, long epoch) {
    settings = changed;
    main = changed.mainMeter().counts().index();
    counts = changed.meters().stream().map(Meter::counts).toArray(Counts[]::new);
    for (Counts each : Counts.values()) {
      Meter meter = meter(changed, each);
      int m = each.index();
      Bucket bucket = pool[m];
      if (meter == null) {
        pool[m] = null;
        perMinute[m] = 0;
        heardPerMinute[m] = 0;
      } else {
        if (bucket == null) {
          pool[m] = new Bucket(meter.perMinute(), meter.burst(), meter.burst(), now, epoch);
        } else {
          bucket.burst(meter.burst());
        }
        boolean wasAsConfigured = heardPerMinute[m] == perMinute[m];
        perMinute[m] = meter.perMinute();
        heardPerMinute[m] =
            wasAsConfigured ? perMinute[m] : Math.min(heardPerMinute[m], perMinute[m]);
      }
      saving[m] = 0;
    }
    guaranteed.clear();
  }

  /**
   * Gives a team its buckets; once for each team after {@link #apply}.
   *
   * @param full whether a new bucket of its own is full: only where the pool is, too
   */
  void admit(TeamShare share, Quota quota, boolean full, long epoch) {
    share.quota(quota);
    if (quota.guaranteed() > 0) {
      guaranteed.add(share);
    }
    for (Counts each : Counts.values()) {
      int m = each.index();
      Meter meter = meter(settings, each);
      if (meter == null) {
        share.own[m] = null;
        share.ceiling[m] = null;
        continue;
      }
      long rate = settings.guaranteedPerMinute(quota, meter);
      long burst = settings.guaranteedBurst(quota, meter);
      share.own[m] = bucket(share.own[m], rate, burst, full ? burst : 0, epoch);
      saving[m] += burst * TOKEN;
      long ceiling = settings.ceilingPerMinute(quota, meter);
      long atOnce = settings.ceilingBurst(quota, meter);
      share.ceiling[m] = bucket(share.ceiling[m], ceiling, atOnce, atOnce, epoch);
    }
  }

  /** Time passes. */
  void at(long time) {
    while (sixteenths < SIXTEENTHS && time - nextSixteenthAt >= 0) {
      refillAll(nextSixteenthAt);
      sixteenths++;
      nextSixteenthAt += Blame.SECOND;
      spreadRates();
    }
    if (time - now > 0) {
      now = time;
      for (Counts each : counts) {
        pool(each.index()).refill(time);
      }
    }
  }

  // What fits.

  /** Whether the team's own buckets hold it. */
  boolean isWithinGuarantee(TeamShare share, long[] costs) {
    if (share.quota.guaranteed() == 0) {
      return false;
    }
    for (int m = 0; m < KINDS; m++) {
      if (costs[m] > 0 && level(share.own[m]) < costs[m] * TOKEN) {
        return false;
      }
    }
    return true;
  }

  /** Whether the pool's buckets hold it. */
  boolean poolHolds(long[] costs) {
    for (int m = 0; m < KINDS; m++) {
      if (costs[m] > 0 && !pool(m).holdsOrIsFull(costs[m] * TOKEN)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the team's ceiling lets it through. */
  boolean ceilingHolds(TeamShare share, long[] costs) {
    if (share.quota.ceiling() == 0) {
      return true;
    }
    for (int m = 0; m < KINDS; m++) {
      if (costs[m] > 0) {
        Bucket ceiling = share.ceiling[m];
        if (ceiling != null) {
          ceiling.refill(now);
          if (!ceiling.holdsOrIsFull(costs[m] * TOKEN)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Whether it may be lent to the team, its own guarantee included. */
  boolean canLend(TeamShare share, long[] costs) {
    for (int m = 0; m < KINDS; m++) {
      if (costs[m] > 0) {
        Bucket bucket = pool(m);
        long units = costs[m] * TOKEN;
        long savingOfOthers = saving[m] - burst(share.own[m]);
        long needed = Math.min(units, bucket.burst() - savingOfOthers);
        if (!bucket.holdsOrIsFull(units)) {
          return false;
        }
        // Most often there is enough however much the others have saved up.
        if (bucket.level() - savingOfOthers < needed
            && bucket.level() - savedByOthers(share, m) < needed) {
          return false;
        }
      }
    }
    return true;
  }

  // When it fits. Nanoseconds; 0 where it does now, Bucket.NEVER where it never will.

  long nanosUntilWithinGuarantee(TeamShare share, long[] costs) {
    if (share.quota.guaranteed() == 0) {
      return Bucket.NEVER;
    }
    long nanos = 0;
    for (int m = 0; m < KINDS; m++) {
      if (costs[m] > 0) {
        Bucket own = share.own[m];
        nanos = Math.max(nanos, own == null ? Bucket.NEVER : own.nanosUntil(costs[m] * TOKEN));
      }
    }
    return nanos;
  }

  long nanosUntilPoolHolds(long[] costs) {
    long nanos = 0;
    for (int m = 0; m < KINDS; m++) {
      if (costs[m] > 0) {
        nanos = Math.max(nanos, nanosUntil(pool(m), costs[m]));
      }
    }
    return nanos;
  }

  long nanosUntilCeilingHolds(TeamShare share, long[] costs) {
    long nanos = 0;
    for (int m = 0; m < KINDS; m++) {
      Bucket ceiling = share.ceiling[m];
      if (costs[m] > 0 && ceiling != null) {
        ceiling.refill(now);
        nanos = Math.max(nanos, nanosUntil(ceiling, costs[m]));
      }
    }
    return nanos;
  }

  /**
   * When it may be lent, or when that can be said better: the lendable rises at the pool's rate
   * less those of the others whose buckets are not full, so faster each time one of them fills up.
   */
  long nanosUntilLent(TeamShare share, long[] costs) {
    long nanos = 0;
    for (int m = 0; m < KINDS; m++) {
      if (costs[m] > 0) {
        nanos = Math.max(nanos, nanosUntilLent(share, m, costs[m] * TOKEN));
      }
    }
    return nanos;
  }

  private long nanosUntilLent(TeamShare share, int m, long units) {
    Bucket bucket = pool(m);
    long savingOfOthers = saving[m] - burst(share.own[m]);
    long lacking =
        Math.min(units, bucket.burst() - savingOfOthers)
            - (bucket.level() - savedByOthers(share, m));
    long inPool = bucket.nanosUntil(Math.min(units, bucket.burst()));
    if (lacking <= 0) {
      return inPool;
    }
    long rate = bucket.rate();
    long nextFull = FAR_NANOS;
    for (TeamShare other : guaranteed) {
      Bucket own = other.own[m];
      if (other != share && own != null && own.level() < own.burst()) {
        nextFull = Math.min(nextFull, own.nanosUntil(own.burst()));
        rate -= own.level() < 0 ? 0 : own.rate();
      }
    }
    long lent = rate <= 0 ? nextFull : Math.min(nextFull, (lacking - 1) / rate + 1);
    return Math.max(inPool, lent);
  }

  /**
   * A bound from below of how long a call waits for its team's ceiling, all that is ahead of it
   * having to go first. Refunds could make it shorter.
   */
  long leastNanosAtCeiling(TeamShare share, int m, long cost, long ahead) {
    Bucket ceiling = share.ceiling[m];
    if (cost == 0 || ceiling == null) {
      return 0;
    }
    ceiling.refill(now);
    return leastNanos(ceiling, cost, ahead, ceiling.rate());
  }

  /** Likewise for the pool, at the rate that it has when nothing slows it down. */
  long leastNanosInPool(int m, long cost, long ahead) {
    return cost == 0 ? 0 : leastNanos(pool(m), cost, ahead, heardPerMinute[m]);
  }

  private static long leastNanos(Bucket bucket, long cost, long ahead, long rate) {
    long units = Math.min(cost * TOKEN, bucket.burst());
    long unitsAhead = Math.min(ahead, Bucket.BURST_MAX) * TOKEN;
    long spare = bucket.level() - units;
    return spare >= 0 ? Math.max(0, unitsAhead - spare) / rate : -spare / rate + unitsAhead / rate;
  }

  // What is paid.

  /**
   * Takes the costs from all buckets concerned.
   *
   * @param own gets the units that were taken from the guarantee
   */
  void charge(TeamShare share, long[] costs, long[] own, long epoch) {
    for (int m = 0; m < KINDS; m++) {
      if (costs[m] > 0) {
        long units = costs[m] * TOKEN;
        Bucket saved = share.own[m];
        if (saved != null) {
          saved.refill(now);
          own[m] = Math.min(units, Math.max(0, saved.level()));
          if (own[m] > 0) {
            saved.charge(own[m], epoch);
          }
        }
        Bucket ceiling = share.ceiling[m];
        if (ceiling != null) {
          ceiling.refill(now);
          ceiling.charge(units, epoch);
        }
        pool(m).charge(units, epoch);
      }
    }
  }

  /**
   * Corrects one meter to what was really used.
   *
   * @param own units that the reservation took from the guarantee
   * @return units of the actual cost that were borrowed: neither saved by the team nor owed by it
   */
  long correct(TeamShare share, int m, long cost, long actual, long own, long epoch) {
    Bucket bucket = pool(m);
    Bucket saved = share.own[m];
    Bucket ceiling = share.ceiling[m];
    if (saved != null) {
      saved.refill(now);
    }
    if (ceiling != null) {
      ceiling.refill(now);
    }
    if (actual <= cost) {
      long back = (cost - actual) * TOKEN;
      long borrowed = cost * TOKEN - own;
      bucket.refund(back, epoch);
      if (ceiling != null) {
        ceiling.refund(back, epoch);
      }
      if (saved != null && back > borrowed) {
        saved.refund(back - borrowed, epoch);
      }
      return Math.max(0, borrowed - back);
    }
    long more = (actual - cost) * TOKEN;
    long fromOwn = 0;
    if (saved != null) {
      long there = Math.max(0, saved.level());
      // What it has saved is lendable to its owner, too; what neither covers is owed.
      long covered = Math.min(more, Math.max(there, bucket.level() - savedByOthers(share, m)));
      fromOwn = Math.min(more, there) + more - covered;
      if (fromOwn > 0) {
        saved.chargeMore(fromOwn);
      }
    }
    bucket.chargeMore(more);
    if (ceiling != null) {
      ceiling.chargeMore(more);
    }
    return actual * TOKEN - own - fromOwn;
  }

  // What the provider says.

  /** Its limit and what it has left; see {@link Pool#hear}. */
  void hear(ProviderLimits.Said said) {
    int m = said.counts().index();
    Bucket bucket = pool[m];
    if (bucket == null) {
      return;
    }
    if (said.perMinute() > 0) {
      long heard = Math.min(said.perMinute(), perMinute[m]);
      if (heard != heardPerMinute[m]) {
        heardPerMinute[m] = heard;
        refillAll(now);
        spreadRates();
      }
    }
    if (said.remaining() >= 0) {
      long before = bucket.level();
      bucket.lowerTo(Math.min(said.remaining(), Bucket.BURST_MAX) * TOKEN);
      long lowered = before - bucket.level();
      if (lowered > 0) {
        long from = Math.max(0, shortUntil - now);
        shortUntil = now + Math.min(FAR_NANOS, from + Math.min(FAR_NANOS, lowered / bucket.rate()));
      }
    }
  }

  void slowDown() {
    sixteenths = Math.max(1, sixteenths / 2);
    nextSixteenthAt = now + Blame.SECOND;
    refillAll(now);
    spreadRates();
  }

  /** Whether the provider lets through less than was configured, or had less left than thought. */
  boolean isShort() {
    if (sixteenths < SIXTEENTHS || shortUntil - now > 0) {
      return true;
    }
    for (Counts each : counts) {
      if (heardPerMinute[each.index()] < perMinute[each.index()]) {
        return true;
      }
    }
    return false;
  }

  /** Nanoseconds until it speeds up again; {@link Bucket#NEVER} where it is at full speed. */
  long nanosUntilFaster() {
    return sixteenths < SIXTEENTHS ? Math.max(1, nextSixteenthAt - now) : Bucket.NEVER;
  }

  // What is shown.

  /** What the meter of that index counts. */
  Counts counts(int index) {
    for (Counts each : counts) {
      if (each.index() == index) {
        return each;
      }
    }
    throw new IllegalArgumentException("There is no meter of index " + index);
  }

  Counts[] counts() {
    return counts;
  }

  int main() {
    return main;
  }

  Bucket pool(int m) {
    Bucket bucket = pool[m];
    if (bucket == null) {
      throw new IllegalStateException("Pool \"" + settings.name() + "\" has no meter " + m);
    }
    return bucket;
  }

  /** As configured. */
  long perMinute(int m) {
    return perMinute[m];
  }

  /** How long the team has saved up its guarantee of the main meter, in nanoseconds. */
  long nanosSaved(TeamShare share) {
    Bucket own = share.own[main];
    return own == null ? 0 : level(own) / Math.max(1, own.rate());
  }

  /**
   * When a team may have saved up its guarantee for longer than another that has so for longest
   * now: both gain a nanosecond each nanosecond, until the other's bucket is full.
   */
  long nanosUntilSavedLonger(TeamShare share, TeamShare than) {
    Bucket own = share.own[main];
    Bucket other = than.own[main];
    if (share == than || own == null || other == null || own.rate() == 0 || isFull(own)) {
      return Bucket.NEVER;
    }
    return isFull(other)
        ? nanosSaved(than) - nanosSaved(share) + 1
        : Math.max(1, other.nanosUntil(other.burst()));
  }

  /** Limit, remaining and reset of each meter. */
  Standings standings(TeamShare share, boolean paused) {
    long[] numbers = new long[Standings.PER_METER * counts.length];
    int at = 0;
    for (Counts each : counts) {
      int m = each.index();
      Bucket bucket = pool(m);
      long remaining = bucket.level() - savedByOthers(share, m);
      Bucket ceiling = share.ceiling[m];
      if (ceiling != null) {
        ceiling.refill(now);
        remaining = Math.min(remaining, ceiling.level());
      }
      Bucket nearest = ceiling == null ? bucket : ceiling;
      numbers[at++] = ceiling == null ? perMinute[m] : ceiling.rate();
      numbers[at++] = paused ? 0 : Math.max(0, remaining) / TOKEN;
      numbers[at++] = nearest.nanosUntil(nearest.burst());
    }
    return new Standings(settings.name(), counts, numbers);
  }

  /** The main meter's tokens that stand for so many units of each; the dominant share. */
  long dominant(long[] units) {
    long most = 0;
    for (Counts each : counts) {
      int m = each.index();
      if (units[m] > 0) {
        long tokens = units[m] / TOKEN;
        most = Math.max(most, m == main ? tokens : tokens * perMinute[main] / perMinute[m]);
      }
    }
    return Math.min(most, DOMINANT_MAX);
  }

  /** The effective rates to the buckets: a guarantee shrinks with its pool. Refill all first. */
  void spreadRates() {
    for (Counts each : counts) {
      int m = each.index();
      long rate = Math.max(1, heardPerMinute[m] * sixteenths / SIXTEENTHS);
      pool(m).rate(rate);
      Meter meter = meter(settings, each);
      for (TeamShare share : guaranteed) {
        Bucket own = share.own[m];
        if (own != null && meter != null) {
          own.rate(settings.guaranteedPerMinute(share.quota, meter) * rate / perMinute[m]);
        }
      }
    }
  }

  /** Before rates change. */
  void refillAll(long time) {
    for (Bucket bucket : pool) {
      if (bucket != null) {
        bucket.refill(time);
      }
    }
    for (TeamShare share : guaranteed) {
      for (Bucket own : share.own) {
        if (own != null) {
          own.refill(time);
        }
      }
    }
  }

  private long savedByOthers(TeamShare share, int m) {
    long saved = 0;
    for (TeamShare other : guaranteed) {
      if (other != share) {
        saved += Math.max(0, level(other.own[m]));
      }
    }
    return saved;
  }

  private long level(@Nullable Bucket own) {
    if (own == null) {
      return 0;
    }
    own.refill(now);
    return own.level();
  }

  private static boolean isFull(Bucket bucket) {
    return bucket.level() == bucket.burst();
  }

  private static long burst(@Nullable Bucket own) {
    return own == null ? 0 : own.burst();
  }

  private static long nanosUntil(Bucket bucket, long cost) {
    return bucket.nanosUntil(Math.min(cost * TOKEN, bucket.burst()));
  }

  private @Nullable Bucket bucket(
      @Nullable Bucket old, long perMinute, long burst, long tokens, long epoch) {
    if (perMinute == 0) {
      return null;
    }
    if (old == null) {
      return new Bucket(perMinute, burst, tokens, now, epoch);
    }
    old.refill(now);
    old.rate(perMinute);
    old.burst(burst);
    return old;
  }

  private static @Nullable Meter meter(PoolSettings settings, Counts counts) {
    for (Meter meter : settings.meters()) {
      if (meter.counts() == counts) {
        return meter;
      }
    }
    return null;
  }
}
