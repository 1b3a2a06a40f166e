package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.SplittableRandom;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In virtual time, with seeds that are fixed: the bounds are statistical. */
class EarlyRefreshTest {

  private static final long DELTA = Duration.ofSeconds(2).toNanos();
  private static final double SECOND = 1e9;

  @Test
  void theProbabilityIsThatOfThePaper() {
    assertThat(EarlyRefresh.probability(0, DELTA)).isEqualTo(1);
    assertThat(EarlyRefresh.probability(-5, DELTA)).isEqualTo(1);
    assertThat(EarlyRefresh.probability(3 * DELTA, DELTA)).isEqualTo(Math.exp(-1), within(1e-12));
    assertThat(EarlyRefresh.probability(9 * DELTA, DELTA)).isEqualTo(Math.exp(-3), within(1e-12));
    assertThat(EarlyRefresh.probability(1, 0)).isZero();
    assertThat(EarlyRefresh.isDue(3 * DELTA, DELTA, 0.3678)).isTrue();
    assertThat(EarlyRefresh.isDue(3 * DELTA, DELTA, 0.3679)).isFalse();
  }

  @Test
  void theLeadLiesAboveAnyRemainderAsOftenAsALookWouldRenew() {
    SplittableRandom random = new SplittableRandom(1);
    for (long remaining = DELTA / 2; remaining < 12 * DELTA; remaining += DELTA) {
      for (int i = 0; i < 1_000; i++) {
        double u = random.nextDouble();
        boolean isDue = EarlyRefresh.isDue(remaining, DELTA, 1 - u);
        assertThat(EarlyRefresh.leadNanos(DELTA, u) >= remaining).isEqualTo(isDue);
      }
    }
    assertThat(EarlyRefresh.leadNanos(0, 0.999)).isZero();
  }

  /** Each read decides alone; a renewal is seen by others when δ has passed. */
  @ParameterizedTest
  @ValueSource(ints = {20, 50, 200})
  void replicasThatDoNotTalkRenewAsOftenAsThePaperSays(int readsPerSecond) {
    int expiries = 240_000 / readsPerSecond;
    SplittableRandom random = new SplittableRandom(20150801L + readsPerSecond);
    long renewals = 0;
    double sumOfLeads = 0;
    double beta = EarlyRefresh.EAGERNESS;
    double scale = beta * DELTA / SECOND;
    double usual = scale * (Math.log(readsPerSecond * scale) + 0.577);
    for (int i = 0; i < expiries; i++) {
      double remaining = usual + 10 * scale; // nobody is due before: e^-10 of the crowd
      double seenAt = Double.NEGATIVE_INFINITY;
      while (remaining > seenAt) {
        remaining += Math.log1p(-random.nextDouble()) / readsPerSecond;
        if (remaining > seenAt
            && EarlyRefresh.isDue((long) (remaining * SECOND), DELTA, random.nextDouble())) {
          renewals++;
          if (seenAt == Double.NEGATIVE_INFINITY) {
            seenAt = remaining - DELTA / SECOND;
            sumOfLeads += remaining;
          }
        }
      }
    }
    double each = (double) renewals / expiries;
    assertThat(each).isCloseTo(Math.exp(1 / beta), Percentage.withPercentage(5));
    assertThat(sumOfLeads / expiries).isCloseTo(usual, Percentage.withPercentage(5));
  }
}
