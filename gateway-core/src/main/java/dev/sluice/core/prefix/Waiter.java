package dev.sluice.core.prefix;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/** One wait of one call. Ends once: it is let go, or it goes by itself. */
final class Waiter {

  final Pass pass;
  private final Executor loop;
  private final Runnable then;
  private final AtomicBoolean isOver = new AtomicBoolean();

  Waiter(Pass pass, Executor loop, Runnable then) {
    this.pass = pass;
    this.loop = loop;
    this.then = then;
  }

  boolean isWaiting() {
    return !isOver.get();
  }

  /** It waits no longer, by its own choice; false if it has been let go already. */
  boolean leave() {
    return isOver.compareAndSet(false, true);
  }

  /**
   * Lets it go.
   *
   * @return whether it was still there
   */
  boolean release(Later later, long delayNanos) {
    if (!isOver.compareAndSet(false, true)) {
      return false;
    }
    try {
      later.run(loop, delayNanos, then);
      return true;
    } catch (RejectedExecutionException loopHasEnded) {
      return false; // and its calls with it
    }
  }
}
