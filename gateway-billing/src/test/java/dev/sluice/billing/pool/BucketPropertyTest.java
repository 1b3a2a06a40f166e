package dev.sluice.billing.pool;

import static dev.sluice.billing.pool.Bucket.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * A bucket against a naive one of BigIntegers that replays its whole life after each step, with
 * every reservation at what it turned out to need. The seed is in the message.
 */
class BucketPropertyTest {

  /** What happened: at {@code time}, {@code units} were taken; refunds make them fewer. */
  private static final class Taken {
    final long time;
    final long epoch;
    BigInteger units;

    Taken(long time, long epoch, long units) {
      this.time = time;
      this.epoch = epoch;
      this.units = BigInteger.valueOf(units);
    }
  }

  /** A random life of a bucket, and its truth. */
  private static final class Life {
    final SplittableRandom random;
    final long rate;
    final long burst;
    final long start;
    final Bucket bucket;
    final List<Taken> taken = new ArrayList<>();
    long now;
    long epoch;

    Life(long seed) {
      random = new SplittableRandom(seed);
      rate = 1 + random.nextLong(random.nextBoolean() ? 100 : Meter.PER_MINUTE_MAX);
      burst = 1 + random.nextLong(random.nextBoolean() ? 1_000 : Bucket.BURST_MAX);
      // Near the end of a long as well: a nanoTime may wrap.
      start = random.nextBoolean() ? random.nextLong(1_000) : Long.MAX_VALUE - random.nextLong(99);
      now = start;
      bucket = new Bucket(rate, burst, burst, now, 0);
    }

    void step() {
      long most =
          BigInteger.valueOf(burst).shiftLeft(36).divide(BigInteger.valueOf(rate)).longValue();
      if (random.nextBoolean()) {
        now += random.nextLong(1 + Math.min(most, Long.MAX_VALUE >> 12));
      }
      bucket.refill(now);
      int kind = random.nextInt(5);
      if (kind < 3 || taken.isEmpty()) {
        long units = units(Math.min(burst, Bucket.COST_MAX / 40) * TOKEN);
        bucket.charge(units, ++epoch);
        taken.add(new Taken(now, epoch, units));
      } else if (kind == 3) {
        Taken of = taken.get(random.nextInt(taken.size()));
        if (of.epoch > 0 && of.units.signum() > 0) {
          long back = units(of.units.longValueExact());
          bucket.refund(back, of.epoch);
          of.units = of.units.subtract(BigInteger.valueOf(back));
        }
      } else {
        long units = units(Math.min(burst, Bucket.COST_MAX / 40) * TOKEN / 4 + 1);
        bucket.chargeMore(units);
        taken.add(new Taken(now, 0, units));
      }
    }

    private long units(long most) {
      return 1 + random.nextLong(random.nextInt(4) == 0 ? most : Math.max(1, most / 8));
    }

    BigInteger truth() {
      BigInteger full = BigInteger.valueOf(burst).multiply(BigInteger.valueOf(TOKEN));
      BigInteger level = full;
      long at = start;
      for (Taken each : taken) {
        level = refilled(level, each.time - at, full).subtract(each.units);
        at = each.time;
      }
      return refilled(level, now - at, full);
    }

    private BigInteger refilled(BigInteger level, long nanos, BigInteger full) {
      BigInteger more = BigInteger.valueOf(nanos).multiply(BigInteger.valueOf(rate));
      return level.add(more).min(full);
    }
  }

  @Test
  void theBucketIsAsIfEveryReservationHadBeenRightFromTheStart() {
    for (long seed = 0; seed < 5_000; seed++) {
      Life life = new Life(seed);
      for (int step = 0; step < Headroom.ENTRIES_MAX; step++) {
        life.step();
        assertThat(life.bucket.level())
            .as("seed %d step %d", seed, step)
            .isEqualTo(life.truth().longValueExact());
      }
    }
  }

