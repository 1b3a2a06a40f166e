package dev.sluice.core.telemetry;

import io.micrometer.core.instrument.Timer;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long event loops are held. Each loop beats ten times a second by a task of its own; a beat
 * that comes late was kept waiting by whatever held the loop (a pause of the whole JVM counts too,
 * and should). The last beat can be read from outside, so that a loop that never comes back is
 * seen.
 */
public final class LoopWatch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LoopWatch.class);
  private static final long PERIOD_NANOS = 100_000_000;

  /** So long a hold is felt by every client of the loop. */
  private static final long WORTH_A_LINE_NANOS = 1_000_000_000;

  private final LongSupplier nanos;
  private final List<Beat> beats = new ArrayList<>();

  /**
   * Begins to watch.
   *
   * @param loops an event loop group
   */
  public LoopWatch(Iterable<? extends EventExecutor> loops, LongSupplier nanos, Meters meters) {
    this.nanos = nanos;
    int number = 0;
    for (EventExecutor loop : loops) {
      String name = Integer.toString(number++);
      var beat = new Beat(name, loop, meters.loopTimer(name));
      beats.add(beat);
      meters.gauge(MeterName.LOOP_HELD_NOW, beat::heldNowSeconds, name);
      loop.execute(beat::start);
    }
  }

  /** Stops the beats. */
  @Override
  public void close() {
    for (Beat beat : beats) {
      if (!beat.loop.isShuttingDown()) {
        beat.loop.execute(beat::stop);
      }
    }
  }

  /** One loop's heart. Confined to the loop, but for {@code dueNanos}. */
  private final class Beat {
    private final String name;
    private final EventExecutor loop;
    private final Timer held;
    private @Nullable ScheduledFuture<?> next;

    /** When the next beat is due. Written by the loop, read by scrapes. */
    private volatile long dueNanos = Long.MAX_VALUE;

    Beat(String name, EventExecutor loop, Timer held) {
      this.name = name;
      this.loop = loop;
      this.held = held;
    }

    void start() {
      dueNanos = nanos.getAsLong() + PERIOD_NANOS;
      next = loop.schedule(this::beat, PERIOD_NANOS, TimeUnit.NANOSECONDS);
    }

    private void beat() {
      long late = Math.max(0, nanos.getAsLong() - dueNanos);
      held.record(late, TimeUnit.NANOSECONDS);
      if (late >= WORTH_A_LINE_NANOS) {
        LOG.warn(
            "event loop {} was held for {} ms: its clients waited as long", name, late / 1_000_000);
      }
      start();
    }

    void stop() {
      dueNanos = Long.MAX_VALUE;
      if (next != null) {
        next.cancel(false);
      }
    }

    double heldNowSeconds() {
      long due = dueNanos;
      return due == Long.MAX_VALUE ? 0 : Math.max(0, nanos.getAsLong() - due) / 1e9;
    }
  }
}
