package dev.sluice.core.warm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody wants of a prefix.
 *
 * @param isKeptWarm whether it is refreshed after real use, for as long as that pays
 * @param schedules by which it is warm whether it was used or not
 * @param budgetPerDayNanoUsd for its refreshes, by the UTC day; null for no limit of its own
 */
public record WarmOrder(
    boolean isKeptWarm, List<WarmSchedule> schedules, @Nullable Long budgetPerDayNanoUsd) {

  public WarmOrder {
    schedules = List.copyOf(schedules);
    if (budgetPerDayNanoUsd != null && budgetPerDayNanoUsd < 0) {
      throw new IllegalArgumentException("A budget of " + budgetPerDayNanoUsd);
    }
  }
}
