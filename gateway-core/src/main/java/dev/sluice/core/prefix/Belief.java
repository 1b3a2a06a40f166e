package dev.sluice.core.prefix;

/**
 * What the gateway believes of one prefix. Immutable; corrected by what every answer says. All
 * times are nanoseconds of the gate's clock.
 */
sealed interface Belief {

  /** Nobody has written it, or it has expired. */
  record Cold() implements Belief {}

  /**
   * A call is on its way that writes or renews it.
   *
   * @param leader that call
   * @param followers who wait for its answer to begin; none while only observing
   * @param readableUntilNanos until when the entry from before can still be read; {@link #NEVER} if
   *     there is none
   */
  record Warming(Pass leader, Followers followers, long readableUntilNanos) implements Belief {}

  /** It can be read. */
  record Warm(long untilNanos) implements Belief {}

  /**
   * What was believed turned out wrong and nobody knows why: it may not be cacheable at all, or lie
   * on another of the provider's machines. Nobody waits for it, until a read is seen or the time is
   * over.
   */
  record Suspect(long untilNanos) implements Belief {}

  /** Long ago, with room for sums. */
  long NEVER = Long.MIN_VALUE / 2;

  /** Until when it can be read by this belief. */
  default long readableUntilNanos() {
    return switch (this) {
      case Cold _ -> NEVER;
      case Warming warming -> warming.readableUntilNanos;
      case Warm warm -> warm.untilNanos;
      case Suspect suspect -> suspect.untilNanos;
    };
  }

  /** For people: {@code cold}, {@code warming}, {@code warm} or {@code suspect}. */
  default String label(long nowNanos) {
    return switch (this) {
      case Cold _ -> "cold";
      case Warming _ -> "warming";
      case Warm warm -> nowNanos < warm.untilNanos ? "warm" : "cold";
      case Suspect suspect -> nowNanos < suspect.untilNanos ? "suspect" : "cold";
    };
  }
}
