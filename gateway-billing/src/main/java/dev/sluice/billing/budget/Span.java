package dev.sluice.billing.budget;

import dev.sluice.billing.budget.BudgetRule.Period;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * A day or a month in UTC.
 *
 * @param endsMillis exclusive
 */
record Span(long startsMillis, long endsMillis) {

  static Span of(Period period, long millis) {
    LocalDate day = LocalDate.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC);
    return switch (period) {
      case DAY -> new Span(start(day), start(day.plusDays(1)));
      case MONTH -> {
        LocalDate first = day.withDayOfMonth(1);
        yield new Span(start(first), start(first.plusMonths(1)));
      }
    };
  }

  private static long start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
  }
}
