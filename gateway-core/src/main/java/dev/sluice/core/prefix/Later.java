package dev.sluice.core.prefix;

import java.util.concurrent.Executor;

/** Runs a step on a loop, after a while; the world's, or a test's. Any thread. */
public interface Later {

  /**
   * Runs it there, later.
   *
   * @param loop where
   * @param delayNanos 0 for as soon as it comes round
   */
  void run(Executor loop, long delayNanos, Runnable step);
}
