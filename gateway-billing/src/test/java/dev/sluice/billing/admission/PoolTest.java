package dev.sluice.billing.admission;

import static dev.sluice.billing.admission.World.MINUTE;
import static dev.sluice.billing.admission.World.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** One pool of 60,000 tokens a minute (1,000 a second) and a burst of 10,000, call by call. */
class PoolTest {

  private static final TeamId CHAT = new TeamId("chat");
  private static final TeamId DOCS = new TeamId("docs");
  private static final TeamId OTHER = new TeamId("other");

  private static PoolSettings settings(Map<TeamId, Quota> quotas) {
    return World.pool(60_000, 10_000, quotas);
  }

  private static Quota waits(long seconds) {
    return World.quota(0, 0, 1, Lane.INTERACTIVE, Duration.ofSeconds(seconds));
  }

  private static Quota capped(long ceiling, long waitSeconds) {
    return World.quota(0, ceiling, 1, Lane.INTERACTIVE, Duration.ofSeconds(waitSeconds));
  }

  private final World world = new World(settings(Map.of(DOCS, waits(0), CHAT, waits(20))));

  @Test
  void whatFitsGoesOnTheAskersOwnStackAndSaysHowItStands() {
    World.Call call = world.ask(OTHER, 4_000);

    assertThat(call.isAdmitted()).isTrue();
    assertThat(call.reservation().tokens()).isEqualTo(4_000);
    assertThat(world.view().reservedTokens()).isEqualTo(4_000);
    assertThat(call.reservation().standing())
        .isEqualTo(
            new Standing(
                "pool",
                List.of(new MeterStanding(Counts.TOTAL_TOKENS, 60_000, 6_000, 4 * SECOND))));
    call.settle(1_000, 0);
    assertThat(world.level()).isEqualTo(9_000);
    assertThat(world.view().reservedTokens()).isZero();
  }

  @Test
  void aRefusalSaysWhenToComeBackAndThenItFits() {
    world.ask(OTHER, 9_000);
    Decision.Refused no = world.ask(DOCS, 4_000).refused();

    assertThat(no.limit()).isEqualTo(Limit.POOL);
    assertThat(no.retryAfterNanos()).isEqualTo(3 * SECOND);
    assertThat(no.limitPerMinute()).isEqualTo(60_000);
    assertThat(no.cost()).isEqualTo(4_000);
    assertThat(no.standing().meters().getFirst().remaining()).isEqualTo(1_000);
    world.pass(no.retryAfterNanos() - 1);
    assertThat(world.ask(DOCS, 4_000).isAdmitted()).isFalse();
    world.pass(1);
    assertThat(world.ask(DOCS, 4_000).isAdmitted()).isTrue();
  }

  @Test
  void whetherACallMayGoIsSaidWithoutTakingAnything() {
    assertThat(mayGoNow(OTHER, 10_000)).isTrue();
    assertThat(mayGoNow(OTHER, 10_000)).isTrue();
    world.ask(OTHER, 9_000);
    assertThat(mayGoNow(OTHER, 1_000)).isTrue();
    assertThat(mayGoNow(OTHER, 1_001)).isFalse();
    World.Call waits = world.ask(CHAT, 2_000);
    assertThat(mayGoNow(OTHER, 1)).as("nobody passes who waits").isFalse();
    world.pass(SECOND);
    assertThat(waits.isAdmitted()).isTrue();
    assertThat(world.view().reservedTokens()).isEqualTo(11_000);
    assertThat(world.calls).hasSize(2);
  }

  @Test
  void whileAPoolIsPausedNothingMayGo() {
    world.pool.pause(SECOND);
    assertThat(mayGoNow(OTHER, 1)).isFalse();
    world.pass(SECOND);
    assertThat(mayGoNow(OTHER, 1)).isTrue();
  }

