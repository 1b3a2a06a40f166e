package dev.sluice.core.prefix;

/**
 * When followers go, once their leader's answer has begun: {@value #GROUP} at a time, each group a
 * little after the one before, and within its group each at a moment of its own. So a held herd
 * does not arrive at the provider as one. Pure.
 *
 * <p>A few are let go at once, nearly: the ramp is as long as it takes for a group to be sent, and
 * never longer than {@value #LONGEST_NANOS} ns, so that nobody waits for what is ready.
 */
final class ReleaseRamp {

  static final int GROUP = 16;
  static final long STEP_NANOS = 800_000;
  static final long LONGEST_NANOS = 50_000_000;

  private ReleaseRamp() {}

  /**
   * @param number of this follower, in the order in which they came; from 0
   * @param all how many there are
   * @param jitter from 0 to below 1
   */
  static long delayNanos(int number, int all, double jitter) {
    int groups = (all + GROUP - 1) / GROUP;
    long step = Math.min(STEP_NANOS, LONGEST_NANOS / Math.max(1, groups));
    return (number / GROUP) * step + (long) (jitter * step);
  }
}
