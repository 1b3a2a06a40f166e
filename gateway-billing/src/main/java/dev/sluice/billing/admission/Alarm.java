package dev.sluice.billing.admission;

/** Wakes a pool when tokens have come or a deadline has. */
@FunctionalInterface
public interface Alarm {

  /**
   * Runs {@code what} once, at about {@code atNanoTime} of the clock that the {@link Admission} was
   * given: rather late than early, on any thread. Must not block. Called from any thread that asks
   * or settles.
   */
  void ring(long atNanoTime, Runnable what);
}
