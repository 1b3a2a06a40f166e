package dev.sluice.core.telemetry;

import java.util.concurrent.atomic.LongAdder;

/** A growing sum of money, exact, and seen as dollars. Any thread. */
final class NanoDollars {

  static final double PER_DOLLAR = 1e9;

  private final LongAdder sum = new LongAdder();

  /**
   * @param nanoUsd not negative
   */
  void add(long nanoUsd) {
    if (nanoUsd > 0) {
      sum.add(nanoUsd);
    }
  }

  double dollars() {
    return sum.sum() / PER_DOLLAR;
  }
}
