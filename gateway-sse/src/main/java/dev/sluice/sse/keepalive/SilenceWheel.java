package dev.sluice.sse.keepalive;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one timer structure of an event loop: every deadline of every stream, connection and call on
 * that loop. Confined to the loop; adding and removing are O(1) and make no garbage.
 *
 * <p>A hashed wheel (Varghese and Lauck, SOSP 1987, scheme 6): an entry hangs in the slot of its
 * tick, as a link of a list that is made of the entries themselves. Deadlines further away than one
 * turn share the slot and are looked at once per turn. Entries are meant to be lazy: what happens
 * before a deadline only changes a timestamp of theirs, and the entry answers with a later deadline
 * when it is asked. So a stream that is never silent costs one look per interval, however many
 * bytes it carries.
 *
 * <p>An entry is never early, and late by at most one tick plus what the loop itself is late.
 */
public final class SilenceWheel {

  /** Something with a deadline. One entry is in at most one wheel, at most once. */
  public abstract static class Entry {
    private @Nullable Entry next;
    private @Nullable Entry previous;
    private int slot = OUT;
    private long tick;

    /**
     * The deadline has passed, by at most one tick. May watch and forget this and other entries.
     *
     * @return the next deadline in the wheel's nanoseconds, which replaces whatever was watched
     *     meanwhile; or {@link #NEVER} to add nothing: the entry leaves the wheel, unless it was
     *     watched meanwhile
     */
    protected abstract long onDeadline(long nowNanos);
  }

  public static final long NEVER = Long.MAX_VALUE;

  /** How coarse the wheel is. */
  public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int SLOTS = 2048; // one turn is 204.8 s, longer than nearly all deadlines
  private static final int DUE = SLOTS;
  private static final int OUT = -1;

  private final LongSupplier nanoTime;
  private final long originNanos;
  private final @Nullable Entry[] lists = new @Nullable Entry[SLOTS + 1];
  private long tick; // the last one that was run
  private int size;
  private @Nullable EventExecutor loop;

  /**
   * @param nanoTime a clock that never goes back, such as {@link System#nanoTime}
   */
  public SilenceWheel(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.originNanos = nanoTime.getAsLong();
  }

  /**
   * Turns the wheel by one repeated task of its loop, from now on. From then on the wheel may only
   * be touched there.
   *
   * @return to be cancelled when the loop ends
   */
  public Future<?> start(EventExecutor loop) {
    this.loop = loop;
    return loop.scheduleWithFixedDelay(
        this::advanceAndReport, TICK_NANOS, TICK_NANOS, TimeUnit.NANOSECONDS);
  }

  /** Puts the entry in, or moves it. A deadline that has passed is met at the next tick. */
  public void watch(Entry entry, long deadlineNanos) {
    assert isMine();
    unlink(entry);
    if (deadlineNanos == NEVER) {
      return;
    }
    entry.tick = Math.max(tick + 1, tickAtOrAfter(deadlineNanos));
    link(entry, (int) (entry.tick % SLOTS));
  }

  /** Takes the entry out; harmless if it is not in. */
  public void forget(Entry entry) {
    assert isMine();
    unlink(entry);
  }

  /** Whether the entry has a deadline. */
  public boolean isWatched(Entry entry) {
    return entry.slot != OUT;
  }

  /** How many entries have a deadline. */
  public int size() {
    return size;
  }

  /** Now, in nanoseconds of the injected clock. As cheap as that clock. */
  public long nanoTime() {
    return nanoTime.getAsLong();
  }

  /**
   * Runs what is due. An entry that throws has left the wheel; the others are run all the same, and
   * then the first exception is thrown on.
   */
  public void advance() {
    assert isMine();
    long nowNanos = nanoTime.getAsLong();
    long now = (nowNanos - originNanos) / TICK_NANOS;
    @Nullable Throwable failure = null;
    while (tick < now) {
      tick++;
      collect((int) (tick % SLOTS));
      for (Entry entry = lists[DUE]; entry != null; entry = lists[DUE]) {
        unlink(entry);
        try {
          long deadlineNanos = entry.onDeadline(nowNanos);
          if (deadlineNanos != NEVER) {
            watch(entry, deadlineNanos);
          }
        } catch (Throwable e) {
          if (failure == null) {
            failure = e;
          } else {
            failure.addSuppressed(e);
          }
        }
      }
    }
    if (failure != null) {
      throw new IllegalStateException("an entry of the wheel failed at its deadline", failure);
    }
  }

  /** A task that throws is not repeated, and then no deadline of this loop is ever met again. */
  private void advanceAndReport() {
    try {
      advance();
    } catch (Throwable e) {
      Thread thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
    }
  }

  /**
   * Moves what is due now into a list of its own: entries may watch and forget each other while
   * they run, and neither may disturb the walk.
   */
  private void collect(int slot) {
    Entry entry = lists[slot];
    while (entry != null) {
      Entry following = entry.next;
      if (entry.tick <= tick) {
        unlink(entry);
        link(entry, DUE);
      }
      entry = following;
    }
  }

  private void link(Entry entry, int slot) {
    Entry first = lists[slot];
    entry.slot = slot;
    entry.next = first;
    if (first != null) {
      first.previous = entry;
    }
    lists[slot] = entry;
    size++;
  }

  private void unlink(Entry entry) {
    if (entry.slot == OUT) {
      return;
    }
    Entry next = entry.next;
    Entry previous = entry.previous;
    if (next != null) {
      next.previous = previous;
    }
    if (previous != null) {
      previous.next = next;
    } else {
      lists[entry.slot] = next;
    }
    entry.next = null;
    entry.previous = null;
    entry.slot = OUT;
    size--;
  }

  /** Rounded up, so that nothing is early. */
  private long tickAtOrAfter(long deadlineNanos) {
    return Math.ceilDiv(deadlineNanos - originNanos, TICK_NANOS);
  }

  private boolean isMine() {
    EventExecutor mine = loop;
    return mine == null || mine.inEventLoop();
  }
}
