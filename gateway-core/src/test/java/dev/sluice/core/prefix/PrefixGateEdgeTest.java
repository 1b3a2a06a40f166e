package dev.sluice.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.usage.Usage;
import dev.sluice.core.prefix.GateWorld.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** Where chains overlap, answers are late, and counters say less than one would like. */
class PrefixGateEdgeTest {

  private static final long SECOND = GateWorld.SECOND;
  private static final Duration BOUND = Duration.ofSeconds(8);
  private static final Prefix SHARED = GateWorld.prefix(1, 8_000);
  private static final Prefix END = GateWorld.prefix(2, 20_000);
  private static final Usage ALL_WRITTEN = new Usage(10, 0, 20_000, 0, 0, 0, 5, 0);
  private static final Usage END_WRITTEN = new Usage(10, 8_000, 12_000, 0, 0, 0, 5, 0);
  private static final Usage ALL_READ = new Usage(10, 20_000, 0, 0, 0, 0, 5, 0);

  private final GateWorld world = new GateWorld(GateMode.ON, BOUND, 7);
  private final GateWorld watching = new GateWorld(GateMode.OBSERVE, BOUND, 7);

  private static Call warm(GateWorld in) {
    Call first = in.new Call(SHARED).enter().begins();
    first.ends(GateWorld.wrote(8_000));
    return first;
  }

  // What it means.

  @Test
  void anEndThatIsWrittenTwiceBehindAWarmBeginningIsWaste() {
    warm(watching);
    List<Call> herd = watching.herd(2, SHARED, END);
    assertThat(herd.getFirst().begins().ends(END_WRITTEN).kind()).isEqualTo(Finding.Kind.NOTHING);
    Finding wasted = herd.get(1).begins().ends(END_WRITTEN);
    assertThat(wasted.kind()).isEqualTo(Finding.Kind.WASTED);
    assertThat(wasted.tokens()).isEqualTo(12_000);
  }

  @Test
  void whoPassesByLeadsWhatNobodyElseWrites() {
    watching.new Call(SHARED).enter();
    Call passing = watching.new Call(SHARED, END).enter();
    assertThat(passing.pass.role()).isEqualTo(CacheRole.BYPASS);
    Call third = watching.new Call(SHARED, END).enter();
    passing.begins().ends(ALL_WRITTEN);
    assertThat(third.begins().ends(ALL_WRITTEN).tokens()).isEqualTo(20_000);
  }

  @Test
  void whoPassesByAndReadsAllTheSameWastesNothing() {
    List<Call> herd = watching.herd(2, SHARED);
    Finding finding = herd.get(1).begins().ends(GateWorld.read(8_000));
    assertThat(finding.kind()).isEqualTo(Finding.Kind.NOTHING);
  }

  @Test
  void whoTakesOverTheLeadHasSavedNothing() {
    warm(world);
    Call leader = world.new Call(SHARED, END).enter();
    Call next = world.new Call(SHARED, END).enter();
    leader.fails();
    world.runUntil(world.now + 1);
    assertThat(next.pass.role()).isEqualTo(CacheRole.LEADER);
    assertThat(next.begins().ends(END_WRITTEN).kind()).isEqualTo(Finding.Kind.NOTHING);
  }

  @Test
  void onlyWhatWasNotThereBeforeIsSavedByWaiting() {
    warm(world);
    List<Call> herd = world.herd(2, SHARED, END);
    herd.getFirst().begins().ends(END_WRITTEN);
    world.run();
    Finding saved = herd.get(1).begins().ends(ALL_READ);
    assertThat(saved.kind()).isEqualTo(Finding.Kind.SAVED);
    assertThat(saved.tokens()).isEqualTo(12_000);
  }

