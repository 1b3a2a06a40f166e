package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import dev.sluice.billing.ledger.LedgerTrouble.Kind;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Group commit: one thread takes what is queued and commits it in one transaction.
 *
 * <pre>
 *   loops ──add──▶ queue ──▶ batch ──▶ store: one transaction ──▶ slots are freed
 *                              └── stays a batch until it is committed ──┘
 * </pre>
 *
 * <p>What holds:
 *
 * <ul>
 *   <li>A row leaves memory, and its slot is freed, only when it is committed, or when the store
 *       says that this very row can never be written; that is told with all its figures.
 *   <li>A row that has a slot is never dropped: there are no more of them than slots. Rows without
 *       one are kept up to a bound; past it they are dropped and counted, to the token.
 *   <li>Rows are numbered once. A commit that failed with an unknown end is tried again, and what
 *       is there already is passed over.
 *   <li>The loops pay for one wake-up at most per commit: the thread sleeps a little after it was
 *       woken, so that others come along.
 * </ul>
 *
 * <p>Where a commit does not sync (relaxed), one does within a second or so: a file system would
 * take half a minute. Deleting old rows waits until there is nothing to be written.
 */
final class LedgerWriter {

  /** Rows in one transaction: some tens of milliseconds. */
  private static final int BATCH = 4_096;

  private static final long GROUP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How old a commit gets before it is on the disk, where commits do not sync by themselves. */
  private static final long SYNC_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long BACKOFF_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long BACKOFF_MAX_NANOS = TimeUnit.SECONDS.toNanos(4);
  private static final long TELL_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** Old rows in one transaction: nobody who comes meanwhile waits for long. */
  static final int EXPIRE_BATCH = 500;

  private final LedgerHome home;
  private final LedgerSettings settings;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final BiConsumer<Level, String> log;
  private final LedgerLosses losses;
  private final Thread thread;

  private final Queue<PendingRow> queue = new ConcurrentLinkedQueue<>();

  /** Rows that are in memory only. */
  private final AtomicInteger slotless = new AtomicInteger();

  /** Rows taken on, counted before they are in the queue. */
  private final AtomicLong added = new AtomicLong();

  /** Rows committed or given up; in the order of the queue. */
  private final AtomicLong done = new AtomicLong();

  private final Object doneChanged = new Object();
  private final AtomicBoolean isParked = new AtomicBoolean();
  private final AtomicInteger flushing = new AtomicInteger();
  private volatile boolean isClosing;

  // Written by the thread, read by all.
  private volatile boolean isWriting;
  private final AtomicLong rowsWritten = new AtomicLong();
  private volatile @Nullable String lastError;
  private volatile @Nullable PendingRow oldest;

  // Confined to the thread.
  private final List<PendingRow> batch = new ArrayList<>();
  private long backoffNanos;
  private boolean isTroubled;
  private long troubledSince;
  private long toldAt;
  private boolean isSynced = true;
  private long committedAt;
  private boolean isExpired;
  private long expiredAt;

  LedgerWriter(
      LedgerHome home,
      LedgerSettings settings,
      InstantSource clock,
      LongSupplier nanoTime,
      BiConsumer<Level, String> log,
      LedgerLosses losses) {
    this.home = home;
    this.settings = settings;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.log = log;
    this.losses = losses;
    thread = Thread.ofPlatform().name("ledger-writer").daemon().unstarted(this::run);
  }

  /**
   * Opens on the caller's thread, so that the start shows what is wrong; then goes on by itself.
   */
  void start() {
    attempt();
    home.resize();
    thread.start();
  }

  /** Any thread; never blocks. */
  void add(PendingRow row) {
    if (!row.hasSlot() && (slotless.incrementAndGet() > settings.queueRows() || isClosing)) {
      slotless.decrementAndGet();
      losses.add(row);
      return;
    }
    added.incrementAndGet();
    queue.add(row);
    if (isParked.get() && isParked.compareAndSet(true, false)) {
      LockSupport.unpark(thread);
    }
  }

  boolean isWriting() {
    return isWriting;
  }

  long rowsWritten() {
    return rowsWritten.get();
  }

  @Nullable String lastError() {
    return lastError;
  }

  int queued() {
    return (int) Math.min(Integer.MAX_VALUE, added.get() - done.get());
  }

  long lagNanos() {
    PendingRow first = oldest;
    if (first == null) {
      first = queue.peek();
    }
    return first == null ? 0 : Math.max(0, nanoTime.getAsLong() - first.queuedNanos);
  }

