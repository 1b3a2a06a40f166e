package dev.sluice.core.prefix;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long a model's answers take to begin: the last {@value #KEPT}. Any thread; a reading while
 * another thread writes may miss that one.
 */
final class AnswerTimes {

  static final int KEPT = 64;
  private static final int FEW = 8;
  private static final double QUANTILE = 0.95;

  private final AtomicLongArray nanos = new AtomicLongArray(KEPT);
  private final AtomicInteger seen = new AtomicInteger();

  void add(long took) {
    int at = seen.getAndUpdate(n -> n == Integer.MAX_VALUE ? KEPT : n + 1);
    nanos.lazySet(at % KEPT, Math.max(1, took));
  }

  /** The 95th percentile in nanoseconds; {@link Long#MAX_VALUE} where too little is known. */
  long p95Nanos() {
    int count = Math.min(KEPT, seen.get());
    if (count < FEW) {
      return Long.MAX_VALUE;
    }
    long[] sorted = new long[count];
    for (int i = 0; i < count; i++) {
      sorted[i] = nanos.get(i);
    }
    Arrays.sort(sorted);
    return sorted[(int) Math.ceil(QUANTILE * count) - 1];
  }
}
