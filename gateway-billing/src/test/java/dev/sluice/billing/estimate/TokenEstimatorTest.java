package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenEstimatorTest {

  private final TokenEstimator estimator = new TokenEstimator();

  @Test
  void aBodyIsGuessedByItsBytesAndNeverAtNothing() {
    assertThat(estimator.before(0, -1)).isEqualTo(new Estimate(0, 0, -1));
    assertThat(estimator.before(1, -1)).isEqualTo(new Estimate(1, 0, -1));
    assertThat(estimator.before(4_000, 256)).isEqualTo(new Estimate(1_000, 256, 256));
  }

  @Test
  void anUncountedAnswerIsGuessedByItsEventsOrItsBytes() {
    Estimate before = new Estimate(50, 1_000, 1_000);
    assertThat(estimator.after(before, 12, 0)).isEqualTo(new Estimate(50, 12, 1_000));
    assertThat(estimator.after(before, 0, 401)).isEqualTo(new Estimate(50, 101, 1_000));
  }
}
