package dev.sluice.core.flow;

import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

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
   * Lets every loop look at its sockets once more and do what follows from that, then goes on. A
   * client that is cut and asks again at once has closed its old connection before it sends the new
   * request; but the close may wait at a loop that is busy, while another serves the new request.
   *
   * <p>A task that is scheduled from within a loop runs after that loop's next look at its sockets,
   * however busy it is. What one loop has then told another is done when that one has come round
   * too.
   */
  static void afterALook(EventExecutor own, List<? extends EventExecutor> all, Runnable then) {
    onEach(
        all,
        (loop, seen) -> {
          var _ = loop.schedule(seen, ROUND_MILLIS, TimeUnit.MILLISECONDS);
        },
        () -> onEach(all, (_, done) -> done.run(), () -> own.execute(then)));
  }

  /** The last of them goes on. */
  private static void onEach(
      List<? extends EventExecutor> all, BiConsumer<EventExecutor, Runnable> step, Runnable then) {
    AtomicInteger left = new AtomicInteger(all.size());
    Runnable one =
        () -> {
          if (left.decrementAndGet() == 0) {
            then.run();
          }
        };
    for (EventExecutor loop : all) {
      loop.execute(() -> step.accept(loop, one));
    }
  }
}
