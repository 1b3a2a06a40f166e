package dev.sluice.core.prefix;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who waits, the last to come first: a list that is never changed, so that joining it is one
 * compare-and-set whoever joins at the same time. Who has left stays in it, marked, until it ends.
 */
record Followers(@Nullable Waiter last, @Nullable Followers before, int size) {

  static final Followers NONE = new Followers(null, null, 0);

  Followers and(Waiter waiter) {
    return new Followers(waiter, this, size + 1);
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Whether somebody still waits. */
  boolean isAwaited() {
    for (Followers each = this; each != null && each.last != null; each = each.before) {
      if (each.last.isWaiting()) {
        return true;
      }
    }
    return false;
  }

  /** Those who still wait, in the order in which they came. */
  List<Waiter> inOrder() {
    List<Waiter> all = new ArrayList<>(size);
    for (Followers each = this; each != null && each.last != null; each = each.before) {
      if (each.last.isWaiting()) {
        all.add(each.last);
      }
    }
    Collections.reverse(all);
    return all;
  }

  /** In the same order as {@code waiters}. */
  static Followers of(List<Waiter> waiters) {
    Followers all = NONE;
    for (Waiter each : waiters) {
      all = all.and(each);
    }
    return all;
  }
}
