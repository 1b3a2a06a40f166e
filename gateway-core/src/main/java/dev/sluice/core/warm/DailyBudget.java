package dev.sluice.core.warm;

import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * Money for a UTC day: taken before it is spent, corrected after. What is taken on one day and
 * spent on the next is the first day's. Confined to one thread. A clock that is put back does not
 * give a day twice.
 */
final class DailyBudget {

  /** Money that was taken, to be settled once. */
  record Taken(LocalDate day, long nanoUsd) {}

  private final InstantSource clock;
  private LocalDate day = LocalDate.MIN;
  private long spent;
  private long held;

  DailyBudget(InstantSource clock) {
    this.clock = clock;
  }

  /** Goes on behind another that is no more: what that held is spent, as nobody knows better. */
  DailyBudget(InstantSource clock, WarmSpending before) {
    this.clock = clock;
    this.day = before.day();
    this.spent = Math.addExact(before.spent(), before.held());
  }

  /**
   * Takes all of it or nothing.
   *
   * @param capNanoUsd of the day, as it is now
   * @return null where that would be more than the day's
   */
  @Nullable Taken take(long nanoUsd, long capNanoUsd) {
    turn();
    if (nanoUsd < 0 || nanoUsd > capNanoUsd - spent - held) {
      return null;
    }
    held += nanoUsd;
    return new Taken(day, nanoUsd);
  }

  void settle(Taken taken, long costNanoUsd) {
    turn();
    if (taken.day.equals(day)) {
      held -= taken.nanoUsd;
      spent += costNanoUsd;
      assert held >= 0 : held;
    }
  }

  WarmSpending today() {
    turn();
    return new WarmSpending(day, spent, held);
  }

  private void turn() {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    if (today.isAfter(day)) {
      day = today;
      spent = 0;
      held = 0;
    }
  }
}
