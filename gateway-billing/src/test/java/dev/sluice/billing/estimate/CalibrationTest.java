package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CalibrationTest {

  private static final ContentClass PROSE = ContentClass.PROSE;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final List<DriftView> heard = new ArrayList<>();
  private final Calibration calibration =
      new Calibration(InstantSource.fixed(Instant.ofEpochMilli(77)), heard::add);

  @Test
  void aCellLeansOnItsParentsUntilItHasItsOwnEvidence() {
    assertThat(calibration.ratio("openai", "new", PROSE)).isEqualTo(1);
    learn("other", "old", 2.0, 30);
    assertThat(calibration.ratio("openai", "new", PROSE)).isCloseTo(2.0, within(0.001));
    learn("openai", "old", 1.2, 30);
    double parent = calibration.ratio("openai", "new", PROSE);
    assertThat(parent).isCloseTo(1.2, within(0.001));
    learn("openai", "new", 3.0, 2);
    assertThat(calibration.ratio("openai", "new", PROSE)).isBetween(1.5, 2.5);
    learn("openai", "new", 3.0, 18);
    assertThat(calibration.ratio("openai", "new", PROSE)).isCloseTo(3.0, within(0.001));
    assertThat(calibration.ratio("openai", "new", ContentClass.CODE)).isEqualTo(1);
  }

  @Test
  void theFirstCallsWeighTheSameAndTheLaterOnesATwentieth() {
    for (int i = 0; i < 20; i++) {
      calibration.learn("p", "m", PROSE, 1_000, i % 2 == 0 ? 1_000 : 1_210, 0);
    }
    assertThat(calibration.ratio("p", "m", PROSE)).isCloseTo(1.1, within(0.0001));
    calibration.learn("p", "m", PROSE, 1_000, 1_331, 0);
    double twentieth = Math.exp((19 * Math.log(1.1) + Math.log(1.331)) / 20);
    assertThat(calibration.ratio("p", "m", PROSE)).isCloseTo(twentieth, within(0.0001));
  }

  @Test
  void whatATokenizerCountedHoldsUntilTheProviderCounts() {
    learn("p", "old", 1.5, 30);
    assertThat(calibration.isCold("p", "m", PROSE)).isTrue();
    calibration.counted("p", "m", PROSE, 1_000, 1_100);
    calibration.counted("p", "m", PROSE, 1_000, 1_100);
    assertThat(calibration.ratio("p", "m", PROSE)).isCloseTo(1.1, within(0.0001));
    learn("p", "m", 1.3, 19);
    assertThat(calibration.isCold("p", "m", PROSE)).isTrue();
    learn("p", "m", 1.3, 1);
    assertThat(calibration.ratio("p", "m", PROSE)).isCloseTo(1.3, within(0.0001));
    assertThat(calibration.isCold("p", "m", PROSE)).isFalse();
  }

  @Test
  void aTokenizerIsAskedAFewTimesOnly() {
    for (int i = 0; i < 8; i++) {
      assertThat(calibration.isCold("p", "m", PROSE)).isTrue();
      calibration.counted("p", "m", PROSE, 10, 11);
    }
    assertThat(calibration.isCold("p", "m", PROSE)).isFalse();
  }

  @Test
  void aJumpIsCountedToldAndFollowedWithinThirtyCalls() {
    Random random = new Random(seed);
    int runs = 300;
    double[] calls = new double[runs];
    for (int run = 0; run < runs; run++) {
      String model = "m" + run;
      for (int i = 0; i < 200; i++) {
        noisy(random, model, 1.0);
      }
      int last = 0;
      for (int i = 1; i <= 100; i++) {
        noisy(random, model, 1.3);
        double off = calibration.ratio("p", model, PROSE) / 1.3 - 1;
        last = Math.abs(off) > 0.05 && last == i - 1 ? i : last;
      }
      calls[run] = last + 1;
    }
    Arrays.sort(calls);
    System.out.printf(
        "within 5 %% after %.0f calls, p99 %.0f (seed %d)%n",
        calls[runs / 2], calls[runs * 99 / 100], seed);
    assertThat(calls[runs / 2]).isLessThanOrEqualTo(30);
    assertThat(calls[runs * 99 / 100]).isLessThanOrEqualTo(42);
    assertThat(heard).hasSizeBetween(runs, runs + 3);
    DriftView first = heard.getFirst();
    assertThat(first.model()).isEqualTo("m0");
    assertThat(first.provider()).isEqualTo("p");
    assertThat(first.contentClass()).isEqualTo(PROSE);
    assertThat(first.requests()).isBetween(202L, 215L);
    assertThat(first.ratio()).isBetween(1.15, 1.5);
    assertThat(first.alarms()).isEqualTo(1);
    assertThat(first.lastAlarmEpochMillis()).isEqualTo(77);
  }

  @Test
  void aViewShowsWhatCallsTaughtAndHowFarEstimatesWereOff() {
    calibration.counted("p", "only-counted", PROSE, 10, 11);
    for (int i = 0; i < 50; i++) {
      calibration.learn("p", null, PROSE, 100, 150, i % 2 == 0 ? 0.04 : -0.04);
    }
    assertThat(calibration.views()).hasSize(1);
    DriftView view = calibration.views().getFirst();
    assertThat(view.model()).isNull();
    assertThat(view.requests()).isEqualTo(50);
    assertThat(view.ratio()).isCloseTo(1.5, within(0.0001));
    assertThat(view.spread()).isCloseTo(0.04, within(0.0001));
    assertThat(view.alarms()).isZero();
  }

  @Test
  void cellsAreBoundedAndWhatIsBeyondLearnsInItsParent() {
    for (int i = 0; i < Calibration.CELLS_MAX + 50; i++) {
      calibration.learn("p", "m" + i, PROSE, 100, 200, 0);
    }
    assertThat(calibration.size()).isEqualTo(Calibration.CELLS_MAX);
    assertThat(calibration.ratio("p", "m10040", PROSE)).isCloseTo(2.0, within(0.001));
  }

  @Test
  void noLessonIsLostInARace() throws InterruptedException {
    Races.run(
        8,
        thread -> {
          for (int i = 0; i < 20_000; i++) {
            calibration.learn("p", "m" + (i & 1), PROSE, 100, 130, 0);
          }
        });
    assertThat(calibration.views()).extracting(DriftView::requests).containsOnly(80_000L);
    assertThat(calibration.ratio("p", "m1", PROSE)).isCloseTo(1.3, within(0.0001));
  }

  private void learn(String provider, String model, double ratio, int times) {
    for (int i = 0; i < times; i++) {
      calibration.learn(provider, model, PROSE, 1_000, Math.round(1_000 * ratio), 0);
    }
  }

  private void noisy(Random random, String model, double ratio) {
    long actual = Math.round(10_000 * ratio * Math.exp(0.08 * random.nextGaussian()));
    calibration.learn("p", model, PROSE, 10_000, actual, 0);
  }
}