  @Test
  void whatWasReadOfALongerEntryIsNotTakenForTheShorter() {
    Prefix longest = GateWorld.prefix(3, 40_000);
    warm(world);
    // The provider has the middle one, from before the gateway was started.
    world.new Call(SHARED, END, longest)
        .enter()
        .begins()
        .ends(new Usage(10, 20_000, 20_000, 0, 0, 0, 5, 0));
    world.runUntil(world.now + 100 * SECOND);
    Call other = world.new Call(SHARED, GateWorld.prefix(4, 16_000)).enter().begins();
    Finding finding = other.ends(new Usage(10, 8_000, 8_000, 0, 0, 0, 5, 0));
    assertThat(finding.kind()).as("its beginning was read").isEqualTo(Finding.Kind.NOTHING);
    assertThat(world.gate.views(9)).extracting(PrefixView::evictions).containsOnly(0L);
  }

  // Who waits for whom.

  @Test
  void aDoubtAboutTheEndDoesNotOpenTheBeginning() {
    Call end = world.new Call(SHARED, END).enter().begins();
    Call beginning = world.new Call(SHARED).enter().begins();
    world.runUntil(world.now + 100 * SECOND);
    end.ends(GateWorld.read(0));
    beginning.ends(GateWorld.read(8_000));
    world.runUntil(world.now + GateWorld.LIFETIME - 50 * SECOND);
    List<Call> herd = world.herd(10, SHARED, END);
    assertThat(herd.stream().filter(Call::isWaiting)).hasSize(9);
    herd.getFirst().begins();
    world.run();
    assertThat(herd.stream().filter(Call::isWaiting)).isEmpty();
  }

  @Test
  void aRegisteredBeginningIsWaitedForThoughItsEndIsOnlyObserved() {
    watching.gate.register(SHARED, "model", "support", GateMode.ON);
    List<Call> herd = watching.herd(10, SHARED, END);
    assertThat(herd.stream().filter(Call::isWaiting)).hasSize(9);
    herd.getFirst().begins();
    watching.run();
    assertThat(herd.stream().filter(Call::isWaiting)).isEmpty();
  }

  @Test
  void anAnswerThatBeginsAfterItsEntryHasExpiredEndsNobodysLead() {
    Call first = world.new Call(SHARED).enter();
    Call late = world.new Call(SHARED).enter();
    world.runUntil(world.now + 9 * SECOND); // it has passed by
    first.fails();
    world.runUntil(world.now + GateWorld.LIFETIME + SECOND);
    List<Call> herd = world.herd(3, SHARED);
    late.begins();
    world.runUntil(world.now + SECOND);
    assertThat(herd.getFirst().pass.role()).isEqualTo(CacheRole.LEADER);
    assertThat(herd.get(1).isWaiting()).isTrue();
  }

  @Test
  void callsWhoseLoopHasEndedHandOnToThoseThatAreThere() {
    PrefixGate gate =
        new PrefixGate(
            new GateSettings(GateMode.ON, BOUND, 100),
            () -> world.now,
            (loop, _, step) -> loop.execute(step));
    Random random = new Random(1);
    Pass leader = gate.pass(List.of(SHARED), "m", random);
    assertThat(leader.enter()).isTrue();
    for (int i = 0; i < 10_000; i++) {
      Pass dead = gate.pass(List.of(SHARED), "m", random);
      assertThat(dead.enter()).isFalse();
      dead.await(
          _ -> {
            throw new RejectedExecutionException("ended");
          },
          () -> {
            throw new AssertionError("runs nowhere");
          });
    }
    Pass alive = gate.pass(List.of(SHARED), "m", random);
    assertThat(alive.enter()).isFalse();
    List<String> heard = new ArrayList<>();
    alive.await(Runnable::run, () -> heard.add("let go"));
    leader.ended(null);
    assertThat(heard).containsExactly("let go");
    alive.isReleased();
    assertThat(alive.enter()).isTrue();
    assertThat(alive.role()).isEqualTo(CacheRole.LEADER);
  }

  // Belief and bounds.

