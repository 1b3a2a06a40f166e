package dev.sluice.billing.pool;

/**
 * A token bucket in exact integers. Confined to whoever confines it; pure arithmetic.
 *
 * <p><b>The unit</b> is 1/60e9 of a token (a "token-nanominute"). A rate of R tokens per minute
 * refills exactly R units per nanosecond, so nothing is ever rounded and nothing drifts, however
 * often the bucket is looked at.
 *
 * <p><b>The level</b> is between {@link #DEBT_MAX} tokens of debt and the burst. Those bounds are
 * such that every difference of two levels fits a long: 100e6 tokens are 6e18 units, 50e6 are 3e18,
 * and a long holds 9.2e18. Debt past its bound is forgotten.
 *
 * <p><b>A refund</b> leaves the bucket exactly as if the smaller amount had been charged from the
 * start: see {@link Headroom}. A later charge for an earlier reservation is charged now, in full.
 *
 * <p>Levels are as of the last {@link #refill}; nothing else looks at time.
 */
public final class Bucket {

  /** Units in a token. */
  public static final long TOKEN = 60_000_000_000L;

  /** Tokens; the greatest burst. */
  public static final long BURST_MAX = 100_000_000;

  /** Tokens; the greatest single cost, to which larger ones are clamped. */
  public static final long COST_MAX = 50_000_000;

  /** Tokens of debt that a bucket remembers. */
  public static final long DEBT_MAX = 50_000_000;

  /** For {@link #nanosUntil}: it never will. */
  public static final long NEVER = Long.MAX_VALUE;

  private final Headroom headroom = new Headroom();
  private long rate;
  private long burst;
  private long level;
  private long at;
  private final long bornEpoch;
  private long lastEpoch;

  /**
   * @param perMinute tokens, not negative
   * @param burst tokens, 0 to {@link #BURST_MAX}
   * @param tokens in it now, at most burst
   * @param now nanoseconds of any clock that does not go back
   * @param epoch of the last reservation there was; refunds to it and earlier ones are not this
   *     bucket's
   */
  public Bucket(long perMinute, long burst, long tokens, long now, long epoch) {
    this.rate = perMinute;
    this.burst = burst * TOKEN;
    this.level = Math.min(tokens, burst) * TOKEN;
    this.at = now;
    this.bornEpoch = epoch;
    this.lastEpoch = epoch;
  }

  /** Adds what has come since the last time. */
  public void refill(long now) {
    long nanos = now - at;
    if (nanos <= 0) {
      return;
    }
    at = now;
    long room = burst - level;
    long gain = nanos * rate;
    boolean overflows = Math.multiplyHigh(nanos, rate) != 0 || gain < 0;
    level = overflows || gain >= room ? burst : level + gain;
  }

  /** Units; negative for debt. */
  public long level() {
    return level;
  }

  /** Units. */
  public long burst() {
    return burst;
  }

  /** Units per nanosecond, which are tokens per minute. */
  public long rate() {
    return rate;
  }

  /** Whether it holds so much, or is full where it could never hold so much. */
  public boolean holdsOrIsFull(long units) {
    return level >= Math.min(units, burst);
  }

  /**
   * Nanoseconds until the level is at least {@code units}, rounded up; 0 if it is; {@link #NEVER}
   * if it never will be.
   */
  public long nanosUntil(long units) {
    if (level >= units) {
      return 0;
    }
    if (units > burst || rate == 0) {
      return NEVER;
    }
    return ceilDiv(units - level, rate);
  }

  /**
   * Takes units, into debt if need be.
   *
   * @param epoch of the reservation that they are for: each its own, rising
   */
  public void charge(long units, long epoch) {
    assert epoch > lastEpoch : epoch + " after " + lastEpoch;
    headroom.note(lastEpoch, burst - level);
    lastEpoch = epoch;
    take(units);
  }

  /** Takes units for a reservation that was charged before, beyond what it had reserved. */
  public void chargeMore(long units) {
    headroom.note(lastEpoch, burst - level);
    take(units);
  }

  /**
   * Gives back what a reservation turned out not to need.
   *
   * @param epoch as it was charged
   * @return units that came back: fewer where the bucket would have overflowed
   */
  public long refund(long units, long epoch) {
    if (epoch <= bornEpoch) {
      return 0;
    }
    long back = Math.min(units, Math.min(burst - level, headroom.since(epoch)));
    headroom.take(epoch, back);
    level += back;
    return back;
  }

  /** The level is at most so much; what a better informed source says. */
  public void lowerTo(long units) {
    if (units < level) {
      headroom.note(lastEpoch, burst - level);
      level = Math.max(units, -DEBT_MAX * TOKEN);
    }
  }

  /** Another rate from now on. Refill first. */
  public void rate(long perMinute) {
    rate = perMinute;
  }

  /** Another burst, in tokens; what does not fit overflows. Refill first. */
  public void burst(long tokens) {
    headroom.note(lastEpoch, burst - level);
    burst = tokens * TOKEN;
    level = Math.min(level, burst);
    headroom.note(lastEpoch, burst - level);
  }

  /** Rounded up; of a positive number that may be anywhere up to the greatest long. */
  static long ceilDiv(long units, long rate) {
    return (units - 1) / rate + 1;
  }

  private void take(long units) {
    level = Math.max(level - units, -DEBT_MAX * TOKEN);
  }

  @Override
  public String toString() {
    return "Bucket[" + level / TOKEN + " of " + burst / TOKEN + " at " + rate + "/min]";
  }
}