  /** A picture is taken while a step is at work, and shown on its stack. */
  @Test
  void whileSomebodyIsAtWorkOnThePoolItIsWhetherAnybodyWaitedBefore() {
    List<Boolean> said = new ArrayList<>();
    world.ask(OTHER, 10_000);
    world.pool.view(Runnable::run, view -> said.add(mayGoNow(OTHER, 1)));
    World.Call waits = world.ask(CHAT, 1_000);
    world.pool.view(Runnable::run, view -> said.add(mayGoNow(OTHER, 1)));
    waits.leave();
    world.pool.view(Runnable::run, view -> said.add(mayGoNow(OTHER, 1)));
    world.pool.pause(SECOND);
    world.pool.view(Runnable::run, view -> said.add(mayGoNow(OTHER, 1)));
    assertThat(said).containsExactly(true, false, true, false);
  }

  @Test
  void inShadowAndWhenThePoolIsGoneEverythingMayGo() {
    world.admission.apply(List.of());
    world.pool.pause(SECOND);
    assertThat(mayGoNow(OTHER, 1_000_000)).isTrue();
    PoolSettings enforced = settings(Map.of());
    World shadow =
        new World(
            new PoolSettings(
                "pool",
                enforced.meters(),
                enforced.counting(),
                Mode.SHADOW,
                Map.of(),
                enforced.others(),
                10));
    shadow.pool.pause(SECOND);
    shadow.ask(OTHER, 20_000);
    assertThat(shadow.pool.mayGoNow(OTHER, new Estimate(20_000, 0, -1))).isTrue();
  }

  private boolean mayGoNow(TeamId team, long tokens) {
    return world.pool.mayGoNow(team, new Estimate(tokens, 0, -1));
  }

  @Test
  void whoWaitsGoesTheVeryNanosecondItFits() {
    world.ask(OTHER, 10_000);
    World.Call call = world.ask(CHAT, 3_000);
    assertThat(call.isWaiting()).isTrue();
    world.pass(MINUTE);
    assertThat(call.isAdmitted()).isTrue();
    assertThat(call.waitedNanos()).isEqualTo(3 * SECOND);
    assertThat(call.decision).isEqualTo(new Decision.Admitted(call.reservation(), 3 * SECOND));
  }

  @Test
  void aWaitThatCannotEndInTimeIsNotBegun() {
    world.ask(OTHER, 10_000);
    world.ask(CHAT, 9_000);
    world.ask(CHAT, 9_000);
    Decision.Refused no = world.ask(CHAT, 3_000).refused(); // 21 s: a second more than it may wait
    assertThat(no.limit()).isEqualTo(Limit.POOL);
    assertThat(no.retryAfterNanos()).isEqualTo(21 * SECOND);
    assertThat(world.ask(CHAT, 2_000).isWaiting()).isTrue();
  }

  @Test
  void afterItsMaxWaitACallIsRefused() {
    World late =
        new World(
            settings(
                Map.of(
                    CHAT,
                    waits(20),
                    DOCS,
                    World.quota(60_000, 0, 1, Lane.INTERACTIVE, Duration.ofHours(1)))));
    // All is guaranteed to docs and used by it, so that nothing is left for chat.
    late.ask(DOCS, 10_000);
    World.Call call = late.ask(CHAT, 1_000);
    for (int i = 0; i < 30; i++) {
      late.ask(DOCS, 1_000);
      late.pass(SECOND);
    }
    assertThat(call.refused().limit()).isEqualTo(Limit.MAX_WAIT);
    assertThat(call.waitedNanos()).isEqualTo(20 * SECOND);
    assertThat(call.refused().retryAfterNanos()).isPositive();
    assertThat(late.view(CHAT).refused()).isEqualTo(Map.of(Limit.MAX_WAIT, 1L));
  }

