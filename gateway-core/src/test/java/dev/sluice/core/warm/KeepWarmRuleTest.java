package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replay with {@code -Dseed=…}. */
class KeepWarmRuleTest {

  /** Five dollars per million. */
  private static final long INPUT = 5_000_000_000L;

  private static final long MINUTES_5 = Duration.ofMinutes(5).toNanos();
  private static final long HOUR = Duration.ofHours(1).toNanos();

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);

  private static long times(String factor) {
    return new BigDecimal(factor).multiply(BigDecimal.valueOf(INPUT)).longValueExact();
  }

  private static KeepWarmRule rule(String write, String read) {
    return new KeepWarmRule(times(write), times(read));
  }

  @ParameterizedTest
  @CsvSource({
    "1.25, 0.1,   11",
    "1.25, 0.05,  24",
    "1.25, 0.025, 49",
    "2,    0.1,   19",
    "1,    0.1,   9",
    "1,    0.25,  3",
    "1,    0.5,   1",
    "1,    1,     0",
    "1,    2,     0",
    "1.25, 0,     0"
  })
  void refreshesEndWhereTheyHaveCostTheWrite(String write, String read, long refreshes) {
    assertThat(rule(write, read).refreshesMax()).isEqualTo(refreshes);
  }

  @Test
  void withoutAPriceNothingIsSent() {
    assertThat(KeepWarmRule.NEVER.refreshesMax()).isZero();
  }

  @Test
  void refreshesAndOneMoreReadNeverCostMoreThanTheWriteAndOneMoreAlwaysDoes() {
    for (int i = 0; i < 100_000; i++) {
      long read = 1 + random.nextLong(1L << random.nextInt(1, 50));
      long write = read + random.nextLong(1L << random.nextInt(1, 50));
      BigInteger k = BigInteger.valueOf(new KeepWarmRule(write, read).refreshesMax());
      BigInteger r = BigInteger.valueOf(read);
      BigInteger w = BigInteger.valueOf(write);
      assertThat(k.add(BigInteger.ONE).multiply(r)).as("seed %s", seed).isLessThanOrEqualTo(w);
      assertThat(k.add(BigInteger.TWO).multiply(r)).as("seed %s", seed).isGreaterThan(w);
    }
  }

  @ParameterizedTest
  @CsvSource({"0.1, 2.35, true", "0.05, 1.80, false", "0.025, 1.525, false"})
  void anEntryOfAnHourBeatsRefreshesOnlyWhereReadsAreDear(
      String read, String priceOfAnHour, boolean isBeaten) {
    KeepWarmRule five = rule("1.25", read);
    KeepWarmRule hour = rule("2", read);
    assertThat(new BigDecimal(five.priceOf(HOUR, MINUTES_5)))
        .isEqualByComparingTo(new BigDecimal(priceOfAnHour).multiply(BigDecimal.valueOf(INPUT)));
    assertThat(hour.priceOf(HOUR, HOUR)).isEqualTo(BigInteger.valueOf(2 * INPUT));
    assertThat(five.isBeatenBy(hour, HOUR, MINUTES_5, HOUR)).isEqualTo(isBeaten);
  }

  @Test
  void aTimeIsPaidAsIfItWereLivedThroughLifeByLife() {
    for (int i = 0; i < 2_000; i++) {
      long lifetime = 1 + random.nextLong(1_000);
      long horizon = 1 + random.nextLong(20_000);
      KeepWarmRule rule = new KeepWarmRule(random.nextLong(1_000), random.nextLong(1_000));
      long spent = rule.writeRate();
      for (long warmUntil = lifetime; warmUntil < horizon; warmUntil += lifetime) {
        spent += rule.readRate();
      }
      assertThat(rule.priceOf(horizon, lifetime)).as("seed %s", seed).isEqualTo(spent);
    }
  }

  @Test
  void aTimeOrALifeOfNothingHasNoPrice() {
    KeepWarmRule rule = rule("1.25", "0.1");
    assertThatThrownBy(() -> rule.priceOf(0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> rule.priceOf(1, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
