package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.warm.WarmSchedule.Occurrence;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Replay with {@code -Dseed=…}. */
class WarmScheduleTest {

  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final Set<DayOfWeek> DAILY = EnumSet.allOf(DayOfWeek.class);
  private static final Set<DayOfWeek> WORKING = EnumSet.range(DayOfWeek.MONDAY, DayOfWeek.FRIDAY);
  private static final Duration LEAD = Duration.ofSeconds(20);

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);

  private static WarmSchedule daily(String before, @Nullable String until) {
    return new WarmSchedule(
        LocalTime.parse(before),
        BERLIN,
        DAILY,
        Duration.ZERO,
        until == null ? null : LocalTime.parse(until));
  }

  private Occurrence next(WarmSchedule schedule, String now) {
    return schedule.next(Instant.parse(now), LEAD, random);
  }

  @Test
  void itStartsSoMuchEarlierAsWarmingUpTakes() {
    Occurrence next = next(daily("09:00", null), "2026-11-25T12:00:00Z");
    assertThat(next.warmBefore()).isEqualTo("2026-11-26T08:00:00Z");
    assertThat(next.start()).isEqualTo("2026-11-26T07:59:40Z");
    assertThat(next.keepUntil()).isEqualTo(next.warmBefore());
  }

  @Test
  void aWeekendIsLeftOut() {
    WarmSchedule schedule =
        new WarmSchedule(LocalTime.of(9, 0), BERLIN, WORKING, Duration.ZERO, null);
    assertThat(next(schedule, "2026-11-27T08:00:00Z").warmBefore()) // that very moment on Friday
        .isEqualTo("2026-11-30T08:00:00Z");
  }

  @Test
  void oneThatIsGoingOnIsTheNext() {
    WarmSchedule schedule = daily("09:00", "18:00");
    assertThat(next(schedule, "2026-11-26T16:59:59Z").warmBefore())
        .isEqualTo("2026-11-26T08:00:00Z");
    assertThat(next(schedule, "2026-11-26T17:00:00Z").warmBefore())
        .isEqualTo("2026-11-27T08:00:00Z");
  }

  @Test
  void anEndThatIsNotAfterTheBeginningIsOnTheNextDay() {
    Occurrence next = next(daily("22:00", "02:00"), "2026-11-26T23:30:00Z");
    assertThat(next.warmBefore()).isEqualTo("2026-11-26T21:00:00Z");
    assertThat(next.keepUntil()).isEqualTo("2026-11-27T01:00:00Z");
    assertThat(next(daily("22:00", "22:00"), "2026-11-26T21:30:00Z").keepUntil())
        .isEqualTo("2026-11-27T21:00:00Z");
  }

  @Test
  void aTimeThatTheClockLeavesOutIsMetByTheJump() {
    // On 28 March 2027, 02:00 to 03:00 is missing in Berlin.
    assertThat(next(daily("02:30", null), "2027-03-27T12:00:00Z").warmBefore())
        .isEqualTo("2027-03-28T01:00:00Z");
    Occurrence both = next(daily("02:10", "02:50"), "2027-03-27T12:00:00Z");
    assertThat(both.keepUntil()).isEqualTo(both.warmBefore()).isEqualTo("2027-03-28T01:00:00Z");
    assertThat(next(daily("09:00", null), "2027-03-27T12:00:00Z").warmBefore())
        .isEqualTo("2027-03-28T07:00:00Z");
  }

  @Test
  void aTimeThatComesTwiceIsMetTheFirstTimeAndHeldUntilTheSecond() {
    // On 31 October 2027, 02:00 to 03:00 comes twice in Berlin.
    WarmSchedule schedule = daily("02:30", null);
    assertThat(next(schedule, "2027-10-30T12:00:00Z").warmBefore())
        .isEqualTo("2027-10-31T00:30:00Z");
    assertThat(next(schedule, "2027-10-31T00:30:00Z").warmBefore())
        .isEqualTo("2027-11-01T01:30:00Z");
    assertThat(next(daily("01:00", "02:30"), "2027-10-30T12:00:00Z").keepUntil())
        .isEqualTo("2027-10-31T01:30:00Z");
  }

  @Test
  void itIsWarmOnEachDayOnceWhateverTheClocksDo() {
    for (String zone :
        List.of("Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")) {
      ZoneId of = ZoneId.of(zone);
      LocalTime before = LocalTime.ofSecondOfDay(random.nextInt(86_400));
      WarmSchedule schedule =
          new WarmSchedule(before, of, DAILY, Duration.ofMinutes(random.nextInt(60)), null);
      Instant now = ZonedDateTime.of(2026, 1, 1, 0, 0, 0, 0, of).toInstant().minusSeconds(1);
      for (int day = 0; day < 800; day++) {
        Occurrence next = schedule.next(now, LEAD, random);
        assertThat(ZonedDateTime.ofInstant(next.warmBefore(), of).toLocalDate())
            .as("seed %s, %s", seed, schedule)
            .isEqualTo(ZonedDateTime.of(2026, 1, 1, 0, 0, 0, 0, of).toLocalDate().plusDays(day));
        Duration ahead = Duration.between(next.start(), next.warmBefore());
        assertThat(ahead).isBetween(LEAD, LEAD.plus(schedule.jitter()));
        now = next.warmBefore();
      }
    }
  }

  @Test
  void theJitterIsSpreadOverItsWholeRange() {
    WarmSchedule schedule =
        new WarmSchedule(LocalTime.of(9, 0), BERLIN, DAILY, Duration.ofMinutes(10), null);
    SplittableRandom fixed = new SplittableRandom(7);
    int[] minutes = new int[10];
    for (int i = 0; i < 10_000; i++) {
      Occurrence next = schedule.next(Instant.parse("2026-11-26T12:00:00Z"), LEAD, fixed);
      Duration early = Duration.between(next.start(), next.warmBefore()).minus(LEAD);
      minutes[(int) early.toMinutes()]++;
    }
    assertThat(Arrays.stream(minutes)).allMatch(count -> count > 850 && count < 1_150);
  }

  @Test
  void whatIsNoScheduleIsRefused() {
    assertThatThrownBy(
            () -> new WarmSchedule(LocalTime.NOON, BERLIN, Set.of(), Duration.ZERO, null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new WarmSchedule(LocalTime.NOON, BERLIN, DAILY, Duration.ofMinutes(61), null))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