  @Test
  void onlySoManyOfATeamWait() {
    PoolSettings few =
        new PoolSettings(
            "pool",
            List.of(new Meter(Counts.TOTAL_TOKENS, 60_000, 10_000)),
            Counting.PLAIN,
            Mode.ENFORCE,
            Map.of(CHAT, waits(60), DOCS, waits(60)),
            waits(60),
            2);
    World crowded = new World(few);
    crowded.ask(OTHER, 10_000);
    crowded.ask(CHAT, 100);
    crowded.ask(CHAT, 100);
    assertThat(crowded.ask(CHAT, 100).refused().limit()).isEqualTo(Limit.QUEUE_FULL);
    assertThat(crowded.ask(DOCS, 100).isWaiting()).as("each team for itself").isTrue();
    assertThat(crowded.view(CHAT).waiting()).isEqualTo(2);
    assertThat(crowded.view(CHAT).tokensWaiting()).isEqualTo(200);
  }

  @Test
  void aCeilingHoldsHoweverIdleThePoolIsAndSaysSo() {
    // 6,000 a minute, so a burst of 1,000.
    World low = new World(settings(Map.of(CHAT, capped(6_000, 5), DOCS, capped(6_000, 0))));
    assertThat(low.ask(CHAT, 1_000).isAdmitted()).isTrue();
    World.Call waiting = low.ask(CHAT, 400);
    assertThat(waiting.isWaiting()).isTrue();
    Decision.Refused no = low.ask(CHAT, 200).refused();
    assertThat(no.limit()).isEqualTo(Limit.TEAM_CEILING);
    assertThat(no.limitPerMinute()).isEqualTo(6_000);
    assertThat(no.retryAfterNanos()).isEqualTo(6 * SECOND);
    low.pass(4 * SECOND);
    assertThat(waiting.isAdmitted()).isTrue();
    assertThat(low.view(CHAT).blamedOnTeams()).isEqualTo(Map.of(CHAT, 4 * SECOND));
    low.ask(DOCS, 1_000);
    assertThat(low.ask(DOCS, 1).refused().limit()).isEqualTo(Limit.TEAM_CEILING);
  }

  @Test
  void aRequestLargerThanItsCeilingsBucketGoesWhenThatIsFull() {
    World low = new World(settings(Map.of(CHAT, capped(6_000, 3_600))));
    assertThat(low.ask(CHAT, 3_000).isAdmitted()).isTrue();
    World.Call next = low.ask(CHAT, 3_000);
    low.pass(MINUTE);
    assertThat(next.waitedNanos()).as("2,000 of debt and a bucket of 1,000").isEqualTo(30 * SECOND);
  }

  @Test
  void whoLeavesIsNotAnsweredAndMakesWay() {
    world.ask(OTHER, 10_000);
    World.Call gone = world.ask(CHAT, 9_000);
    World.Call next = world.ask(CHAT, 1_000);
    world.pass(SECOND);
    assertThat(next.isWaiting()).isTrue();
    gone.leave();
    assertThat(next.isAdmitted()).isTrue();
    world.pass(MINUTE);
    assertThat(gone.answers).isZero();
    gone.leave();
    next.leave();
    assertThat(world.level()).isEqualTo(10_000);
  }

  @Test
  void whatIsGivenBackWasNeverAskedAndItsPlaceIsKept() {
    PoolView before = world.view();
    World.Call first = world.ask(CHAT, new Estimate(9_000, 500, -1), null);
    Place place = first.reservation().giveBack();
    assertThat(world.view().meters()).isEqualTo(before.meters());
    assertThat(world.view(CHAT).admitted()).isZero();
    assertThat(world.view(CHAT).servedTokens()).isZero();
    assertThatThrownBy(() -> first.settle(1, 0)).isInstanceOf(IllegalStateException.class);

    world.ask(OTHER, 10_000);
    World.Call later = world.ask(CHAT, 1_000);
    World.Call again = world.ask(CHAT, new Estimate(2_000, 0, -1), place);
    world.pass(2 * SECOND);
    assertThat(again.isAdmitted()).as("before one that came later").isTrue();
    assertThat(later.isWaiting()).isTrue();
  }