  /** Waits until all that was added before is done; false where that took too long. */
  boolean flush(long boundNanos) {
    long wanted = added.get();
    long deadline = nanoTime.getAsLong() + boundNanos;
    flushing.incrementAndGet();
    LockSupport.unpark(thread);
    try {
      synchronized (doneChanged) {
        while (done.get() < wanted) {
          long left = deadline - nanoTime.getAsLong();
          if (left <= 0) {
            return false;
          }
          doneChanged.wait(Math.max(1, left / 1_000_000));
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      flushing.decrementAndGet();
    }
  }

  /**
   * Tries once more to write what is there, and ends.
   *
   * @return whether the thread has ended; if not, it still holds the store
   */
  boolean close(long boundNanos) {
    flush(boundNanos);
    isClosing = true;
    LockSupport.unpark(thread);
    try {
      return thread.join(Duration.ofNanos(boundNanos));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void run() {
    while (!isClosing) {
      if (batch.isEmpty()) {
        await();
        take();
      }
      if (!batch.isEmpty() || isTroubled) {
        if (!attempt() && !isClosing) {
          LockSupport.parkNanos(backoffNanos);
        }
      } else if (isQuiet()) {
        expire();
      }
      sync();
    }
    // What came last; what cannot be written now is in its slot, or lost with the process.
    take();
    if (!batch.isEmpty()) {
      attempt();
    }
  }

  /** Returns when there is something to do, or nothing for so long that old rows may be deleted. */
  private void await() {
    if (isTroubled || isClosing) {
      return;
    }
    isParked.set(true);
    if (isQuiet()) {
      LockSupport.parkNanos(!isExpired ? GROUP_NANOS : isSynced ? IDLE_NANOS : SYNC_NANOS);
    }
    isParked.set(false);
    if (!queue.isEmpty() && !isUrgent()) {
      LockSupport.parkNanos(GROUP_NANOS);
    }
  }

  private boolean isQuiet() {
    return queue.isEmpty() && !isUrgent();
  }

  private boolean isUrgent() {
    return isClosing || flushing.get() > 0 || queued() >= BATCH;
  }

  private void take() {
    while (batch.size() < BATCH) {
      PendingRow row = queue.poll();
      if (row == null) {
        break;
      }
      batch.add(row);
    }
    oldest = batch.isEmpty() ? null : batch.getFirst();
  }

  /** Commits the batch, and opens what has to be opened for it. */
  private boolean attempt() {
    try {
      LedgerStore store = home.store();
      if (batch.isEmpty()) {
        succeeded();
      } else {
        home.number(batch);
        write(store);
      }
      return true;
    } catch (LedgerTrouble | RuntimeException | Error e) {
      troubled(e);
      return false;
    }
  }

  private void write(LedgerStore store) throws LedgerTrouble {
    int fresh = store.writeAllBut(batch, losses::giveUp);
    long givenUp = batch.stream().filter(row -> row.isGivenUp).count();
    if (fresh + givenUp < batch.size() && !isTroubled) {
      log.accept(
          Level.WARNING,
          (batch.size() - fresh - givenUp)
              + " calls had a row already, the first of this batch being "
              + batch.getFirst().call.callId()
              + ": each call must have an id of its own.");
    }
    rowsWritten.addAndGet(fresh);
    if (isSynced && settings.durability() == Durability.RELAXED) {
      isSynced = false;
      committedAt = nanoTime.getAsLong();
    }
    batch.forEach(this::leave);
    int left = batch.size();
    batch.clear();
    oldest = null;
    succeeded();
    done.addAndGet(left);
    synchronized (doneChanged) {
      doneChanged.notifyAll();
    }
  }

  private void leave(PendingRow row) {
    if (row.hasSlot()) {
      row.freeSlot();
    } else {
      slotless.decrementAndGet();
    }
  }

  private void succeeded() {
    if (isTroubled) {
      log.accept(
          Level.INFO,
          "The ledger is written again, after "
              + TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong() - troubledSince)
              + " s.");
    }
    isTroubled = false;
    backoffNanos = 0;
    isWriting = true;
  }

  /**
   * Also of a bug, and of a native library that cannot be loaded: the rows are kept all the same.
   */
  private void troubled(Throwable why) {
    home.failed(why instanceof LedgerTrouble trouble ? trouble.kind : Kind.REOPEN);
    String message =
        why instanceof LedgerTrouble ? String.valueOf(why.getMessage()) : why.toString();
    long now = nanoTime.getAsLong();
    lastError = message;
    isWriting = false;
    backoffNanos = Math.clamp(backoffNanos * 2, BACKOFF_MIN_NANOS, BACKOFF_MAX_NANOS);
    if (!isTroubled) {
      isTroubled = true;
      troubledSince = now;
    } else if (now - toldAt < TELL_AGAIN_NANOS) {
      return;
    }
    toldAt = now;
    log.accept(
        Level.ERROR,
        "The ledger cannot be written: "
            + message
            + (message.endsWith(".") ? " " : ". ")
            + "Calls go on; "
            + queued()
            + " rows are kept, and beyond "
            + settings.queueRows()
            + " without a slot they are lost and counted ("
            + losses.sum().calls()
            + " so far). It is tried again every few seconds: make room, or let the gateway write"
            + " there.");
  }

  private void sync() {
    if (isSynced || isTroubled || nanoTime.getAsLong() - committedAt < SYNC_NANOS) {
      return;
    }
    try {
      home.store().sync();
      isSynced = true;
    } catch (LedgerTrouble | RuntimeException | Error e) {
      troubled(e);
    }
  }

  private void expire() {
    if (isExpired && nanoTime.getAsLong() - expiredAt < IDLE_NANOS / 2) {
      return;
    }
    try {
      long before = clock.instant().minus(settings.retention()).toEpochMilli();
      isExpired = home.store().expire(before, EXPIRE_BATCH) == 0;
      expiredAt = nanoTime.getAsLong();
    } catch (LedgerTrouble | RuntimeException | Error e) {
      troubled(e);
    }
  }
}
