package dev.sluice.billing.ledger;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Lets calls go on when their intents are on the disk. All that came while one force ran go with
 * the next, so the disk is asked as often as it can answer and no more. A second thread looks after
 * those who have waited for too long: a disk that hangs must not hold calls.
 */
final class IntentForcer {

  static final long WAIT_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Brings a range of slots to the disk. */
  interface Force {
    void force(InFlightFile file, int firstSlot, int lastSlot);
  }

  private final class Waiting {
    final InFlightFile file;
    final int slot;
    final Executor loop;
    final Runnable then;
    final long deadlineNanos;
    final AtomicBoolean isTold = new AtomicBoolean();

    Waiting(InFlightFile file, int slot, Executor loop, Runnable then, long deadlineNanos) {
      this.file = file;
      this.slot = slot;
      this.loop = loop;
      this.then = then;
      this.deadlineNanos = deadlineNanos;
    }

    /** The first to come tells, and counts; for everybody else it is done. */
    void tell(boolean isForced) {
      if (!isTold.compareAndSet(false, true)) {
        return;
      }
      if (!isForced) {
        unforced.increment();
      }
      try {
        loop.execute(then);
      } catch (RejectedExecutionException e) {
        // The loop has ended, and its calls with it; the intent is closed at the next start.
      }
    }
  }

  private final LongSupplier nanoTime;
  private final Force force;
  private final Queue<Waiting> toForce = new ConcurrentLinkedQueue<>();

  /** In the order of their deadlines, told or not. */
  private final Queue<Waiting> toWatch = new ConcurrentLinkedQueue<>();

  private final AtomicBoolean isParked = new AtomicBoolean();
  private final LongAdder unforced = new LongAdder();
  private final Thread forcer;
  private final Thread watcher;
  private volatile boolean isClosing;

  IntentForcer(LongSupplier nanoTime, Force force) {
    this.nanoTime = nanoTime;
    this.force = force;
    forcer = Thread.ofPlatform().name("ledger-force").daemon().start(this::forceAll);
    watcher = Thread.ofPlatform().name("ledger-force-watch").daemon().start(this::watch);
  }

  /** Any thread; never blocks. */
  void add(InFlightFile file, int slot, Executor loop, Runnable then) {
    Waiting waiting = new Waiting(file, slot, loop, then, nanoTime.getAsLong() + WAIT_NANOS_MAX);
    toWatch.add(waiting);
    toForce.add(waiting);
    if (isParked.get() && isParked.compareAndSet(true, false)) {
      LockSupport.unpark(forcer);
    }
  }

  /** Calls that went on before their intent was on the disk. */
  long unforced() {
    return unforced.sum();
  }

  void close() {
    isClosing = true;
    LockSupport.unpark(forcer);
    LockSupport.unpark(watcher);
  }

  private void forceAll() {
    List<Waiting> group = new ArrayList<>();
    while (!isClosing || !toForce.isEmpty()) {
      isParked.set(true);
      if (toForce.isEmpty() && !isClosing) {
        LockSupport.parkNanos(IDLE_NANOS);
      }
      isParked.set(false);
      for (Waiting waiting = toForce.poll(); waiting != null; waiting = toForce.poll()) {
        group.add(waiting);
      }
      forceGroup(group);
      group.clear();
    }
  }

  private void forceGroup(List<Waiting> group) {
    boolean isForced = true;
    for (int i = 0; i < group.size(); ) {
      // All of one file, nearly always: a file is replaced only if somebody took it away.
      InFlightFile file = group.get(i).file;
      int first = group.get(i).slot;
      int last = first;
      for (; i < group.size() && group.get(i).file == file; i++) {
        first = Math.min(first, group.get(i).slot);
        last = Math.max(last, group.get(i).slot);
      }
      try {
        force.force(file, first, last);
      } catch (UncheckedIOException | InternalError e) {
        isForced = false; // counted; the writer meets the same disk, and says what is wrong
      }
    }
    for (Waiting waiting : group) {
      waiting.tell(isForced);
    }
  }

  private void watch() {
    while (!isClosing || !toWatch.isEmpty()) {
      long now = nanoTime.getAsLong();
      for (Waiting first = toWatch.peek(); first != null; first = toWatch.peek()) {
        if (!first.isTold.get()) {
          if (now - first.deadlineNanos < 0) {
            break;
          }
          first.tell(false);
        }
        toWatch.poll();
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