  @Test
  void anEarlierPlaceThatFitsWhereTheFirstDoesNotGoesAtOnce() {
    World.Call first = world.ask(CHAT, 1_000);
    Place place = first.reservation().giveBack();
    world.ask(OTHER, 8_000);
    World.Call large = world.ask(CHAT, 5_000);
    assertThat(large.isWaiting()).isTrue();
    assertThat(world.ask(CHAT, new Estimate(1_000, 0, -1), place).isAdmitted()).isTrue();
  }

  @Test
  void whileTheProviderPausesNobodyGoesAndItIsToBlame() {
    world.pool.pause(5 * SECOND);
    world.pool.pause(SECOND); // does not shorten it
    World.Call call = world.ask(CHAT, 1);
    assertThat(call.isWaiting()).isTrue();
    assertThat(world.ask(DOCS, 1).refused().limit()).isEqualTo(Limit.PROVIDER_PAUSED);
    assertThat(world.ask(DOCS, 1).refused().retryAfterNanos()).isEqualTo(5 * SECOND);
    world.pass(5 * SECOND - 1);
    assertThat(call.isWaiting()).isTrue();
    world.pass(1);
    assertThat(call.isAdmitted()).isTrue();
    assertThat(world.view(CHAT).blamedOnProvider()).isEqualTo(5 * SECOND);
    world.pool.pause(Long.MAX_VALUE);
    assertThat(world.view().pausedNanos()).as("bounded").isEqualTo(60 * SECOND);
    assertThat(world.ask(CHAT, 1).refused().limit()).isEqualTo(Limit.PROVIDER_PAUSED);
  }

  @Test
  void anOverloadedProviderIsSentHalfAndThenASixteenthMoreEachSecond() {
    world.pool.slowDown();
    assertThat(rate()).isEqualTo(30_000);
    world.pass(SECOND - 1);
    assertThat(rate()).isEqualTo(30_000);
    world.pass(1);
    assertThat(rate()).isEqualTo(30_000 + 60_000 / 16);
    world.pass(20 * SECOND);
    assertThat(rate()).isEqualTo(60_000);
  }

  @Test
  void callsThatFailTogetherSlowThePoolDownOnce() {
    for (int i = 0; i < 8; i++) {
      world.pool.slowDown();
    }
    assertThat(rate()).isEqualTo(30_000);
  }

  @Test
  void aProviderThatStaysOverloadedIsStillSentASixteenth() {
    for (int i = 0; i < 20; i++) {
      world.pool.slowDown();
      assertThat(rate()).isGreaterThanOrEqualTo(60_000 / 16);
      world.pass(SECOND);
    }
    world.pool.slowDown();
    assertThat(rate()).isLessThan(60_000 / 16 + 100);
  }

  @Test
  void whatComesInWhileItIsSlowIsCountedStepByStep() {
    world.ask(OTHER, 10_000);
    world.pool.slowDown();
    World.Call call = world.ask(CHAT, 1_000);
    world.pass(MINUTE);
    // 500 in the first second, 562.5 in the next: 1,000 after 1 s and 500/562.5 of the second.
    assertThat(call.waitedNanos()).isEqualTo(SECOND + (500 * SECOND * 16 / 9 + 999) / 1_000);
    assertThat(world.view(CHAT).blamedOnProvider()).isEqualTo(call.waitedNanos());
  }

  private long rate() {
    return world.view().meters().getFirst().effectivePerMinute();
  }

  private void hear(long perMinute, long remaining) {
    world.pool.hear(
        new ProviderLimits(
            List.of(
                new ProviderLimits.Said(Counts.TOTAL_TOKENS, perMinute, remaining),
                new ProviderLimits.Said(Counts.REQUESTS, 1, 1))));
  }

