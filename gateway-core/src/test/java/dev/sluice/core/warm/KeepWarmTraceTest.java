package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Traces of use, replayed second by second, against one who knew the future and refreshed at the
 * last moment, against refreshing always and against never. All pay for the clients' reads and
 * writes; whoever refreshes pays on for hours behind the last use. Replay with {@code -Dseed=…}.
 */
class KeepWarmTraceTest {

  private static final long INPUT = 1_000_000;
  private static final long SECOND = WarmWorld.SECOND;
  private static final long TAIL = Duration.ofHours(5).toNanos();

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);

  /** What a trace has cost. */
  private record Bill(String trace, long ours, long best, long always, long never) {

    double ratio() {
      return (double) ours / best;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-14s ours %.2f  always %.2f  never %.2f times hindsight",
          trace,
          ratio(),
          (double) always / best,
          (double) never / best);
    }
  }

  private static Bill replay(WarmWorld world, String name, List<Long> uses) {
    for (long use : uses) {
      world.passUntil(use);
      world.use();
    }
    world.passUntil(world.now + TAIL);
    return bill(world, name, uses);
  }

  /** What the others would have paid for the same. */
  private static Bill bill(WarmWorld world, String name, List<Long> uses) {
    long best = world.write;
    long always = world.write;
    long never = world.write;
    for (int i = 1; i < uses.size(); i++) {
      long gap = uses.get(i) - uses.get(i - 1);
      long needed = Math.max(0, Math.ceilDiv(gap, world.lifetime) - 1);
      long kept = Math.multiplyExact(needed + 1, world.read);
      best += Math.min(kept, world.write);
      always += kept;
      never += needed == 0 ? world.read : world.write;
    }
    always += TAIL / world.lifetime * world.read;
    return new Bill(name, world.spent(), best, always, never);
  }

  private List<Long> trace(int uses, LongUnaryOperator gap) {
    List<Long> trace = new ArrayList<>();
    long at = SECOND;
    for (int i = 0; i < uses; i++) {
      trace.add(at);
      at += Math.max(1, gap.applyAsLong(at));
    }
    return trace;
  }

  private long exponential(Duration mean) {
    return (long) (-Math.log1p(-random.nextDouble()) * mean.toNanos());
  }

  private List<Long> poisson(Duration mean) {
    return trace(60, at -> exponential(mean));
  }

  private List<Long> bursts() {
    return trace(
        120,
        at ->
            random.nextInt(10) == 0
                ? exponential(Duration.ofHours(1))
                : exponential(Duration.ofSeconds(5)));
  }

  /** Nine to five, about every seven minutes. */
  private List<Long> office() {
    long day = Duration.ofDays(1).toNanos();
    long nine = Duration.ofHours(9).toNanos();
    long five = Duration.ofHours(17).toNanos();
    return trace(
        120,
        at -> {
          long gap = exponential(Duration.ofMinutes(7));
          long hour = (at + gap) % day;
          if (hour < nine) {
            return gap + nine - hour;
          }
          return hour > five ? gap + day - hour + nine : gap;
        });
  }

  @ParameterizedTest
  @CsvSource({"1.25, 0.1", "1.25, 0.05", "1.25, 0.025", "1, 0.1", "1, 0.5", "2, 0.1"})
  void whateverComesItCostsAtMostTwiceWhatHindsightWouldHave(double write, double read) {
    List<Bill> bills = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      bills.add(replay(world(write, read), "poisson 2 min", poisson(Duration.ofMinutes(2))));
      bills.add(replay(world(write, read), "poisson 10 min", poisson(Duration.ofMinutes(10))));
      bills.add(replay(world(write, read), "poisson 1 h", poisson(Duration.ofHours(1))));
      bills.add(replay(world(write, read), "poisson 8 h", poisson(Duration.ofHours(8))));
      bills.add(replay(world(write, read), "bursts", bursts()));
      bills.add(replay(world(write, read), "office hours", office()));
      bills.add(replay(world(write, read), "once", List.of(SECOND)));
    }
    bills.add(afterTheStop(write, read));
    bills.add(afterTheFirst(write, read));
    Bill worst = bills.getFirst();
    for (Bill bill : bills) {
      worst = bill.ratio() > worst.ratio() ? bill : worst;
      assertThat(bill.ratio()).as("seed %s, %s", seed, bill).isBetween(0.999, 2.0);
      assertThat(bill.ours).isLessThanOrEqualTo(2 * Math.min(bill.always, bill.never));
    }
    System.out.printf(Locale.ROOT, "%s/%s worst: %s%n", write, read, worst);
  }

  /** Someone who comes as soon as the entry has been given up. */
  private Bill afterTheStop(double write, double read) {
    WarmWorld world = world(write, read);
    List<Long> uses = new ArrayList<>();
    world.passUntil(SECOND);
    for (int i = 0; i < 40; i++) {
      world.use();
      uses.add(world.now);
      while (world.isWarm()) {
        world.passUntil(world.now + SECOND);
      }
    }
    world.passUntil(world.now + TAIL);
    return bill(world, "after the stop", uses);
  }

  /** Someone who comes as soon as a refresh was paid for in vain. */
  private Bill afterTheFirst(double write, double read) {
    WarmWorld world = world(write, read);
    List<Long> uses = new ArrayList<>();
    world.passUntil(SECOND);
    for (int i = 0; i < 40; i++) {
      world.use();
      uses.add(world.now);
      int before = world.sentAt.size();
      while (world.sentAt.size() == before && world.isWarm()) {
        world.passUntil(world.now + SECOND);
      }
    }
    world.passUntil(world.now + TAIL);
    return bill(world, "after a refresh", uses);
  }

  private WarmWorld world(double write, double read) {
    return WarmWorld.rich((long) (write * INPUT), (long) (read * INPUT), random.nextLong());
  }

  @Test
  void withoutTheRuleEitherWayCostsManyTimesAsMuch() {
    List<Long> rare = poisson(Duration.ofHours(8));
    List<Long> often = trace(200, at -> Duration.ofMinutes(6).toNanos());
    WarmWorld world = world(1.25, 0.025);
    assertThat((double) bill(world, "", rare).always / bill(world, "", rare).best)
        .isGreaterThan(1.5);
    assertThat((double) bill(world, "", often).never / bill(world, "", often).best)
        .isGreaterThan(10);
  }
}
