package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** In virtual time, a round each second. */
class KeepWarmTest {

  private static final long WRITE = 1_250_000;
  private static final long READ = 100_000;
  private static final Instant MIDNIGHT = Instant.parse("2026-11-26T00:00:00Z");

  private final WarmWorld world = WarmWorld.rich(WRITE, READ, 1);
  private final WarmFigures figures = world.keepWarm.figures();

  private static WarmWorld poor(long budget) {
    return new WarmWorld(MIDNIGHT, WRITE, READ, new KeepWarmSettings(false, budget), 1);
  }

  private static WarmOrder scheduled(String before, @Nullable String until) {
    WarmSchedule schedule =
        new WarmSchedule(
            LocalTime.parse(before),
            ZoneOffset.UTC,
            EnumSet.allOf(DayOfWeek.class),
            Duration.ofMinutes(2),
            until == null ? null : LocalTime.parse(until));
    return new WarmOrder(false, List.of(schedule), null);
  }

  @Test
  void anEntryThatNobodyUsesAgainIsRefreshedElevenTimesAndThenLeft() {
    world.use();
    world.pass(Duration.ofMinutes(50));
    assertThat(world.isWarm()).isTrue();
    world.pass(Duration.ofHours(20));
    assertThat(world.sentAt).hasSize(11);
    assertThat(world.isWarm()).isFalse();
    assertThat(figures.read()).isEqualTo(11);
    assertThat(figures.costNanoUsd()).isEqualTo(11 * READ);
    assertThat(figures.savedNanoUsd()).isZero();
  }

  @Test
  void anEntryThatClientsKeepAliveIsNeverRefreshed() {
    for (int i = 0; i < 100; i++) {
      world.use();
      world.pass(Duration.ofMinutes(4));
    }
    assertThat(world.sentAt).isEmpty();
    assertThat(figures.savedNanoUsd()).isZero();
  }

  @Test
  void eachUseBeginsTheCountAnewAndSavesWhatItsWriteWouldHaveCostMore() {
    for (int i = 0; i < 5; i++) {
      world.use();
      world.pass(Duration.ofMinutes(40));
    }
    assertThat(world.isWarm()).isTrue();
    assertThat(figures.savedNanoUsd()).isEqualTo(4 * (WRITE - READ));
    assertThat(world.spentByClients).isEqualTo(WRITE + 4 * READ);
  }

  @Test
  void aUseThatWouldHaveBeenInTimeAnywaySavesNothing() {
    world.use();
    while (figures.read() == 0) {
      world.passUntil(world.now + WarmWorld.SECOND);
    }
    world.use();
    world.pass(Duration.ofSeconds(5));
    assertThat(figures.savedNanoUsd()).isZero();
  }

  @Test
  void ofOnePrefixOneRefreshIsOnItsWay() {
    world.use();
    world.pass(Duration.ofHours(1));
    assertThat(world.inFlightMax).isEqualTo(1);
  }

  @Test
  void whatWasNeverUsedOrNotAskedForIsLeftAlone() {
    world.pass(Duration.ofHours(1));
    world.use();
    world.order = new WarmOrder(false, List.of(), null);
    world.pass(Duration.ofHours(1));
    world.order = null; // learned only
    world.use();
    world.pass(Duration.ofHours(1));
    assertThat(world.sentAt).isEmpty();
    world.keepWarm.apply(new KeepWarmSettings(true, Long.MAX_VALUE / 4));
    world.use();
    world.pass(Duration.ofHours(1));
    assertThat(world.sentAt).hasSizeGreaterThan(9);
  }

  @Test
  void withoutAPriceOrABudgetNothingIsSent() {
    world.isPriced = false;
    world.order = scheduled("00:30", "02:00");
    world.use();
    world.pass(Duration.ofHours(3));
    assertThat(world.sentAt).isEmpty();
    WarmWorld broke = poor(0);
    broke.use();
    broke.pass(Duration.ofHours(1));
    assertThat(broke.sentAt).isEmpty();
    assertThat(broke.keepWarm.figures().overBudget()).isZero();
  }

  @Test
  void aScheduledEntryIsWarmWhenItsTimeComesAndHeldUntilItsEnd() {
    world.order = scheduled("09:00", "10:30");
    world.pass(Duration.ofHours(8).plusMinutes(50));
    assertThat(world.sentAt).isEmpty();
    world.pass(Duration.ofMinutes(10));
    assertThat(figures.wrote()).isEqualTo(1);
    for (int i = 0; i < 90 * 60; i++) {
      assertThat(world.isWarm()).isTrue();
      world.pass(Duration.ofSeconds(1));
    }
    world.pass(Duration.ofHours(5));
    assertThat(figures.read()).isBetween(17L, 20L);
    assertThat(figures.wrote()).isEqualTo(1);
    world.pass(Duration.ofHours(18));
    assertThat(figures.wrote()).isEqualTo(2); // the next day
  }

