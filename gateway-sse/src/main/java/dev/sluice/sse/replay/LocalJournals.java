package dev.sluice.sse.replay;

import dev.sluice.sse.journal.Journal;
import dev.sluice.sse.journal.PageMemory;
import dev.sluice.sse.keepalive.SilenceWheel;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finished answers of one loop, in memory, until their time is over or their memory is needed.
 * Confined to the loop, but for {@link #size}.
 *
 * <p>There are two kinds. <em>Wanted</em> answers are likely to be asked for again: their call has
 * an id of the client's, or its client left before it had everything. <em>Spare</em> ones were
 * delivered and have no id; only an SDK's marked retry may still want them, so they are given up
 * first, and there are never more than {@value #SPARE_MAX} of them: at thousands of calls a second
 * they would otherwise be all that memory and caches are used for.
 */
public final class LocalJournals {

  static final int SPARE_MAX = 64;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A finished answer that is held. Confined to the loop. */
  public final class Held {
    private final Journal journal;
    private final long untilNanos;
    private final boolean isSpare;
    private final Runnable onGone;
    private boolean isGone;

    private Held(Journal journal, long untilNanos, boolean isSpare, Runnable onGone) {
      this.journal = journal;
      this.untilNanos = untilNanos;
      this.isSpare = isSpare;
      this.onGone = onGone;
    }

    /**
     * Gives the answer up; those who are reading it get the rest. Harmless when repeated. It leaves
     * its queue when its turn comes.
     */
    public void drop() {
      if (!isGone) {
        isGone = true;
        size.decrementAndGet();
        if (isSpare) {
          spares--;
        }
        journal.letGo();
        onGone.run();
      }
    }
  }

  private final SilenceWheel wheel;
  private final AtomicInteger size = new AtomicInteger();
  private final ArrayDeque<Held> wanted = new ArrayDeque<>();
  private final ArrayDeque<Held> spare = new ArrayDeque<>();
  private int spares;
  private final SilenceWheel.Entry look =
      new SilenceWheel.Entry() {
        @Override
        protected long onDeadline(long nowNanos) {
          expire(wanted, nowNanos);
          expire(spare, nowNanos);
          return wanted.isEmpty() && spare.isEmpty() ? SilenceWheel.NEVER : nowNanos + LOOK_NANOS;
        }
      };

  /**
   * @param memory of the same loop; asks here for room
   */
  public LocalJournals(SilenceWheel wheel, PageMemory memory) {
    this.wheel = wheel;
    memory.relieveBy(this::giveUpOne);
  }

  /**
   * Holds a finished answer.
   *
   * @param untilNanos of the wheel's clock; no earlier than that of the one held before of its kind
   * @param onGone told once, when the answer is given up, for whatever reason
   */
  public Held keep(Journal journal, long untilNanos, boolean isSpare, Runnable onGone) {
    Held held = new Held(journal, untilNanos, isSpare, onGone);
    size.incrementAndGet();
    (isSpare ? spare : wanted).add(held);
    if (isSpare) {
      spares++;
      while (spares > SPARE_MAX) {
        dropFirst(spare);
      }
    }
    if (!wheel.isWatched(look)) {
      wheel.watch(look, wheel.nanoTime() + LOOK_NANOS);
    }
    return held;
  }

  /** Answers held. Any thread. */
  public int size() {
    return size.get();
  }

  /** Gives everything up. */
  public void clear() {
    while (giveUpOne()) {
      // until none is left
    }
  }

  private boolean giveUpOne() {
    return dropFirst(spare) || dropFirst(wanted);
  }

  private static boolean dropFirst(ArrayDeque<Held> queue) {
    for (Held first = queue.poll(); first != null; first = queue.poll()) {
      if (!first.isGone) {
        first.drop();
        return true;
      }
    }
    return false;
  }

  private static void expire(ArrayDeque<Held> queue, long nowNanos) {
    Held first = queue.peek();
    while (first != null && (first.isGone || first.untilNanos <= nowNanos)) {
      queue.remove();
      first.drop();
      first = queue.peek();
    }
  }
}
