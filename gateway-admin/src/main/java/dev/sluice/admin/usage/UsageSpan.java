package dev.sluice.admin.usage;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/** Times as people write them. */
public final class UsageSpan {

  public static final String FORM =
      "a day such as 2026-11-26 or a time such as 2026-11-26T17:00:00Z";

  private UsageSpan() {}

  /**
   * A day's beginning in UTC, or an instant.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Instant parse(String text) {
    try {
      return text.indexOf('T') < 0
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : Instant.parse(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(FORM, e);
    }
  }

  /** The beginning of the month in which it ends, where nobody says from when. */
  public static Instant usualFrom(Instant until) {
    return LocalDate.ofInstant(until.minusNanos(1), ZoneOffset.UTC)
        .withDayOfMonth(1)
        .atStartOfDay(ZoneOffset.UTC)
        .toInstant();
  }

  /** The end of this hour, where nobody says until when: the ledger's sums are by the hour. */
  public static Instant usualUntil(Instant now) {
    return now.truncatedTo(ChronoUnit.HOURS).plus(Duration.ofHours(1));
  }

  public static boolean isWholeHour(Instant instant) {
    return instant.truncatedTo(ChronoUnit.HOURS).equals(instant);
  }
}