  @Test
  void theProviderLowersTheLevelAndNeverRaisesIt() {
    world.ask(OTHER, 4_000);
    hear(-1, 8_000);
    assertThat(world.level()).isEqualTo(6_000);
    hear(-1, 500);
    assertThat(world.level()).isEqualTo(500);
    World.Call call = world.ask(CHAT, 2_000);
    world.pass(2 * SECOND);
    assertThat(call.waitedNanos()).isEqualTo(1_500_000_000);
    assertThat(world.view(CHAT).blamedOnProvider()).isEqualTo(1_500_000_000);
  }

  @Test
  void aLowerLimitIsObeyedUntilAHigherOneIsSaidAndTheConfiguredOneIsTheMost() {
    hear(30_000, -1);
    assertThat(rate()).isEqualTo(30_000);
    hear(-1, -1);
    assertThat(rate()).isEqualTo(30_000);
    world.ask(OTHER, 10_000);
    World.Call call = world.ask(CHAT, 1_000);
    world.pass(2 * SECOND);
    assertThat(call.waitedNanos()).isEqualTo(2 * SECOND);
    hear(90_000, -1);
    assertThat(rate()).isEqualTo(60_000);
  }

  @Test
  void guaranteesShrinkWithTheRateOfTheirPool() {
    World shared =
        new World(settings(Map.of(CHAT, World.guaranteed(30_000), DOCS, World.guaranteed(30_000))));
    shared.pool.hear(
        new ProviderLimits(List.of(new ProviderLimits.Said(Counts.TOTAL_TOKENS, 30_000, -1))));
    shared.ask(CHAT, 5_000);
    shared.ask(DOCS, 5_000);
    shared.pass(4 * SECOND);
    assertThat(shared.view(CHAT).guaranteedLevel()).isEqualTo(1_000);
    assertThat(shared.level()).isEqualTo(2_000);
  }

  @Test
  void inShadowATeamAlwaysGoesIsChargedAndIsToldWhatWouldHaveBeen() {
    Quota shadow = new Quota(0, 6_000, 1, Lane.INTERACTIVE, Duration.ofSeconds(5), 0, Mode.SHADOW);
    World shaded = new World(settings(Map.of(CHAT, shadow)));
    assertThat(shaded.ask(CHAT, 1_000).isAdmitted()).isTrue();
    assertThat(shaded.ask(CHAT, 500).isAdmitted()).as("would wait 5 s").isTrue();
    assertThat(shaded.ask(CHAT, 500).isAdmitted()).as("would be refused").isTrue();
    PoolView.TeamView view = shaded.view(CHAT);
    assertThat(view.wouldHaveWaited()).isEqualTo(1);
    assertThat(view.wouldHaveRefused()).isEqualTo(1);
    assertThat(view.refused()).isEmpty();
    assertThat(shaded.level()).isEqualTo(8_000);
  }

  @Test
  void aPoolInShadowHoldsNobodyNotEvenWhoWaitedWhenItBecameOne() {
    world.ask(OTHER, 10_000);
    World.Call waiting = world.ask(CHAT, 1_000);
    PoolSettings was = world.pool.settings();
    world.admission.apply(
        List.of(
            new PoolSettings(
                was.name(),
                was.meters(),
                was.counting(),
                Mode.SHADOW,
                was.quotas(),
                was.others(),
                was.waitingMaxPerTeam())));
    assertThat(waiting.isAdmitted()).isTrue();
    world.pool.pause(SECOND);
    assertThat(world.ask(DOCS, 20_000).isAdmitted()).isTrue();
  }

  @Test
  void aChangedQuotaActsOnTheNextDecisionAndOnThoseWhoWait() {
    World low = new World(settings(Map.of(CHAT, capped(6_000, 3_600))));
    low.ask(CHAT, 1_000);
    World.Call waiting = low.ask(CHAT, 1_000);
    low.admission.apply(List.of(settings(Map.of(CHAT, capped(60_000, 3_600)))));
    assertThat(waiting.isWaiting()).as("the bucket keeps its level").isTrue();
    low.pass(SECOND);
    assertThat(waiting.isAdmitted()).isTrue();
    low.admission.apply(List.of(World.pool(60_000, 500, Map.of())));
    assertThat(low.level()).as("cut to the smaller burst").isEqualTo(500);
    low.admission.apply(List.of(World.pool(60_000, 10_000, Map.of())));
    assertThat(low.level()).isEqualTo(500);
  }

