package dev.sluice.core.warm;

import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The money of a UTC day: that of all refreshes, and by name what registered prefixes have of it.
 * Begins with what the book says of an earlier process. Confined to one thread.
 */
final class WarmBudgets {

  /**
   * Money for one refresh, to be settled once.
   *
   * @param own budget of the prefix alone; null for one without a name
   * @param ownTaken from that; null likewise
   */
  record Taken(
      DailyBudget.Taken all, @Nullable DailyBudget own, DailyBudget.@Nullable Taken ownTaken) {

    long nanoUsd() {
      return all.nanoUsd();
    }
  }

  private final InstantSource clock;
  private final SpendingBook book;
  private final DailyBudget all;
  private final Map<String, DailyBudget> byName = new HashMap<>();

  /** Whether the book is behind. */
  private boolean isChanged;

  private boolean isKept = true;

  WarmBudgets(InstantSource clock, SpendingBook book) {
    this.clock = clock;
    this.book = book;
    SpendingBook.Page before = book.read();
    if (before == null) {
      all = new DailyBudget(clock);
    } else {
      all = new DailyBudget(clock, before.all());
      before.byName().forEach((name, own) -> byName.put(name, new DailyBudget(clock, own)));
    }
  }

  /**
   * Takes all of it or nothing. It may be spent once {@link #keep} has said yes.
   *
   * @param capNanoUsd of the day, for all
   * @param name null for a prefix that nobody has registered
   * @param ownCapNanoUsd of the day, for that prefix; null for no limit of its own
   * @return null where that would be more than the day's
   */
  @Nullable Taken take(
      long nanoUsd, long capNanoUsd, @Nullable String name, @Nullable Long ownCapNanoUsd) {
    DailyBudget own =
        name == null ? null : byName.computeIfAbsent(name, n -> new DailyBudget(clock));
    DailyBudget.Taken ownTaken =
        own == null
            ? null
            : own.take(nanoUsd, ownCapNanoUsd == null ? Long.MAX_VALUE : ownCapNanoUsd);
    if (own != null && ownTaken == null) {
      return null;
    }
    DailyBudget.Taken taken = all.take(nanoUsd, capNanoUsd);
    if (taken == null) {
      if (own != null && ownTaken != null) {
        own.settle(ownTaken, 0);
      }
      return null;
    }
    isChanged = true;
    return new Taken(taken, own, ownTaken);
  }

  /** What it has cost in the place of what was taken; 0 gives it back. */
  void settle(Taken taken, long costNanoUsd) {
    all.settle(taken.all, costNanoUsd);
    if (taken.own != null && taken.ownTaken != null) {
      taken.own.settle(taken.ownTaken, costNanoUsd);
    }
    isChanged = true;
  }

  /** Brings the book up to date, where it is behind; whether it is now. Blocks. */
  boolean keep() {
    if (isChanged) {
      Map<String, WarmSpending> names = byName();
      WarmSpending now = all();
      // Midnight between the two: what was of yesterday is nothing today.
      names.values().removeIf(own -> !own.day().equals(now.day()));
      isKept = book.keep(new SpendingBook.Page(now, names));
      isChanged = !isKept;
    }
    return isKept;
  }

  WarmSpending all() {
    return all.today();
  }

  /** Those of which there is something to say. A new map. */
  Map<String, WarmSpending> byName() {
    Map<String, WarmSpending> today = new HashMap<>();
    byName.forEach((name, own) -> today.put(name, own.today()));
    today.values().removeIf(own -> own.spent() == 0 && own.held() == 0);
    byName.keySet().retainAll(today.keySet());
    return today;
  }
}
