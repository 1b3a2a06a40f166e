package dev.sluice.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.prefix.GateWorld.Call;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrefixGateTest {

  private static final Prefix SHARED = GateWorld.prefix(1, 14_000);

  private final GateWorld world = new GateWorld(GateMode.ON, Duration.ofSeconds(8), 7);

  @Test
  void theFirstLeadsAndTheOthersWaitUntilItsAnswerBegins() {
    List<Call> herd = world.herd(1_000, SHARED);
    assertThat(herd.getFirst().pass.role()).isEqualTo(CacheRole.LEADER);
    assertThat(herd.stream().filter(Call::isWaiting)).hasSize(999);

    world.runUntil(world.now + 700 * GateWorld.MILLI);
    long begun = world.now;
    herd.getFirst().begins();
    world.runUntil(begun + ReleaseRamp.LONGEST_NANOS);

    assertThat(herd.stream().filter(Call::isWaiting)).isEmpty();
    assertThat(herd.subList(1, 1_000))
        .allSatisfy(call -> assertThat(call.pass.role()).isEqualTo(CacheRole.FOLLOWER))
        .allSatisfy(call -> assertThat(call.releasedAt - begun).isLessThan(50_000_001L))
        .allSatisfy(call -> assertThat(call.timesReleased).isEqualTo(1));
  }

  @Test
  void aHerdIsNotLetGoAtOneMoment() {
    List<Call> herd = world.herd(1_000, SHARED);
    herd.getFirst().begins();
    world.run();
    assertThat(herd.stream().map(call -> call.releasedAt).distinct().count()).isGreaterThan(900);
  }

  @Test
  void whoeverComesAfterwardsPassesAtOnce() {
    world.new Call(SHARED).enter().begins();
    Call next = world.new Call(SHARED).enter();
    assertThat(next.isWaiting()).isFalse();
    assertThat(next.pass.role()).isEqualTo(CacheRole.WARM);
  }

  @Test
  void whenTheLeaderFailsTheNextLeadsAndNobodyElseIsLetGo() {
    List<Call> herd = world.herd(20, SHARED);
    herd.getFirst().fails();
    world.runUntil(world.now + 1);
    assertThat(herd.get(1).pass.role()).isEqualTo(CacheRole.LEADER);
    assertThat(herd.stream().filter(Call::isWaiting)).hasSize(18);
    herd.get(1).begins();
    world.run();
    assertThat(herd.stream().filter(Call::isWaiting)).isEmpty();
  }

  @Test
  void aRefusedLeaderIsNoneEither() {
    List<Call> herd = world.herd(3, SHARED);
    herd.getFirst().pass.answerBegan(429, world.now);
    world.runUntil(world.now + 1);
    assertThat(herd.get(1).pass.role()).isEqualTo(CacheRole.LEADER);
    assertThat(herd.get(2).isWaiting()).isTrue();
  }

  @Test
  void whoHasLeftIsNotMadeTheNext() {
    List<Call> herd = world.herd(4, SHARED);
    herd.get(1).fails();
    herd.getFirst().fails();
    world.runUntil(world.now + 1);
    assertThat(herd.get(2).pass.role()).isEqualTo(CacheRole.LEADER);
  }

  @Test
  void whoLeavesBetweenBeingMadeTheNextAndHearingOfItHandsOn() {
    List<Call> herd = world.herd(4, SHARED);
    herd.getFirst().fails(); // the second is to lead, and has not heard yet
    herd.get(1).fails();
    world.runUntil(world.now + 1);
    assertThat(herd.get(2).pass.role()).isEqualTo(CacheRole.LEADER);
  }

  @Test
  void nobodyWaitsLongerThanTheBound() {
    List<Call> herd = world.herd(50, SHARED);
    long start = world.now;
    world.run();
    assertThat(herd.subList(1, 50))
        .allSatisfy(call -> assertThat(call.releasedAt - start).isEqualTo(8 * GateWorld.SECOND))
        .allSatisfy(call -> assertThat(call.pass.role()).isEqualTo(CacheRole.BYPASS));
  }

  @Test
  void theBoundIsThreeTimesWhatAnswersThatWriteTakeToBegin() {
    for (int i = 0; i < 20; i++) {
      Call leader = world.new Call(GateWorld.prefix(100 + i, 10_000)).enter();
      world.runUntil(world.now + 500 * GateWorld.MILLI);
      leader.begins();
    }
    List<Call> herd = world.herd(2, SHARED);
    long start = world.now;
    world.run();
    assertThat(herd.get(1).releasedAt - start).isEqualTo(1_500 * GateWorld.MILLI);
    List<Call> longer = world.herd(2, GateWorld.prefix(2, 100_000));
    long longStart = world.now;
    world.run();
    assertThat(longer.get(1).releasedAt - longStart)
        .as("of prefixes that long nothing is known")
        .isEqualTo(8 * GateWorld.SECOND);
  }

  @Test
  void theSharedBeginningOfDifferentConversationsIsWrittenOnce() {
    Call first = world.new Call(SHARED, GateWorld.prefix(2, 15_000)).enter();
    Call second = world.new Call(SHARED, GateWorld.prefix(3, 15_000)).enter();
    assertThat(second.isWaiting()).isTrue();
    first.begins();
    world.run();
    assertThat(second.isWaiting()).isFalse();
    assertThat(second.pass.role()).isEqualTo(CacheRole.FOLLOWER);
    Call third = world.new Call(SHARED, GateWorld.prefix(3, 15_000)).enter();
    assertThat(third.isWaiting()).as("its own conversation is being written").isTrue();
  }

  @Test
  void anExpiredEntryIsWrittenByOneAgain() {
    world.new Call(SHARED).enter().begins();
    world.runUntil(world.now + GateWorld.LIFETIME + GateWorld.SECOND);
    List<Call> herd = world.herd(100, SHARED);
    assertThat(herd.stream().filter(Call::isWaiting)).hasSize(99);
  }

  @Test
  void readsKeepItWarm() {
    world.new Call(SHARED).enter().begins();
    for (int i = 0; i < 10; i++) {
      world.runUntil(world.now + 200 * GateWorld.SECOND);
      Call call = world.new Call(SHARED).enter();
      assertThat(call.pass.role()).isEqualTo(CacheRole.WARM);
      call.begins();
    }
  }

  @Test
  void atTheEdgeOfExpiryOneRenewsAndTheOthersWaitForIt() {
    Call first = world.new Call(SHARED).enter();
    long until = world.now + GateWorld.LIFETIME;
    first.begins();
    world.runUntil(until - 100 * GateWorld.MILLI);
    List<Call> herd = world.herd(1_000, SHARED);
    assertThat(herd.stream().filter(Call::isWaiting)).hasSize(999);
    herd.getFirst().begins();
    world.run();
    assertThat(herd.stream().filter(Call::isWaiting)).isEmpty();
  }

  @Test
  void whatWasGoneBeforeItsTimeIsBelievedForLess() {
    world.new Call(SHARED).enter().begins().ends(GateWorld.wrote(14_000));
    world.runUntil(world.now + 200 * GateWorld.SECOND);
    Call evicted = world.new Call(SHARED).enter().begins();
    Finding finding = evicted.ends(GateWorld.wrote(14_000));
    assertThat(finding.kind()).isEqualTo(Finding.Kind.WASTED);
    assertThat(finding.tokens()).isEqualTo(14_000);
    world.runUntil(world.now + 160 * GateWorld.SECOND);
    assertThat(world.herd(2, SHARED).get(1).isWaiting()).as("cold after 150 s").isTrue();
  }

  @Test
  void whatIsNeverCachedIsNotWaitedForAgain() {
    world.new Call(SHARED).enter().begins().ends(GateWorld.read(0));
    assertThat(world.state()).isEqualTo("suspect");
    List<Call> herd = world.herd(10, SHARED);
    assertThat(herd.stream().filter(Call::isWaiting)).isEmpty();
    assertThat(herd.getFirst().pass.role()).isEqualTo(CacheRole.BYPASS);
  }

  @Test
  void aReadTakesTheDoubtAway() {
    world.new Call(SHARED).enter().begins().ends(GateWorld.read(0));
    world.new Call(SHARED).enter().begins().ends(GateWorld.read(14_000));
    assertThat(world.state()).isEqualTo("warm");
  }

  @Test
  void aFollowersReadIsWhatWaitingSaved() {
    List<Call> herd = world.herd(2, SHARED);
    herd.getFirst().begins();
    world.run();
    Finding finding = herd.get(1).begins().ends(GateWorld.read(14_000));
    assertThat(finding.kind()).isEqualTo(Finding.Kind.SAVED);
    assertThat(finding.tokens()).isEqualTo(14_000);
    finding.worth(80);
    assertThat(world.gate.views(1).getFirst().saved()).isEqualTo(80);
  }

  @Test
  void observingLetsAllPassAndSaysWhatThatWastes() {
    GateWorld watching = new GateWorld(GateMode.OBSERVE, Duration.ofSeconds(8), 7);
    List<Call> herd = watching.herd(10, SHARED);
    assertThat(herd.stream().filter(Call::isWaiting)).isEmpty();
    assertThat(herd.getFirst().pass.role()).isEqualTo(CacheRole.LEADER);
    assertThat(herd.get(9).pass.role()).isEqualTo(CacheRole.BYPASS);
    assertThat(herd.getFirst().begins().ends(GateWorld.wrote(14_000)).kind())
        .isEqualTo(Finding.Kind.NOTHING);
    Finding wasted = herd.get(9).begins().ends(GateWorld.wrote(14_000));
    assertThat(wasted.kind()).isEqualTo(Finding.Kind.WASTED);
    assertThat(wasted.tokens()).isEqualTo(14_000);
  }

  @Test
  void aPrefixThatIsRegisteredHasItsOwnMode() {
    GateWorld watching = new GateWorld(GateMode.OBSERVE, Duration.ofSeconds(8), 7);
    watching.gate.register(SHARED, "model", "support", GateMode.ON);
    assertThat(watching.herd(2, SHARED).get(1).isWaiting()).isTrue();
    watching.gate.unregister(SHARED.id());
    assertThat(watching.herd(2, SHARED).get(1).isWaiting()).isFalse();
  }

  @Test
  void aLeaderIsAwaitedOnlyWhileSomebodyWaits() {
    List<Call> herd = world.herd(2, SHARED);
    assertThat(herd.getFirst().pass.isAwaited()).isTrue();
    herd.get(1).fails();
    assertThat(herd.getFirst().pass.isAwaited()).isFalse();
  }

  @Test
  void howManyPrefixesThereAreNeverExceedsTheBound() {
    for (int i = 0; i < 30_000; i++) {
      world.new Call(GateWorld.prefix(i, 2_000)).enter().fails();
    }
    assertThat(world.gate.size()).isLessThanOrEqualTo(10_001);
  }
}
