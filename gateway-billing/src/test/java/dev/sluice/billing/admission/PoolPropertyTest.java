package dev.sluice.billing.admission;

import static dev.sluice.billing.admission.World.SECOND;
import static dev.sluice.billing.pool.Bucket.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.admission.Play.May;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Usage;
import java.math.BigInteger;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * I1 to I3, I5 and I6 of the design, section 5, on thousands of random schedules; I4 is in {@link
 * FairShareTest}. A failure's message has the seed: {@code new Play(seed, …)} plays it again.
 */
class PoolPropertyTest {

  private static final int SCHEDULES = 1_000;
  private static final Set<May> EVERYTHING = EnumSet.allOf(May.class);

  private static Play played(long seed, Set<May> may, int steps) {
    Play play = new Play(seed, may);
    for (int step = 0; step < steps; step++) {
      play.step();
    }
    return play;
  }

  /**
   * What is admitted in any window is at most rate times window plus burst exactly if a bucket that
   * is charged for it never falls below nothing: so that is looked at.
   */
  @Test
  void i1WhatIsAdmittedNeverExceedsRateTimesWindowPlusBurst() {
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Set<May> may =
          seed % 2 == 0
              ? EnumSet.of(May.PROVIDER, May.CEILINGS, May.LATE)
              : EnumSet.of(May.CEILINGS, May.RELOAD);
      Play play = played(seed, may, 120);
      for (Meter meter : play.settings.meters()) {
        assertThat(play.replay(meter.counts())[0])
            .as("seed %d, %s", seed, meter)
            .isGreaterThanOrEqualTo(BigInteger.ZERO);
      }
    }
  }

  /** Larger than the bucket: the bound grows by what does not fit, and by no more. */
  @Test
  void i1ARequestLargerThanTheBucketExceedsItByItsExcessOnly() {
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Play play = played(seed, EnumSet.of(May.OVERSIZE, May.LATE), 120);
      for (Meter meter : play.settings.meters()) {
        long excess =
            play.world.calls.stream()
                .mapToLong(call -> Play.cost(meter.counts(), call.estimate) - meter.burst())
                .max()
                .orElse(0);
        assertThat(play.replay(meter.counts())[0])
            .as("seed %d, %s", seed, meter)
            .isGreaterThanOrEqualTo(BigInteger.valueOf(-Math.max(0, excess) * TOKEN));
      }
    }
  }

  /** Play itself asserts it at each ask. */
  @Test
  void i2ACallWithinItsTeamsGuaranteeGoesAtOnceWhateverTheOthersDo() {
    for (long seed = 0; seed < SCHEDULES; seed++) {
      played(seed, EnumSet.noneOf(May.class), 120);
      played(seed, EnumSet.of(May.LATE), 120);
      played(seed, EnumSet.of(May.CHOICE), 120);
    }
  }

  @Test
  void i2WhatTeamsHaveSavedUpIsAlwaysInThePool() {
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Play play = new Play(seed, EnumSet.of(May.CEILINGS, May.RELOAD));
      for (int step = 0; step < 120; step++) {
        play.step();
        PoolView view = play.world.view();
        long saved =
            view.teams().stream().mapToLong(team -> Math.max(0, team.guaranteedLevel())).sum();
        long pool =
            view.meters().stream()
                .filter(m -> m.counts() == play.settings.mainMeter().counts())
                .mapToLong(PoolView.MeterView::level)
                .sum();
        assertThat(pool).as("seed %d step %d", seed, step).isGreaterThanOrEqualTo(saved);
      }
    }
  }

  @Test
  void i3NobodyWaitsWhileThePoolIsFull() {
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Play play = new Play(seed, EnumSet.of(May.OVERRUN, May.OVERSIZE, May.RELOAD));
      for (int step = 0; step < 120; step++) {
        play.step();
        PoolView view = play.world.view();
        boolean full = view.meters().stream().allMatch(meter -> meter.level() == meter.burst());
        if (full) {
          assertThat(view.teams())
              .as("seed %d step %d", seed, step)
              .allMatch(t -> t.waiting() == 0);
        }
      }
    }
  }

  /** A step that changes nothing finds nobody who could go: an alarm has let them go already. */
  @Test
  void i3WhoeverMayGoHasGoneByAnAlarmOfTheirOwn() {
    Set<May> may = EnumSet.copyOf(EVERYTHING);
    may.remove(May.LATE);
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Play play = new Play(seed, may);
      for (int step = 0; step < 120; step++) {
        play.step();
        long decisions = play.world.decisions();
        play.world.pool.pause(0);
        assertThat(play.world.decisions()).as("seed %d step %d", seed, step).isEqualTo(decisions);
      }
    }
  }

  @Test
  void i5SettledBucketsHoldExactlyWhatWasUsed() {
    int exact = 0;
    for (long seed = 0; seed < 2 * SCHEDULES; seed++) {
      Set<May> may = EnumSet.of(May.OVERRUN, May.OVERSIZE, May.CEILINGS, May.RELOAD, May.LATE);
      Play play = played(seed, may, 60);
      play.end();
      // Past that many charges a refund may be smaller than exact: see Headroom.
      if (play.charges() > 32) {
        continue;
      }
      exact++;
      for (PoolView.MeterView meter : play.world.view().meters()) {
        BigInteger[] truth =
            play.replay(meter.counts())[1].divideAndRemainder(BigInteger.valueOf(TOKEN));
        long floor = truth[0].longValueExact() - (truth[1].signum() < 0 ? 1 : 0);
        assertThat(meter.level()).as("seed %d, %s", seed, meter.counts()).isEqualTo(floor);
      }
      assertThat(play.world.view().reservedTokens()).as("seed %d", seed).isZero();
    }
    assertThat(exact).isGreaterThan(SCHEDULES);
  }

  /** That a refusal changes nothing, Play asserts at each ask. */
  @Test
  void i6EveryAskIsAnsweredOnceAndNobodyWaitsLongerThanItMay() {
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Set<May> may = EnumSet.copyOf(EVERYTHING);
      may.remove(May.RELOAD);
      Play play = played(seed, may, 120);
      play.end();
      for (World.Call call : play.world.calls) {
        assertThat(call.answers).as("seed %d", seed).isEqualTo(call.hasLeft ? 0 : 1);
        assertThat(call.decidedNanos - call.askedNanos)
            .as("seed %d", seed)
            .isLessThanOrEqualTo(
                play.settings.quotaOf(call.team).maxWait().toNanos() + play.world.lateNanos);
        if (call.isAdmitted()) {
          assertThatThrownBy(() -> call.reservation().settle(Usage.NONE))
              .isInstanceOf(IllegalStateException.class);
        }
      }
    }
  }

  @Test
  void everyNanosecondOfWaitingIsOwedToSomebodyAndNoneTwice() {
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Play play = played(seed, EVERYTHING, 120);
      play.end();
      Map<TeamId, Long> waited = new HashMap<>();
      for (World.Call call : play.world.calls) {
        waited.merge(call.team, call.waitedNanos(), Long::sum);
      }
      for (PoolView.TeamView team : play.world.view().teams()) {
        long owed = team.blamedOnProvider();
        for (long nanos : team.blamedOnTeams().values()) {
          assertThat(nanos).as("seed %d", seed).isPositive();
          owed += nanos;
        }
        assertThat(owed).as("seed %d", seed).isEqualTo(team.waitedNanos());
        assertThat(owed).as("seed %d", seed).isEqualTo(waited.getOrDefault(team.team(), 0L));
      }
    }
  }

  @Test
  void withinATeamNobodyIsOvertaken() {
    for (long seed = 0; seed < SCHEDULES; seed++) {
      Play play = played(seed, EVERYTHING, 120);
      play.end();
      Map<TeamId, Long> last = new HashMap<>();
      List<World.Call> inOrder =
          play.world.calls.stream().filter(call -> call.isAdmitted()).toList();
      for (World.Call call : inOrder) {
        if (call.isPlaced) {
          continue; // asked again with an earlier place
        }
        Long before = last.put(call.team, call.decidedNanos);
        if (before != null) {
          assertThat(call.decidedNanos - before).as("seed %d", seed).isGreaterThanOrEqualTo(0);
        }
      }
    }
  }

  /** Whatever has happened, after a rest of an hour the pool is as new. */
  @Test
  void everythingHealsWithTime() {
    for (long seed = 0; seed < SCHEDULES / 3; seed++) {
      Play play = played(seed, EVERYTHING, 120);
      play.end();
      for (Meter meter : play.settings.meters()) {
        play.hearNothingBad(meter);
      }
      play.world.pass(3_600 * SECOND);
      for (PoolView.MeterView meter : play.world.view().meters()) {
        assertThat(meter.level()).as("seed %d", seed).isEqualTo(meter.burst());
      }
      assertThat(play.world.view().reservedTokens()).isZero();
      assertThat(play.world.view().teams()).allMatch(team -> team.tokensWaiting() == 0);
    }
  }
}