  @Test
  void underSteadyLoadNothingIsWrittenAgain() {
    ProviderCache cache = new ProviderCache(ProviderCache.Habit.COUNTS_WRITES);
    GateTraffic traffic =
        new GateTraffic(world, cache, new GateTraffic.Weather(0, 0, 0, 0.2, SECOND));
    for (long at = 0; at < 10 * GateWorld.LIFETIME; at += SECOND / 2) {
      world.in(at, () -> traffic.new Client(List.of(SHARED)));
    }
    world.run();
    assertThat(cache.writes).containsExactly(Map.entry(SHARED.id(), 1));
  }

  @Test
  void aLifetimeThatWasLearnedTooShortIsLearnedLongerAgain() {
    warm(world);
    world.runUntil(world.now + 60 * SECOND);
    warm(world); // written anew: it was gone after 60 s
    assertThat(world.gate.views(1).getFirst().lifetimeNanos()).isEqualTo(45 * SECOND);
    for (int i = 0; i < 10; i++) {
      long lives = world.gate.views(1).getFirst().lifetimeNanos();
      world.runUntil(world.now + Math.min(290 * SECOND, lives + lives / 5));
      world.new Call(SHARED).enter().begins().ends(GateWorld.read(8_000));
    }
    assertThat(world.gate.views(1).getFirst().lifetimeNanos()).isEqualTo(GateWorld.LIFETIME);
  }

  @Test
  void whereWritesAreNotCountedTwoMissesInARowAreADoubtAndAReadEndsIt() {
    Prefix uncounted = new Prefix(SHARED.id(), 32_000, 8_000, GateWorld.LIFETIME, false);
    Usage miss = new Usage(8_010, 0, 0, 0, 0, 0, 5, 0);
    Usage hit = new Usage(10, 7_936, 0, 0, 0, 0, 5, 0);
    world.new Call(uncounted).enter().begins().ends(miss);
    world.new Call(uncounted).enter().begins().ends(miss);
    world.new Call(uncounted).enter().begins().ends(hit);
    world.new Call(uncounted).enter().begins().ends(miss);
    assertThat(world.state()).isEqualTo("warm");
    world.new Call(uncounted).enter().begins().ends(miss);
    assertThat(world.state()).isEqualTo("suspect");
    world.new Call(uncounted).enter().begins().ends(hit);
    assertThat(world.state()).isEqualTo("warm");
  }

  @Test
  void whoHasLeftIsNotKeptWhileItsLeaderIsSlow() {
    Followers followers = Followers.NONE;
    Pass pass = world.new Call(SHARED).pass;
    for (int i = 0; i < 100_000; i++) {
      Waiter waiter = new Waiter(pass, Runnable::run, () -> {});
      followers = followers.and(waiter);
      assertThat(followers.inOrder()).hasSize(1);
      waiter.leave();
      assertThat(followers.size()).isLessThanOrEqualTo(65);
    }
  }

  @Test
  void tenThousandWhoWaitAreLetGoInTheOrderOfTheirGroups() {
    List<Call> herd = world.herd(10_000, SHARED);
    long begun = world.now;
    herd.getFirst().begins();
    world.run();
    long group = ReleaseRamp.GROUP;
    for (int i = 1; i < 10_000; i++) {
      long at = herd.get(i).releasedAt - begun;
      assertThat(at).isLessThanOrEqualTo(ReleaseRamp.LONGEST_NANOS);
      long next = i + group;
      if (next < 10_000) {
        assertThat(at).isLessThanOrEqualTo(herd.get((int) next).releasedAt - begun + 80_000);
      }
    }
  }

  @Test
  void aHundredThousandPrefixesAreKeptToTheBound() {
    for (int i = 0; i < 100_000; i++) {
      world.new Call(GateWorld.prefix(i, 2_000)).enter().begins().ends(GateWorld.wrote(2_000));
    }
    assertThat(world.gate.size()).isLessThanOrEqualTo(10_001);
    assertThat(world.gate.views(200_000)).hasSizeLessThanOrEqualTo(10_001);
  }
}
