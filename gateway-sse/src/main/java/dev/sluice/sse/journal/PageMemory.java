package dev.sluice.sse.journal;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The memory in which one loop's journals hold their answers: pages, counted against the budget of
 * all loops, and wiped before they are given back. Confined to its loop.
 *
 * <p><b>Wiping.</b> A page may still be on its way to a client when its journal lets go of it. It
 * is overwritten with zeros when nobody else refers to it any more, which is looked at once per
 * tick: all references but the journal's are slices made by its own cursors.
 */
public final class PageMemory {

  private static final byte[] ZEROS = new byte[4096];

  private final JournalBudget budget;
  private final ByteBufAllocator allocator;
  private final SilenceWheel wheel;
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private final SilenceWheel.Entry look =
      new SilenceWheel.Entry() {
        @Override
        protected long onDeadline(long nowNanos) {
          wipeWaiting();
          return waiting.isEmpty() ? SilenceWheel.NEVER : nowNanos;
        }
      };
  private BooleanSupplier relief = () -> false;

  public PageMemory(JournalBudget budget, ByteBufAllocator allocator, SilenceWheel wheel) {
    this.budget = budget;
    this.allocator = allocator;
    this.wheel = wheel;
  }

  /**
   * Who is asked to give up an answer that nobody may ever ask for again, when the budget is used
   * up; false: there is none. Set once, before the first page.
   */
  public void relieveBy(BooleanSupplier relief) {
    this.relief = relief;
  }

  /** Whether one more answer may be begun to be held. */
  public boolean hasRoom() {
    while (budget.heldBytes() + JournalPages.PAGE_MAX > budget.totalMaxBytes()) {
      if (!relief.getAsBoolean()) {
        return false;
      }
    }
    return true;
  }

  /** Whether more is held of all answers than may be. */
  boolean isOverfull() {
    return budget.heldBytes() > budget.totalMaxBytes();
  }

  long perCallMaxBytes() {
    return budget.perCallMaxBytes();
  }

  /** A page, or null where there is no room for one. Ownership passes; ends with {@link #wipe}. */
  @Nullable ByteBuf page(int bytes) {
    while (!budget.tryTake(bytes)) {
      if (!relief.getAsBoolean()) {
        return null;
      }
    }
    return allocator.directBuffer(bytes, bytes);
  }

  /** A page for bytes that must not be lost, whatever the budget says. */
  ByteBuf pageRegardless(int bytes) {
    budget.take(bytes);
    return allocator.directBuffer(bytes, bytes);
  }

  /** Overwrites a page and gives it back, as soon as nobody else reads it. Ownership passes. */
  void wipe(ByteBuf page) {
    if (page.refCnt() == 1) {
      wipeNow(page);
    } else {
      waiting.add(page);
      if (!wheel.isWatched(look)) {
        wheel.watch(look, wheel.nanoTime());
      }
    }
  }

  /** Wipes what nobody reads any more; for the end of the loop, when all connections are closed. */
  public void close() {
    wheel.forget(look);
    wipeWaiting();
  }

  private void wipeWaiting() {
    for (int left = waiting.size(); left > 0; left--) {
      ByteBuf page = waiting.remove();
      if (page.refCnt() == 1) {
        wipeNow(page);
      } else {
        waiting.add(page);
      }
    }
  }

  /**
   * Overwrites a part of a page. Copying zeros in is one call to the memory's own copy; Netty's
   * {@code setZero} is a loop of long writes, and was 2 % of a small call's time.
   */
  static void wipe(ByteBuf page, int from, int to) {
    for (int at = from; at < to; at += ZEROS.length) {
      page.setBytes(at, ZEROS, 0, Math.min(ZEROS.length, to - at));
    }
  }

  private void wipeNow(ByteBuf page) {
    wipe(page, 0, page.writerIndex());
    budget.giveBack(page.capacity());
    page.release();
  }
}
