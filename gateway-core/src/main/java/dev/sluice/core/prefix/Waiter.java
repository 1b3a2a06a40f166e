package dev.sluice.core.prefix;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One wait of one call. Ends once: it is let go, or it goes by itself. */
final class Waiter {

  final Pass pass;
  private final Executor loop;

  /** Null once the wait is over, so that nothing of a call is held by those whom it waited for. */
  private final AtomicReference<@Nullable Runnable> then;

  private volatile boolean hasEnded;

  Waiter(Pass pass, Executor loop, Runnable then) {
    this.pass = pass;
    this.loop = loop;
    this.then = new AtomicReference<>(then);
  }

  boolean isWaiting() {
    return then.get() != null;
  }

  /** It waits no longer, by its own choice; false if it has been let go already. */
  boolean leave() {
    return then.getAndSet(null) != null;
  }

  /** Its call has ended: it can neither wait nor lead. Before the call gives away what it leads. */
  void end() {
    hasEnded = true;
    leave();
  }

  /** Whether its call has ended; one that has only left goes on. */
  boolean hasEnded() {
    return hasEnded;
  }

  /**
   * Lets it go.
   *
   * @return whether it was still there
   */
  boolean release(Later later, long delayNanos) {
    Runnable own = then.getAndSet(null);
    if (own == null) {
      return false;
    }
    try {
      later.run(loop, delayNanos, own);
      return true;
    } catch (RejectedExecutionException loopHasEnded) {
      hasEnded = true; // and its calls with it
      return false;
    }
  }
}
