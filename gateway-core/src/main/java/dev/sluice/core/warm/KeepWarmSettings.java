package dev.sluice.core.warm;

/**
 * What refreshes may be sent.
 *
 * @param isForLearnedToo also for prefixes that nobody has registered
 * @param budgetPerDayNanoUsd for all of them, by the UTC day; 0 for none
 */
public record KeepWarmSettings(boolean isForLearnedToo, long budgetPerDayNanoUsd) {

  /** Nothing is sent. */
  public static final KeepWarmSettings NONE = new KeepWarmSettings(false, 0);

  public KeepWarmSettings {
    if (budgetPerDayNanoUsd < 0) {
      throw new IllegalArgumentException("A budget of " + budgetPerDayNanoUsd);
    }
  }
}
