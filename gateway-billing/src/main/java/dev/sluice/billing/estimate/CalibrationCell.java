package dev.sluice.billing.estimate;

import dev.sluice.billing.estimate.DriftAlarm.Signal;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What one cell of the {@link Calibration} has learned. Any thread; never blocks. */
final class CalibrationCell {

  /** Each call moves the mean by this part of the difference, once the first have come. */
  static final double WEIGHT = 0.05;

  /** Calls from which the cell stands alone; until then, a call weighs 1/n. */
  static final int GROWN_CALLS = (int) (1 / WEIGHT);

  /** Own calls that the parent's mean, or a tokenizer's, weighs as much as. */
  private static final double PARENT_CALLS = 2;

  /** Counts of a tokenizer that are asked for. */
  private static final int COUNTS_MAX = 8;

  /** No tokenizer is further off than this; a call that is says nothing about one. */
  private static final double LOGARITHM_MAX = Math.log(16);

  /**
   * @param calls since the start
   * @param since calls that the mean knows, since the start or the last change
   * @param mean of the logarithm of billed / base
   * @param spread of the estimates made: mean of |logarithm of billed / estimated|
   * @param counts how often a tokenizer counted
   * @param countedMean mean of the logarithm of that / base
   * @param drift null before the first call
   */
  record State(
      long calls,
      long since,
      double mean,
      double spread,
      int counts,
      double countedMean,
      @Nullable DriftAlarm drift,
      long alarms,
      long lastAlarmEpochMillis) {

    static final State EMPTY = new State(0, 0, 0, 0, 0, 0, null, 0, 0);

    boolean isGrown() {
      return since >= GROWN_CALLS;
    }

    boolean isCold() {
      return calls < GROWN_CALLS && counts < COUNTS_MAX;
    }

    /** The mean, as far as it knows; else what is known above, or by a tokenizer. */
    double mean(double above) {
      double prior = counts > 0 ? countedMean : above;
      return isGrown() ? mean : (since * mean + PARENT_CALLS * prior) / (since + PARENT_CALLS);
    }

    State learned(double logarithm, double weight, double error, InstantSource clock) {
      DriftAlarm next = drift == null ? DriftAlarm.first(logarithm) : drift.next(logarithm, weight);
      boolean isChanged = next.signal() != Signal.NONE;
      boolean isAlarm = next.signal() == Signal.RISE;
      double step = Math.max(WEIGHT, 1.0 / (since + 1));
      return new State(
          calls + 1,
          isChanged ? Math.max(next.seen(), GROWN_CALLS / 2) : since + 1,
          isChanged ? next.level() : mean + step * (logarithm - mean),
          spread + Math.max(WEIGHT, 1.0 / (calls + 1)) * (Math.abs(error) - spread),
          counts,
          countedMean,
          next,
          isAlarm ? alarms + 1 : alarms,
          isAlarm ? clock.millis() : lastAlarmEpochMillis);
    }

    State counted(double logarithm) {
      return new State(
          calls,
          since,
          mean,
          spread,
          counts + 1,
          countedMean + (logarithm - countedMean) / (counts + 1),
          drift,
          alarms,
          lastAlarmEpochMillis);
    }

    DriftView view(String provider, @Nullable String model, ContentClass kind) {
      return new DriftView(
          provider, model, kind, calls, Math.exp(mean), spread, alarms, lastAlarmEpochMillis);
    }
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.EMPTY);

  static double bounded(double logarithm) {
    return Math.clamp(logarithm, -LOGARITHM_MAX, LOGARITHM_MAX);
  }

  State state() {
    return Objects.requireNonNull(state.get());
  }

  /** The state that this very call led to. */
  State learn(double logarithm, double weight, double error, InstantSource clock) {
    while (true) {
      State before = state();
      State after = before.learned(logarithm, weight, error, clock);
      if (state.compareAndSet(before, after)) {
        return after;
      }
    }
  }

  void counted(double logarithm) {
    state.updateAndGet(before -> before.counted(logarithm));
  }
}
