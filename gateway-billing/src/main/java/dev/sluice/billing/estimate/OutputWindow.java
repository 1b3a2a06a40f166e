package dev.sluice.billing.estimate;

import java.util.Arrays;

/**
 * The last outputs of one cell, and how many of them to exceed: adaptive conformal inference (Gibbs
 * and Candès, Adaptive Conformal Inference Under Distribution Shift, NeurIPS 2021). The reserve is
 * the output of rank ⌈(n + 1)(1 − α)⌉ in the window; after each call, α moves by γ (target −
 * missed). Whatever the outputs do, the long-run share of misses then comes to the target; the
 * window only decides how much is reserved for it. Immutable.
 */
final class OutputWindow {

  /** Share of calls that may exceed their reserve. */
  static final double TARGET = 0.1;

  /** γ: slow enough not to swing, fast enough to follow a new prompt within some hundred calls. */
  static final double STEP = 0.005;

  static final int SIZE = 128;

  /** Outputs below which the rank would lie beyond all of them. */
  static final int KNOWN_MIN = 10;

  /** Each call moves the average by an eighth of the difference. */
  private static final int WEIGHT_SHIFT = 3;

  /** Fraction bits, so that small differences are not lost. */
  private static final int SCALE_SHIFT = 8;

  static final OutputWindow EMPTY = new OutputWindow(new int[0], new int[0], 0, TARGET, 0);

  /** In the order in which they came; from {@link #SIZE} on, {@code next} is the oldest. */
  private final int[] ring;

  private final int[] sorted;
  private final int next;
  private final double alpha;
  private final long scaledAverage;

  private OutputWindow(int[] ring, int[] sorted, int next, double alpha, long scaledAverage) {
    this.ring = ring;
    this.sorted = sorted;
    this.next = next;
    this.alpha = alpha;
    this.scaledAverage = scaledAverage;
  }

  boolean isKnown() {
    return sorted.length >= KNOWN_MIN;
  }

  /** Tokens to reserve; only of a window that is known. */
  long quantile() {
    int n = sorted.length;
    int rank = (int) Math.ceil((n + 1) * (1 - alpha));
    if (rank > n) {
      return 2L * sorted[n - 1]; // more than ever: misses came in a row
    }
    return rank < 1 ? 0 : sorted[rank - 1];
  }

  long average() {
    return scaledAverage >> SCALE_SHIFT;
  }

  /** From the least, 0. */
  long ranked(int rank) {
    return sorted[rank];
  }

  double alpha() {
    return alpha;
  }

  OutputWindow learned(long outputTokens) {
    int value = (int) Math.min(outputTokens, Integer.MAX_VALUE);
    double nextAlpha = alpha;
    if (isKnown()) {
      nextAlpha += STEP * (TARGET - (value > quantile() ? 1 : 0));
    }
    long scaled = (long) value << SCALE_SHIFT;
    long average =
        ring.length == 0 ? scaled : scaledAverage + ((scaled - scaledAverage) >> WEIGHT_SHIFT);
    if (ring.length < SIZE) {
      int[] longer = Arrays.copyOf(ring, ring.length + 1);
      longer[ring.length] = value;
      return new OutputWindow(longer, with(sorted, value), 0, nextAlpha, average);
    }
    int[] replaced = ring.clone();
    replaced[next] = value;
    int[] moved = sorted.clone();
    replace(moved, ring[next], value);
    return new OutputWindow(replaced, moved, (next + 1) % SIZE, nextAlpha, average);
  }

  private static int[] with(int[] sorted, int value) {
    int at = Arrays.binarySearch(sorted, value);
    at = at < 0 ? -at - 1 : at;
    int[] result = Arrays.copyOf(sorted, sorted.length + 1);
    System.arraycopy(sorted, at, result, at + 1, sorted.length - at);
    result[at] = value;
    return result;
  }

  private static void replace(int[] sorted, int old, int value) {
    int from = Arrays.binarySearch(sorted, old);
    int found = Arrays.binarySearch(sorted, value);
    int to = found < 0 ? -found - 1 : found;
    if (to > from) {
      to--; // the old one leaves its place before it
      System.arraycopy(sorted, from + 1, sorted, from, to - from);
    } else {
      System.arraycopy(sorted, to, sorted, to + 1, from - to);
    }
    sorted[to] = value;
  }
}
