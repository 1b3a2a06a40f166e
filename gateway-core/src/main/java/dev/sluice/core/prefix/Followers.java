package dev.sluice.core.prefix;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who waits, the last to come first: a list that is never changed, so that joining it is one
 * compare-and-set whoever joins at the same time. Who has left stays in it, marked, until it ends
 * or has grown to twice of those who waited when it was last looked through.
 *
 * @param lookAt at which size it is looked through for those who have left
 */
record Followers(@Nullable Waiter last, @Nullable Followers before, int size, int lookAt) {

  private static final int FEW = 64;

  static final Followers NONE = new Followers(null, null, 0, FEW);

  Followers and(Waiter waiter) {
    Followers all = size < lookAt ? this : of(inOrder());
    return new Followers(waiter, all, all.size + 1, all.lookAt);
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

  /** Who has waited longest of those who still wait; null if nobody does. */
  @Nullable Waiter first() {
    Waiter first = null;
    for (Followers each = this; each != null && each.last != null; each = each.before) {
      first = each.last.isWaiting() ? each.last : first;
    }
    return first;
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

  private static Followers of(List<Waiter> waiters) {
    int lookAt = Math.max(FEW, 2 * waiters.size());
    Followers all = NONE;
    for (Waiter each : waiters) {
      all = new Followers(each, all, all.size + 1, lookAt);
    }
    return all;
  }
}
