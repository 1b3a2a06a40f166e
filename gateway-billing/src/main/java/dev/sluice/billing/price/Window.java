package dev.sluice.billing.price;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Hours of the day with prices of their own.
 *
 * @param name what people call it, such as {@code peak}
 * @param days on which it is; seen in the zone, at the instant of the call
 * @param hours when, in UTC
 * @param notOn dates on which it is not, holidays; seen in the zone
 */
public record Window(
    String name,
    Collection<DayOfWeek> days,
    List<Hours> hours,
    SortedSet<LocalDate> notOn,
    ZoneId zone,
    Change change) {

  private static final int MINUTES_PER_DAY = 24 * 60;

  /**
   * Part of a day in UTC.
   *
   * @param from minute of the day, included
   * @param to minute of the day, not included; not later than {@code from} where it goes over
   *     midnight, the same for the whole day
   */
  public record Hours(int from, int to) {
    public Hours {
      if (from < 0 || from >= MINUTES_PER_DAY || to < 0 || to > MINUTES_PER_DAY) {
        throw new IllegalArgumentException("From minute " + from + " to " + to);
      }
    }

    boolean covers(int minute) {
      return from < to ? minute >= from && minute < to : minute >= from || minute < to;
    }
  }

  public Window {
    // Sorted: the text of a row, and so its version, must be the same in every JVM.
    days = days.isEmpty() ? List.of() : List.copyOf(EnumSet.copyOf(days));
    hours = List.copyOf(hours);
    notOn = Collections.unmodifiableSortedSet(new TreeSet<>(notOn));
  }

  boolean covers(Instant at) {
    int minute = (int) (Math.floorMod(at.getEpochSecond(), 86_400L) / 60);
    if (hours.stream().noneMatch(h -> h.covers(minute))) {
      return false;
    }
    ZonedDateTime there = at.atZone(zone);
    return days.contains(there.getDayOfWeek()) && !notOn.contains(there.toLocalDate());
  }

  /** Every day, in UTC. */
  public static Window daily(String name, List<Hours> hours, Change change) {
    return new Window(
        name, EnumSet.allOf(DayOfWeek.class), hours, new TreeSet<>(), ZoneOffset.UTC, change);
  }
}