  @Test
  void aShorterMaxWaitHoldsForThoseWhoWaitAlready() {
    world.ask(OTHER, 10_000);
    World.Call call = world.ask(CHAT, 9_000);
    world.pass(3 * SECOND);
    world.admission.apply(List.of(settings(Map.of(CHAT, waits(4)))));
    world.pass(SECOND);
    assertThat(call.refused().limit()).isEqualTo(Limit.MAX_WAIT);
  }

  @Test
  void aMeterThatIsNewIsFullAndCountsForThoseWhoWait() {
    world.ask(OTHER, 10_000);
    World.Call call = world.ask(CHAT, 1_000);
    List<Meter> meters =
        List.of(new Meter(Counts.TOTAL_TOKENS, 60_000, 10_000), new Meter(Counts.REQUESTS, 60, 5));
    world.admission.apply(List.of(World.pool(meters, world.pool.settings().quotas())));
    assertThat(world.view().meters().get(1).level()).isEqualTo(5);
    world.pass(SECOND);
    assertThat(call.isAdmitted()).isTrue();
    assertThat(world.view().meters().get(1).level()).isEqualTo(4);
  }

  @Test
  void aPoolThatIsGoneLetsEverybodyGoAndANewOneIsFull() {
    world.ask(OTHER, 10_000);
    World.Call waiting = world.ask(CHAT, 1_000);
    PoolSettings renamed =
        new PoolSettings(
            "new",
            world.pool.settings().meters(),
            Counting.PLAIN,
            Mode.ENFORCE,
            Map.of(),
            waits(1),
            1);
    world.admission.apply(List.of(renamed));
    assertThat(waiting.isAdmitted()).isTrue();
    assertThat(world.ask(DOCS, 50_000).isAdmitted()).as("also later").isTrue();
    waiting.settle(1, 1);
    assertThat(world.admission.pool("pool")).isNull();
    assertThat(world.admission.pools()).extracting(Pool::name).containsExactly("new");
    assertThatThrownBy(() -> world.admission.apply(List.of(renamed, renamed)))
        .hasMessage("Two pools are named \"new\". Rename one.");
  }

  @Test
  void whoUnderestimatesPaysFromItsOwnGuarantee() {
    World shared =
        new World(settings(Map.of(CHAT, World.guaranteed(30_000), DOCS, World.guaranteed(30_000))));
    shared.ask(DOCS, 100).settle(20_000, 0);
    assertThat(shared.level()).isEqualTo(-10_000);
    assertThat(shared.view(DOCS).guaranteedLevel())
        .as("5,000 saved, 20,000 used")
        .isEqualTo(-15_000);
    // Chat, within its guarantee, waits for the pool to make it up, and for nothing else.
    World.Call chat = shared.ask(CHAT, 5_000);
    World.Call docs = shared.ask(DOCS, 1_000);
    shared.pass(15 * SECOND);
    assertThat(chat.waitedNanos()).isEqualTo(15 * SECOND);
    // From then on chat has its guarantee, while docs pays its debt off with its own.
    long before = shared.view(CHAT).servedTokens();
    for (int i = 0; i < 100; i++) {
      shared.pass(SECOND);
      assertThat(shared.ask(CHAT, 500).isAdmitted()).isTrue();
    }
    assertThat(shared.view(CHAT).servedTokens() - before).isEqualTo(50_000);
    assertThat(docs.isAdmitted()).isTrue();
  }

