package dev.sluice.billing.ledger;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which slots are free: a stack, so that the ones used last are used next and few pages of the file
 * are ever touched. Any thread, without a lock (R. K. Treiber, IBM RJ 5118, 1986): the head carries
 * a count of its changes beside the slot, else one that was taken and given back meanwhile would be
 * mistaken for never having been away.
 */
final class FreeSlots {

  private static final int NONE = -1;

  /** The slot below, for each that is in the stack. */
  private final AtomicIntegerArray below;

  /** Changes in the high half, the topmost slot in the low half. */
  private final AtomicLong head = new AtomicLong(0xffff_ffffL);

  private final AtomicInteger free = new AtomicInteger();

  FreeSlots(int slots) {
    below = new AtomicIntegerArray(slots);
  }

  /** A slot that is now the caller's, or -1. */
  int take() {
    while (true) {
      long seen = head.get();
      int top = (int) seen;
      if (top == NONE) {
        return NONE;
      }
      if (head.compareAndSet(seen, changed(seen, below.get(top)))) {
        free.decrementAndGet();
        return top;
      }
    }
  }

  void give(int slot) {
    free.incrementAndGet();
    while (true) {
      long seen = head.get();
      below.set(slot, (int) seen);
      if (head.compareAndSet(seen, changed(seen, slot))) {
        return;
      }
    }
  }

  /** May be one off while another thread takes or gives. */
  int size() {
    return free.get();
  }

  /** For tests: what a thread remembers of the stack while it is about to change it. */
  long seen() {
    return head.get();
  }

  private static long changed(long seen, int top) {
    return ((seen >>> 32) + 1) << 32 | (top & 0xffff_ffffL);
  }
}
