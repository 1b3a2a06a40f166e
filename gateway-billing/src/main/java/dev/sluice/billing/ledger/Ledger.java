package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One row for each paid call, and for each cursor that read it. Never in a request's way; what it
 * has taken survives {@code kill -9}.
 *
 * <pre>
 *   intend ──▶ slot (mapped file) ──▶ the call goes on … settled ──▶ the same slot ──▶ queue
 *                                                                                       │
 *                          slot is free ◀── committed ◀── ledger.db ◀── LedgerWriter ◀──┘
 * </pre>
 *
 * <p>So at any moment a call is in a slot or in the database, and whoever opens the directory next
 * brings the one into the other ({@link Recovery}).
 */
public final class Ledger implements AutoCloseable {

  private static final long FLUSH_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

  private final LedgerSettings settings;
  private final LongSupplier nanoTime;
  private final LedgerHome home;
  private final LedgerWriter writer;
  private final LedgerLosses losses;
  private final @Nullable IntentForcer forcer;
  private final LongAdder opened = new LongAdder();
  private final LongAdder settled = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final AtomicBoolean isClosed = new AtomicBoolean();

  private Ledger(
      LedgerSettings settings,
      LongSupplier nanoTime,
      LedgerHome home,
      LedgerWriter writer,
      LedgerLosses losses,
      @Nullable IntentForcer forcer) {
    this.settings = settings;
    this.nanoTime = nanoTime;
    this.home = home;
    this.writer = writer;
    this.losses = losses;
    this.forcer = forcer;
  }

  /**
   * Opens, and closes what an earlier run left open. Never throws for a bad disk: then it keeps
   * what it can in memory, says so, and tries again by itself. Blocks for as long as that takes:
   * milliseconds, after a crash up to a second.
   *
   * @param clock wall clock, for names of files and the retention
   * @param nanoTime as {@code System::nanoTime}
   * @param log what a person must know; {@code ERROR} is that someone must act. Called on any
   *     thread
   */
  public static Ledger open(
      LedgerSettings settings,
      InstantSource clock,
      LongSupplier nanoTime,
      BiConsumer<Level, String> log) {
    return open(
        settings,
        clock,
        nanoTime,
        log,
        file -> SqliteLedgerStore.open(file, settings.durability()),
        InFlightFile::force);
  }

  static Ledger open(
      LedgerSettings settings,
      InstantSource clock,
      LongSupplier nanoTime,
      BiConsumer<Level, String> log,
      LedgerHome.Opener opener,
      IntentForcer.Force force) {
    LedgerLosses losses = new LedgerLosses(log);
    LedgerHome home = new LedgerHome(settings, clock, nanoTime, log, losses, opener);
    LedgerWriter writer = new LedgerWriter(home, settings, clock, nanoTime, log, losses);
    writer.start();
    return new Ledger(
        settings,
        nanoTime,
        home,
        writer,
        losses,
        settings.durability() == Durability.STRICT ? new IntentForcer(nanoTime, force) : null);
  }

  /**
   * Writes down that a call is about to be forwarded. Any event loop; never blocks.
   *
   * @param loop where {@code then} is run if it cannot be run at once
   * @param then the call may go on; exactly once, unless the loop takes no more work: on this stack
   *     where {@code relaxed}, else on {@code loop} when the intent is on the disk, or after a
   *     second all the same
   * @return what {@code then} is handed as well; for a call that ends before it may go on
   */
  public OpenCall intend(Intent intent, Executor loop, Consumer<OpenCall> then) {
    opened.increment();
    InFlightFile file = home.inFlight();
    int slot = file == null || isClosed.get() ? -1 : file.take();
    if (file != null && slot >= 0 && !write(file, slot, intent)) {
      file = null;
    }
    if (file == null || slot < 0) {
      skipped.increment();
      OpenCall call = new Open(intent, null, -1);
      then.accept(call);
      return call;
    }
    OpenCall call = new Open(intent, file, slot);
    if (forcer == null) {
      then.accept(call);
    } else {
      forcer.add(file, slot, loop, () -> then.accept(call));
    }
    return call;
  }

  /** False where a page of the file cannot be read from the disk: that slot is never used again. */
  private static boolean write(InFlightFile file, int slot, Intent intent) {
    try {
      file.intent(slot, intent);
      return true;
    } catch (InternalError e) {
      return false;
    }
  }

  /** What is open, and where. */
  private final class Open implements OpenCall {
    private final String callId;
    private final long expectedOutput;
    private final @Nullable InFlightFile file;
    private final int slot;
    private final AtomicBoolean isSettled = new AtomicBoolean();

    Open(Intent intent, @Nullable InFlightFile file, int slot) {
      this.callId = intent.callId();
      this.expectedOutput = intent.expectedOutput();
      this.file = file;
      this.slot = slot;
    }

    @Override
    public void settled(CallRecord call) {
      if (!call.callId().equals(callId)) {
        throw new IllegalArgumentException(
            "Call " + callId + " cannot be settled by the record of " + call.callId());
      }
      if (!isSettled.compareAndSet(false, true)) {
        throw new IllegalStateException("Call " + callId + " is settled already.");
      }
      settled.increment();
      long now = nanoTime.getAsLong();
      if (file == null) {
        writer.add(PendingRow.call(call, expectedOutput, now));
      } else if (!isClosed.get()) {
        try {
          file.settled(slot, call);
        } catch (InternalError e) {
          // As above: the row is in memory at least.
        }
        writer.add(PendingRow.call(call, expectedOutput, file, slot, now));
      } // else it is closed as an estimate by whoever opens the directory next, perhaps just now
    }
  }

  /**
   * One cursor that read a call which somebody else's request had opened. Any thread; never blocks.
   * Nothing is billed for it, so it has no slot: {@code kill -9} may lose the last ones.
   */
  public void read(CallRecord cursor) {
    writer.add(PendingRow.read(cursor, nanoTime.getAsLong()));
  }

  /** A picture of now. Any thread; never blocks. */
  public LedgerState state() {
    InFlightFile file = home.inFlight();
    return new LedgerState(
        writer.isWriting(),
        settings.durability(),
        writer.queued(),
        writer.lagNanos(),
        (int) Math.max(0, opened.sum() - settled.sum()),
        file == null ? 0 : file.slots(),
        file == null ? 0 : file.taken(),
        writer.rowsWritten(),
        losses.sum(),
        skipped.sum(),
        forcer == null ? 0 : forcer.unforced(),
        home.recoveredRows(),
        home.recoveredIntents(),
        home.tornSlots(),
        writer.lastError());
  }

  /** Reads; blocking: never from an event loop. */
  public LedgerQueries queries() {
    return LedgerQueries.in(settings.directory());
  }

  /**
   * Waits until all that ended before is committed, for ten seconds at most. Blocks.
   *
   * @return whether it is
   */
  public boolean flush() {
    return writer.flush(FLUSH_NANOS_MAX);
  }

  /**
   * Writes what can be written within ten seconds, and lets the directory go. Blocks. Calls that
   * are still open are closed as estimates by whoever opens it next.
   */
  @Override
  public void close() {
    if (!isClosed.compareAndSet(false, true)) {
      return;
    }
    if (forcer != null) {
      forcer.close();
    }
    if (writer.close(FLUSH_NANOS_MAX)) {
      home.close();
    } // else a disk hangs, and nobody else must come in as long as it does
  }
}