  @Test
  void afterARequestLargerThanTheBucketAGuaranteeWaitsForItsExcessOnly() {
    World shared = new World(settings(Map.of(CHAT, World.guaranteed(30_000), DOCS, waits(60))));
    World.Call huge = shared.ask(DOCS, 12_000);
    assertThat(huge.isAdmitted()).as("the bucket is full").isTrue();
    World.Call chat = shared.ask(CHAT, 5_000);
    shared.pass(MINUTE);
    assertThat(chat.waitedNanos()).isEqualTo(7 * SECOND);
    assertThat(chat.waitedNanos()).isLessThan(12_000 * SECOND / 1_000);
  }

  @Test
  void whatAnIdleOwnerHasSavedIsNotLentAndWhatOverflowsIs() {
    World shared = new World(settings(Map.of(CHAT, World.guaranteed(30_000), DOCS, waits(0))));
    assertThat(shared.ask(DOCS, 5_000).isAdmitted()).isTrue();
    assertThat(shared.ask(DOCS, 1).isAdmitted()).isFalse();
    shared.pass(SECOND);
    assertThat(shared.ask(DOCS, 1_000).isAdmitted()).as("all of the rate").isTrue();
    assertThat(shared.ask(CHAT, 5_000).isAdmitted()).as("and the owner at once").isTrue();
    shared.pass(SECOND);
    assertThat(shared.ask(DOCS, 501).isAdmitted()).as("half is being saved again").isFalse();
    assertThat(shared.ask(DOCS, 500).isAdmitted()).isTrue();
  }

  @Test
  void whileThePoolIsShortTheOneThatHasSavedLongestGoesFirstAndNobodyPassesIt() {
    World shared =
        new World(settings(Map.of(CHAT, World.guaranteed(30_000), DOCS, World.guaranteed(20_000))));
    shared.ask(DOCS, 2_000);
    shared.pool.hear(
        new ProviderLimits(List.of(new ProviderLimits.Said(Counts.TOTAL_TOKENS, -1, 1_500))));
    World.Call chat = shared.ask(CHAT, 4_000);
    World.Call docs = shared.ask(DOCS, 1_000);
    assertThat(docs.isWaiting()).as("it would fit").isTrue();
    shared.pass(MINUTE);
    assertThat(chat.waitedNanos()).isEqualTo(2_500_000_000L);
    assertThat(docs.waitedNanos()).isEqualTo(3_500_000_000L);
  }

  /** Nothing is free: every bit of the bucket is somebody's. */
  @Test
  void whereAllIsSavedAStrangerTakesNoMoreThanThePoolHolds() {
    World shared =
        new World(settings(Map.of(CHAT, World.guaranteed(30_000), DOCS, World.guaranteed(30_000))));
    shared.ask(CHAT, 5_000);
    shared.ask(DOCS, 4_000);
    World.Call stranger = shared.ask(OTHER, 3_000);
    assertThat(stranger.isWaiting()).as("1,000 is in the pool").isTrue();
    shared.pass(2 * SECOND);
    assertThat(stranger.isAdmitted()).isTrue();
  }

  @Test
  void anAskerWhoseLoopHasEndedGivesItsTokensBack() {
    world.ask(OTHER, 10_000);
    world.pool.ask(
        CHAT,
        new Estimate(1_000, 0, -1),
        null,
        task -> {
          throw new RejectedExecutionException("the loop has ended");
        },
        decision -> {
          throw new AssertionError("told on no loop");
        });
    world.pass(SECOND);
    assertThat(world.view(CHAT).admitted()).isZero();
    assertThat(world.view().reservedTokens()).isEqualTo(10_000);
    assertThat(world.level()).isEqualTo(1_000);
  }

  @Test
  void aCallOnNoPoolSettlesOnceLikeAnyOther() {
    Reservation reservation = Admission.unlimited(new Estimate(7, 3, -1));
    assertThat(reservation.tokens()).isEqualTo(10);
    assertThat(reservation.standing().meters()).isEmpty();
    reservation.settle(Usage.NONE);
    assertThatThrownBy(() -> reservation.settle(Usage.NONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("settled twice");
    assertThatThrownBy(reservation::giveBack).isInstanceOf(IllegalStateException.class);
  }
}