  @Test
  void withoutAnEndHalfALifeIsLeftWhenTheTimeComes() {
    world.order = scheduled("09:00", null);
    world.passUntil(Duration.ofMinutes(9 * 60 - 5).plusSeconds(60).toNanos());
    world.use(); // would end a minute behind the time
    world.passUntil(Duration.ofHours(9).toNanos());
    assertThat(world.expiry - world.now).isGreaterThan(world.lifetime / 2 - WarmWorld.SECOND);
    world.pass(Duration.ofHours(2));
    assertThat(world.sentAt).hasSize(1);
    assertThat(figures.read()).isEqualTo(1);
  }

  @Test
  void whatWasWarmedUpForNobodyIsNotKept() {
    world.order = new WarmOrder(true, scheduled("09:00", null).schedules(), null);
    world.passUntil(Duration.ofHours(12).toNanos());
    assertThat(world.sentAt).hasSize(1);
  }

  @Test
  void theBurstThatAScheduleWasForIsSaved() {
    world.order = scheduled("09:00", null);
    world.passUntil(Duration.ofHours(9).toNanos());
    world.use();
    world.pass(Duration.ofSeconds(2));
    assertThat(figures.savedNanoUsd()).isEqualTo(WRITE - READ);
  }

  @Test
  void aDaysMoneyIsNeverOverspentAndTheNextDayHasItsOwn() {
    long cap = 2 * WRITE + 6 * READ;
    WarmWorld poor = poor(cap);
    poor.order = scheduled("00:00", "23:59");
    for (int day = 1; day <= 4; day++) {
      long before = poor.spentByRefreshes;
      long end = Duration.ofDays(day).toNanos() - 1;
      while (poor.now < end) {
        poor.passUntil(Math.min(end, poor.now + Duration.ofMinutes(1).toNanos()));
        WarmSpending spending = poor.keepWarm.spending();
        assertThat(spending.spent() + spending.held()).isLessThanOrEqualTo(cap);
      }
      // A write is always taken, so less than one may be left over.
      assertThat(poor.spentByRefreshes - before).isBetween(cap - WRITE + 1, cap);
    }
    assertThat(poor.keepWarm.figures().overBudget()).isEqualTo(4);
    assertThat(poor.keepWarm.spending().day()).isEqualTo(LocalDate.of(2026, 11, 29));
  }

  @Test
  void aPrefixsOwnMoneyIsItsOwn() {
    world.order = new WarmOrder(true, List.of(), WRITE + 2 * READ);
    world.use();
    world.pass(Duration.ofHours(2));
    assertThat(world.sentAt).hasSize(3);
    WarmSpending spending = Objects.requireNonNull(world.keepWarm.spending("one"));
    assertThat(spending.spent()).isEqualTo(3 * READ);
    assertThat(world.keepWarm.spending("other")).isNull();
  }

  @Test
  void anEntryThatTheProviderThrowsAwayIsNotWrittenAgainAndAgain() {
    world.isEvicting = true;
    world.use();
    world.pass(Duration.ofHours(3));
    assertThat(world.sentAt).hasSize(1);
    world.use();
    world.pass(Duration.ofHours(3));
    assertThat(world.sentAt).hasSize(2);
  }

  @Test
  void aRefreshThatFailsIsTriedAgainEverMoreRarely() {
    world.isFailing = true;
    world.order = scheduled("01:00", "02:00");
    world.pass(Duration.ofHours(3));
    assertThat(world.sentAt).hasSizeBetween(10, 25);
    assertThat(figures.failed()).isEqualTo(world.sentAt.size());
    assertThat(figures.costNanoUsd()).isZero();
    List<Long> at = world.sentAt;
    assertThat(at.get(2) - at.get(1)).isGreaterThan(at.get(1) - at.get(0));
  }

  @Test
  void aRefreshThatIsNeverAnsweredCountsAsSpentAndHoldsUpNothingForEver() {
    world.isUnanswered = true;
    world.order = scheduled("01:00", "02:00");
    world.pass(Duration.ofHours(3));
    assertThat(world.sentAt).hasSizeBetween(5, 7);
    assertThat(figures.failed()).isEqualTo(world.sentAt.size());
    assertThat(world.keepWarm.spending().spent()).isEqualTo(figures.failed() * WRITE);
    assertThat(world.keepWarm.spending().held()).isZero();
  }

