package dev.sluice.core.warm;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One daemon thread that runs a step again and again, whatever the step throws. */
public final class WarmThread implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WarmThread.class);

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread own = new Thread(task, "sluice-keep-warm");
            own.setDaemon(true);
            return own;
          });

  /**
   * Starts it.
   *
   * @param pause between the end of one step and the beginning of the next
   */
  public WarmThread(Runnable step, Duration pause) {
    Runnable guarded =
        () -> {
          try {
            step.run();
          } catch (RuntimeException | AssertionError bug) {
            LOG.error("Nothing was kept warm in this round.", bug);
          }
        };
    var _ =
        thread.scheduleWithFixedDelay(
            guarded, pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Ends it; a step that runs is waited for a moment. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(1, TimeUnit.SECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