  @Test
  void aFullMemoryRefundsLessThanExactAndNeverMore() {
    BigInteger lost = BigInteger.ZERO;
    BigInteger refunds = BigInteger.ZERO;
    for (long seed = 0; seed < 200; seed++) {
      Life life = new Life(seed);
      for (int step = 0; step < 400; step++) {
        life.step();
        BigInteger level = BigInteger.valueOf(life.bucket.level());
        assertThat(level).as("seed %d step %d", seed, step).isLessThanOrEqualTo(life.truth());
      }
      refunds = refunds.add(BigInteger.valueOf(life.burst * TOKEN));
      lost = lost.add(life.truth().subtract(BigInteger.valueOf(life.bucket.level())));
    }
    // Coarse, but not blind: on average less than a fiftieth of a bucket is lost in 400 steps.
    assertThat(lost.multiply(BigInteger.valueOf(50))).isLessThan(refunds);
  }

  @Test
  void whenItSaysItWillHoldSomethingItDoesAndNotANanosecondEarlier() {
    for (long seed = 0; seed < 2_000; seed++) {
      Life life = new Life(seed);
      for (int step = 0; step < 10; step++) {
        life.step();
      }
      long wanted = life.random.nextLong(life.burst * TOKEN + 1);
      long nanos = life.bucket.nanosUntil(wanted);
      if (nanos == 0) {
        assertThat(life.bucket.level()).as("seed %d", seed).isGreaterThanOrEqualTo(wanted);
        continue;
      }
      life.bucket.refill(life.now + nanos - 1);
      assertThat(life.bucket.level()).as("seed %d", seed).isLessThan(wanted);
      life.bucket.refill(life.now + nanos);
      assertThat(life.bucket.level()).as("seed %d", seed).isGreaterThanOrEqualTo(wanted);
    }
  }

  @Test
  void theGreatestNumbersThatAreAllowedDoNotOverflow() {
    Bucket bucket =
        new Bucket(Meter.PER_MINUTE_MAX, Bucket.BURST_MAX, Bucket.BURST_MAX, Long.MIN_VALUE, 0);
    for (int epoch = 1; epoch <= 10; epoch++) {
      bucket.charge(Bucket.COST_MAX * TOKEN, epoch);
    }
    assertThat(bucket.level()).as("debt has a bound").isEqualTo(-Bucket.DEBT_MAX * TOKEN);
    assertThat(bucket.nanosUntil(bucket.burst()))
        .isEqualTo(150_000_000L * 60_000_000_000L / 1_000_000_000L);
    bucket.refill(Long.MIN_VALUE + 1);
    assertThat(bucket.level()).isEqualTo(-Bucket.DEBT_MAX * TOKEN + Meter.PER_MINUTE_MAX);
    bucket.refill(-1);
    assertThat(bucket.level()).as("a rest of 292 years").isEqualTo(Bucket.BURST_MAX * TOKEN);
  }

  @Test
  void aRateOrABurstThatChangesActsFromThenOn() {
    Bucket bucket = new Bucket(60, 100, 100, 0, 0);
    bucket.charge(50 * TOKEN, 1);
    bucket.refill(10_000_000_000L);
    assertThat(bucket.level()).isEqualTo(60 * TOKEN);
    bucket.rate(120);
    bucket.refill(20_000_000_000L);
    assertThat(bucket.level()).isEqualTo(80 * TOKEN);
    bucket.burst(30);
    assertThat(bucket.level()).as("what does not fit overflows").isEqualTo(30 * TOKEN);
    assertThat(bucket.refund(50 * TOKEN, 1)).as("and would have before").isZero();
    bucket.burst(1_000);
    assertThat(bucket.level()).isEqualTo(30 * TOKEN);
    assertThat(bucket.refund(50 * TOKEN, 1)).as("a larger bucket does not change that").isZero();
  }

  @Test
  void aBucketKnowsNothingOfReservationsOlderThanItself() {
    Bucket bucket = new Bucket(60, 100, 10, 0, 7);
    assertThat(bucket.refund(TOKEN, 7)).isZero();
    bucket.charge(5 * TOKEN, 8);
    assertThat(bucket.refund(5 * TOKEN, 8)).isEqualTo(5 * TOKEN);
  }
}