  @Test
  void aRoomThatThrowsSpoilsItsOwnRoundOnly() {
    world.use();
    world.pass(Duration.ofMinutes(1));
    world.isBroken = true;
    assertThatThrownBy(() -> world.pass(Duration.ofSeconds(1)))
        .isInstanceOf(IllegalStateException.class);
    world.isBroken = false;
    world.pass(Duration.ofMinutes(30));
    assertThat(world.sentAt).hasSizeGreaterThan(4);
  }

  @Test
  void afterACrashWhatWasSpentAndWhatWasOnItsWayCounts() {
    WarmWorld poor = poor(3 * WRITE);
    poor.order = scheduled("00:00", "23:59");
    poor.pass(Duration.ofMinutes(1));
    assertThat(poor.keepWarm.spending().spent()).isEqualTo(WRITE);
    poor.isUnanswered = true;
    poor.pass(Duration.ofMinutes(5));
    assertThat(poor.sentAt).hasSize(2);
    assertThat(poor.keepWarm.spending().held()).isEqualTo(WRITE);

    poor.crash();
    WarmSpending counted = new WarmSpending(LocalDate.of(2026, 11, 26), 2 * WRITE, 0);
    assertThat(poor.keepWarm.spending()).isEqualTo(counted);
    assertThat(poor.keepWarm.spending("one")).isEqualTo(counted);
    poor.pass(Duration.ofSeconds(2));
    assertThat(poor.sentAt).hasSize(3);

    poor.crash();
    poor.pass(Duration.ofHours(3));
    assertThat(poor.sentAt).hasSize(3);
    assertThat(poor.keepWarm.spending().spent()).isEqualTo(3 * WRITE);
    poor.passUntil(Duration.ofHours(24).plusSeconds(5).toNanos());
    assertThat(poor.sentAt).hasSize(4);
    assertThat(poor.keepWarm.spending().spent()).isZero();
  }

  /** Goal: whenever it dies, and however often, the provider is never asked for more. */
  @Test
  void aCrashLoopSpendsNoDaysMoneyTwice() {
    SplittableRandom random = new SplittableRandom(7);
    long cap = 20 * WRITE;
    for (boolean isOwn : new boolean[] {false, true}) {
      WarmWorld loop = isOwn ? WarmWorld.rich(WRITE, READ, 1) : poor(cap);
      WarmOrder always = scheduled("00:00", "23:59");
      loop.order = isOwn ? new WarmOrder(false, always.schedules(), cap) : always;
      for (int day = 1; day <= 3; day++) {
        long before = loop.spentByRefreshes;
        while (loop.now < Duration.ofDays(day).toNanos() - 600 * WarmWorld.SECOND) {
          loop.pass(Duration.ofSeconds(1 + random.nextInt(random.nextInt(20) == 0 ? 590 : 5)));
          loop.crash();
        }
        loop.passUntil(Duration.ofDays(day).toNanos() - 1);
        assertThat(loop.spentByRefreshes - before).isBetween(2 * WRITE, cap);
      }
    }
  }

  @Test
  void whileItCannotBeWrittenDownNothingIsSentAndNothingHeld() {
    world.order = scheduled("00:01", "12:00");
    world.isBookStuck = true;
    world.pass(Duration.ofHours(1));
    assertThat(world.sentAt).isEmpty();
    assertThat(world.keepWarm.isBooking()).isFalse();
    assertThat(world.keepWarm.spending().held()).isZero();
    world.isBookStuck = false;
    world.pass(Duration.ofSeconds(1));
    assertThat(world.sentAt).hasSize(1);
    assertThat(world.keepWarm.isBooking()).isTrue();

    world.isBookStuck = true; // now for an answer
    world.pass(Duration.ofSeconds(10));
    assertThat(world.keepWarm.isBooking()).isFalse();
    assertThat(world.keepWarm.spending().spent()).isEqualTo(WRITE);
    world.isBookStuck = false;
    world.pass(Duration.ofSeconds(1));
    assertThat(world.keepWarm.isBooking()).isTrue();
    assertThat(Objects.requireNonNull(world.page).all()).isEqualTo(world.keepWarm.spending());
  }

  @Test
  void theBookIsWrittenBeforeARefreshAndAfterItsAnswerOnly() {
    world.use();
    world.pass(Duration.ofMinutes(4));
    assertThat(world.writesOfTheBook).isZero();
    world.pass(Duration.ofHours(3));
    assertThat(world.sentAt).hasSize(11);
    assertThat(world.writesOfTheBook).isEqualTo(22);
  }
}
