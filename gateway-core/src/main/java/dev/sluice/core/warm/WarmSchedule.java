package dev.sluice.core.warm;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * "Warm before 09:00 on working days in Berlin." The jitter only makes it earlier: later would
 * break the word, and the point of it is that many entries are not all written at once.
 *
 * <p>A wall clock that jumps is followed by what people mean. A time that the jump leaves out is
 * met by the moment of the jump. One that comes twice is met when it first comes; kept is until it
 * comes the second time. No day has two occurrences.
 *
 * @param warmBefore local time; when it comes, the entry is warm
 * @param days of the week on which {@code warmBefore} lies; at least one
 * @param jitter at most so much earlier than need be, uniformly; up to {@link #JITTER_MAX}
 * @param keepUntil local time until which it is then held, on the next day where that is not after
 *     {@code warmBefore}; null for {@code warmBefore} itself
 */
public record WarmSchedule(
    LocalTime warmBefore,
    ZoneId zone,
    Set<DayOfWeek> days,
    Duration jitter,
    @Nullable LocalTime keepUntil) {

  public static final Duration JITTER_MAX = Duration.ofHours(1);

  /** A day that a zone has left out (Samoa, 30 December 2011) must not end the search. */
  private static final int DAYS_AHEAD = 15;

  /**
   * One time at which the schedule holds.
   *
   * @param start of the warming up
   * @param warmBefore when it must be warm
   * @param keepUntil until which it is held; not before {@code warmBefore}
   */
  public record Occurrence(Instant start, Instant warmBefore, Instant keepUntil) {

    public Occurrence {
      if (start.isAfter(warmBefore) || warmBefore.isAfter(keepUntil)) {
        throw new IllegalArgumentException(start + ", " + warmBefore + ", " + keepUntil);
      }
    }

    /** Whether the entry is to be warm, or getting so, by this alone. */
    public boolean covers(Instant at) {
      return !at.isBefore(start) && at.isBefore(keepUntil);
    }
  }

  public WarmSchedule {
    if (days.isEmpty()) {
      throw new IllegalArgumentException("A schedule for no day of the week");
    }
    if (jitter.isNegative() || jitter.compareTo(JITTER_MAX) > 0) {
      throw new IllegalArgumentException("A jitter of " + jitter);
    }
    days = Collections.unmodifiableSet(EnumSet.copyOf(days));
  }

  /**
   * The first occurrence that has not ended.
   *
   * @param now those that are held until then or before are over
   * @param lead what warming up takes, not negative
   * @param random of which one number is drawn
   * @throws DateTimeException if {@code now} is beyond all calendars
   */
  public Occurrence next(Instant now, Duration lead, RandomGenerator random) {
    double early = random.nextDouble();
    Duration ahead = lead.plusNanos((long) (early * jitter.toNanos()));
    LocalDate today = LocalDate.ofInstant(now, zone);
    for (int i = -2; i <= DAYS_AHEAD; i++) {
      LocalDate date = today.plusDays(i);
      if (days.contains(date.getDayOfWeek())) {
        Instant before = first(date.atTime(warmBefore));
        Instant until = keepUntil == null ? before : last(end(date, keepUntil));
        until = until.isBefore(before) ? before : until; // both in the same jump
        if (until.isAfter(now)) {
          return new Occurrence(before.minus(ahead), before, until);
        }
      }
    }
    throw new DateTimeException("No day of " + days + " after " + now + " in " + zone);
  }

  private LocalDateTime end(LocalDate date, LocalTime until) {
    return (until.isAfter(warmBefore) ? date : date.plusDays(1)).atTime(until);
  }

  private Instant first(LocalDateTime local) {
    return instant(local, true);
  }

  private Instant last(LocalDateTime local) {
    return instant(local, false);
  }

  private Instant instant(LocalDateTime local, boolean isFirst) {
    ZoneOffsetTransition jump = zone.getRules().getTransition(local);
    if (jump == null) {
      return local.toInstant(zone.getRules().getOffset(local));
    }
    ZoneOffset offset = isFirst ? jump.getOffsetBefore() : jump.getOffsetAfter();
    return jump.isGap() ? jump.getInstant() : local.toInstant(offset);
  }
}
