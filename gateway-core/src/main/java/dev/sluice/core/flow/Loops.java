package dev.sluice.core.flow;

import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Going from one event loop to another. */
final class Loops {

  private static final long ROUND_MILLIS = 1;

  private Loops() {}

  /** At once where the caller is on that loop. */
  static void on(EventExecutor loop, Runnable step) {
    if (loop.inEventLoop()) {
      step.run();
    } else {
      loop.execute(step);
    }
  }

  /**
   * Lets every loop look at its sockets once more, then goes on. A client that is cut and asks
   * again at once has closed its old connection before it opened the new one; but the close may
   * wait at a loop that is busy, while another serves the new request.
   *
   * <p>A task that is scheduled from within a loop runs after that loop's next look at its sockets,
   * however busy it is.
   */
  static void afterALook(EventExecutor own, List<? extends EventExecutor> all, Runnable then) {
    AtomicInteger left = new AtomicInteger(all.size());
    for (EventExecutor loop : all) {
      loop.execute(
          () -> {
            var _ =
                loop.schedule(
                    () -> {
                      if (left.decrementAndGet() == 0) {
                        own.execute(then);
                      }
                    },
                    ROUND_MILLIS,
                    TimeUnit.MILLISECONDS);
          });
    }
  }
}
