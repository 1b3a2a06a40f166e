package dev.sluice.billing.admission;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets many threads work on plain fields, one after the other, without any of them waiting: whoever
 * finds nobody at work does its own work and then all that others have left meanwhile; everyone
 * else leaves its work and goes.
 *
 * <p>{@link #work} counts what has been handed in and not been done, the one at work included. The
 * one who takes it from 0 is at work until it is 0 again. What one did happens before what the next
 * does, through that counter.
 */
final class Serial {

  private final AtomicInteger work = new AtomicInteger();
  private final Queue<Runnable> left = new ConcurrentLinkedQueue<>();

  /** True if the caller is now the one at work; then {@link #leave} must follow. */
  boolean enter() {
    return work.compareAndSet(0, 1);
  }

  /** Done, and with whatever was left meanwhile. */
  void leave() {
    if (work.decrementAndGet() != 0) {
      workOff();
    }
  }

  /** Leaves something to be done; does it at once if nobody is at work. */
  void add(Runnable operation) {
    left.add(operation);
    if (work.getAndIncrement() == 0) {
      workOff();
    }
  }

  private void workOff() {
    Throwable failed = null;
    do {
      Runnable operation = left.poll();
      assert operation != null : "counted, and so added before";
      try {
        if (operation != null) {
          operation.run();
        }
      } catch (RuntimeException | Error e) {
        // A bug; the others' work is not to suffer from it.
        if (failed == null) {
          failed = e;
        } else {
          failed.addSuppressed(e);
        }
      }
    } while (work.decrementAndGet() != 0);
    if (failed instanceof RuntimeException e) {
      throw e;
    }
    if (failed instanceof Error e) {
      throw e;
    }
  }
}
