package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.identity.Claim.How;
import dev.sluice.core.identity.Claim.Kind;
import dev.sluice.core.identity.DedupeSettings.OnConcurrent;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallIndexTest {

  private static final CallScope CHAT = new CallScope(new TeamId("chat"), 0);
  private static final CallScope BATCH = new CallScope(new TeamId("batch"), 0);
  private static final Fingerprint ASKED = new Fingerprint(1, 2);
  private static final Fingerprint OTHER = new Fingerprint(1, 3);

  private long nanos = Long.MAX_VALUE - 5; // a monotonic clock may wrap
  private int ids;
  private CallIndex<String> calls = index(OnConcurrent.JOIN, Duration.ofSeconds(30));

  private CallIndex<String> index(OnConcurrent onConcurrent, Duration window) {
    return new CallIndex<>(() -> nanos, window, onConcurrent);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private Claim<String> claim(CallIdentity identity) {
    List<Claim<String>> heard = new ArrayList<>();
    calls.claim(identity, new CallId("req_" + ids++), ImmediateEventExecutor.INSTANCE, heard::add);
    assertThat(heard).as("heard once, at once").hasSize(1);
    return heard.getFirst();
  }

  private IndexedCall<String> opened(CallIdentity identity) {
    Claim<String> claim = claim(identity);
    assertThat(claim).isInstanceOf(Claim.Opened.class);
    return ((Claim.Opened<String>) claim).call();
  }

  private static CallIdentity named(String id) {
    return new CallIdentity.Named(CHAT, ASKED, id);
  }

  private static CallIdentity anonymous() {
    return new CallIdentity.Anonymous(CHAT, ASKED);
  }

  private static CallIdentity retry() {
    return new CallIdentity.Retry(CHAT, ASKED);
  }

  private void isJoined(Claim<String> claim, IndexedCall<String> call, How how) {
    assertThat(claim).isEqualTo(new Claim.Joined<>(call, how));
  }

  /** Whatever a test did: when all is released and old failures are past, nothing is left. */
  @AfterEach
  void nothingIsKept() {
    List.copyOf(calls.calls()).forEach(calls::release);
    pass(Duration.ofSeconds(61));
    IndexedCall<String> last = opened(new CallIdentity.Anonymous(BATCH, new Fingerprint(9, 9)));
    calls.release(last);
    assertThat(calls.size()).isZero();
    assertThat(calls.inFlight()).isZero();
  }

  // Named.

  @Test
  void aSecondRequestWithTheSameIdJoinsTheCallInFlight() {
    IndexedCall<String> call = opened(named("a"));
    isJoined(claim(named("a")), call, How.JOINED);
    opened(named("b"));
  }

  @Test
  void aFinishedCallIsReplayedToItsIdUntilItIsReleased() {
    IndexedCall<String> call = opened(named("a"));
    calls.finished(call, true);
    pass(Duration.ofHours(1));
    isJoined(claim(named("a")), call, How.REPLAYED);
    calls.release(call);
    assertThat(opened(named("a"))).isNotSameAs(call);
  }

  @Test
  void theSameIdWithAnotherBodyIsAConflict() {
    IndexedCall<String> call = opened(named("a"));
    CallIdentity other = new CallIdentity.Named(CHAT, OTHER, "a");
    assertThat(claim(other)).isEqualTo(new Claim.Conflict<>(Kind.OTHER_BODY));
    calls.finished(call, true);
    assertThat(claim(other)).isEqualTo(new Claim.Conflict<>(Kind.OTHER_BODY));
    calls.release(call);
    opened(other);
  }

  @Test
  void aConcurrentRequestIsRefusedWhereTheSettingsSaySoButNeverTheReconnect() {
    calls = index(OnConcurrent.REFUSE, Duration.ofSeconds(30));
    IndexedCall<String> call = opened(named("a"));
    assertThat(claim(named("a"))).isEqualTo(new Claim.Conflict<>(Kind.IN_FLIGHT));
    assertThat(claim(new CallIdentity.Named(CHAT, OTHER, "a")))
        .isEqualTo(new Claim.Conflict<>(Kind.OTHER_BODY));
    calls.left(call);
    isJoined(claim(named("a")), call, How.JOINED);
    assertThat(claim(named("a"))).isEqualTo(new Claim.Conflict<>(Kind.IN_FLIGHT));
    calls.finished(call, true);
    isJoined(claim(named("a")), call, How.REPLAYED);
  }

  @Test
  void anIdThatFailedUnpaidIsFree() {
    IndexedCall<String> call = opened(named("a"));
    calls.failed(call);
    assertThat(opened(named("a"))).isNotSameAs(call);
  }

  @Test
  void whatHasAnIdIsFoundByNothingElse() {
    IndexedCall<String> call = opened(named("a"));
    calls.left(call);
    opened(anonymous());
    opened(retry());
    calls.finished(call, true);
    opened(retry());
  }

  @Test
  void whatHasNoIdIsNotFoundByOne() {
    calls.left(opened(anonymous()));
    opened(named("a"));
  }

  @Test
  void longIdsAreFoundAgain() {
    String id = "x".repeat(20_000);
    IndexedCall<String> call = opened(named(id));
    isJoined(claim(named(id)), call, How.JOINED);
    assertThat(calls.find(CHAT, id)).isSameAs(call);
    opened(named(id + "y"));
  }

  // Scope.

  @Test
  void nobodyFindsTheCallOfAnotherScope() {
    IndexedCall<String> call = opened(named("a"));
    IndexedCall<String> unnamed = opened(anonymous());
    calls.left(unnamed);
    for (CallScope other : List.of(BATCH, new CallScope(CHAT.team(), 7))) {
      opened(new CallIdentity.Named(other, ASKED, "a"));
      opened(new CallIdentity.Anonymous(other, ASKED));
      opened(new CallIdentity.Retry(other, ASKED));
      assertThat(calls.find(other, "a")).isNotSameAs(call);
    }
    isJoined(claim(anonymous()), unnamed, How.ADOPTED);
  }

  // Anonymous.

  @Test
  void twoClientsThatAreThereAreTwoCalls() {
    opened(anonymous());
    opened(anonymous());
    calls.finished(opened(anonymous()), true);
    opened(anonymous());
  }

  @Test
  void aCallWhoseClientLeftIsAdoptedByOne() {
    IndexedCall<String> call = opened(anonymous());
    calls.left(call);
    assertThat(call.isAttended()).isFalse();
    isJoined(claim(anonymous()), call, How.ADOPTED);
    assertThat(call.isAttended()).isTrue();
    opened(anonymous());
    opened(retry());
  }

  @Test
  void itIsAdoptedWithinTheWindowOnly() {
    calls.left(opened(anonymous()));
    pass(Duration.ofSeconds(30));
    opened(anonymous());
    IndexedCall<String> later = opened(anonymous());
    calls.left(later);
    pass(Duration.ofSeconds(30).minusNanos(1));
    isJoined(claim(anonymous()), later, How.ADOPTED);
  }

  @Test
  void aWindowOfZeroNeverAdopts() {
    calls = index(OnConcurrent.JOIN, Duration.ZERO);
    calls.left(opened(anonymous()));
    opened(anonymous());
  }

  @Test
  void theOneThatWaitedLongestIsAdoptedFirst() {
    List<IndexedCall<String>> left = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      left.add(opened(anonymous()));
    }
    for (IndexedCall<String> call : left.reversed()) {
      calls.left(call);
      pass(Duration.ofSeconds(8));
    }
    // The first to be left is 32 s ago.
    isJoined(claim(anonymous()), left.get(2), How.ADOPTED);
    isJoined(claim(retry()), left.get(3), How.ADOPTED);
    isJoined(claim(retry()), left.get(1), How.ADOPTED);
    isJoined(claim(anonymous()), left.get(0), How.ADOPTED);
    opened(anonymous());
  }

  @Test
  void itIsAdoptedWhetherOrNotTheProviderIsDone() {
    IndexedCall<String> call = opened(anonymous());
    calls.left(call);
    calls.finished(call, false);
    isJoined(claim(anonymous()), call, How.ADOPTED);
    calls.finished(call, true);
    opened(anonymous());
    calls.left(call); // the connection was reset after the end
    isJoined(claim(anonymous()), call, How.ADOPTED);
    calls.left(call);
    isJoined(claim(anonymous()), call, How.ADOPTED);
  }

  @Test
  void aClientThatIsBackKeepsItsCall() {
    IndexedCall<String> call = opened(anonymous());
    calls.left(call);
    calls.attended(call);
    opened(anonymous());
    opened(retry());
  }

  @Test
  void aReleasedCallIsNotAdopted() {
    IndexedCall<String> call = opened(anonymous());
    calls.left(call);
    calls.release(call);
    opened(anonymous());
    opened(retry());
  }

  // Retry.

  @Test
  void aRetryAdoptsHoweverLongAgoTheClientLeft() {
    IndexedCall<String> call = opened(anonymous());
    calls.left(call);
    pass(Duration.ofHours(2));
    opened(anonymous());
    isJoined(claim(retry()), call, How.ADOPTED);
  }

  @Test
  void aRetryGetsWhatWasDeliveredLast() {
    IndexedCall<String> first = opened(anonymous());
    IndexedCall<String> second = opened(anonymous());
    calls.finished(second, true);
    calls.finished(first, true);
    isJoined(claim(retry()), first, How.REPLAYED);
    isJoined(claim(retry()), first, How.REPLAYED);
    calls.release(first);
    isJoined(claim(retry()), second, How.REPLAYED);
    calls.release(second);
    opened(retry());
  }

  @Test
  void aRetryIsNoPartOfACallWhoseClientIsThere() {
    IndexedCall<String> call = opened(anonymous());
    opened(retry());
    calls.finished(call, false); // its client still reads
    opened(retry());
  }

  @Test
  void aRetryOfAFailedAttemptIsARealOneAndOnlyThat() {
    IndexedCall<String> delivered = opened(anonymous());
    calls.finished(delivered, true);
    calls.failed(opened(anonymous()));
    opened(retry());
    isJoined(claim(retry()), delivered, How.REPLAYED);
  }

  @Test
  void aFailureIsRememberedForAMinute() {
    IndexedCall<String> delivered = opened(anonymous());
    calls.finished(delivered, true);
    calls.failed(opened(anonymous()));
    calls.failed(opened(anonymous()));
    pass(Duration.ofSeconds(60).minusNanos(1));
    opened(retry());
    pass(Duration.ofNanos(1));
    isJoined(claim(retry()), delivered, How.REPLAYED);
  }

  @Test
  void aCallThatWasLeftGoesBeforeAFailureAndLeavesItForTheNext() {
    IndexedCall<String> left = opened(anonymous());
    IndexedCall<String> failed = opened(anonymous());
    IndexedCall<String> delivered = opened(anonymous());
    calls.finished(delivered, true);
    calls.failed(failed);
    calls.left(left);
    isJoined(claim(retry()), left, How.ADOPTED);
    opened(retry());
    isJoined(claim(retry()), delivered, How.REPLAYED);
  }

  @Test
  void failuresAreForgottenAlsoWhenNobodyAsksAgain() {
    for (int i = 0; i < 1_000; i++) {
      calls.failed(opened(new CallIdentity.Anonymous(CHAT, new Fingerprint(5, i))));
    }
    assertThat(calls.size()).isEqualTo(2_000);
    pass(Duration.ofSeconds(60));
    calls.failed(opened(anonymous()));
    assertThat(calls.size()).isEqualTo(2);
  }

  @Test
  void failuresAreBoundedInNumber() {
    for (int i = 0; i < CallIndex.FAILED_MAX + 1_000; i++) {
      calls.failed(opened(anonymous()));
    }
    assertThat(calls.size()).isEqualTo(CallIndex.FAILED_MAX + 1);
    opened(retry());
  }

  // Pending closes.

  @Test
  void onlyAnEqualCallWhoseClientWaitsIsWorthLookingForPendingCloses() {
    assertThat(calls.hasAttendedEqual(anonymous())).isFalse();
    IndexedCall<String> call = opened(anonymous());
    assertThat(calls.hasAttendedEqual(anonymous())).isTrue();
    assertThat(calls.hasAttendedEqual(retry())).isTrue();
    assertThat(calls.hasAttendedEqual(new CallIdentity.Anonymous(BATCH, ASKED))).isFalse();
    assertThat(calls.hasAttendedEqual(new CallIdentity.Anonymous(CHAT, OTHER))).isFalse();
    assertThat(calls.hasAttendedEqual(named("a"))).isFalse();
    calls.left(call);
    assertThat(calls.hasAttendedEqual(anonymous())).isFalse();
    calls.attended(call);
    assertThat(calls.hasAttendedEqual(anonymous())).isTrue();
    calls.finished(call, true);
    assertThat(calls.hasAttendedEqual(anonymous())).isFalse();
  }

  @Test
  void forAnIdThatMattersOnlyWhereASecondRequestWouldBeRefused() {
    opened(named("a"));
    assertThat(calls.hasAttendedEqual(named("a"))).isFalse();
    List.copyOf(calls.calls()).forEach(calls::release);
    calls = index(OnConcurrent.REFUSE, Duration.ZERO);
    IndexedCall<String> call = opened(named("a"));
    assertThat(calls.hasAttendedEqual(named("a"))).isTrue();
    calls.left(call);
    assertThat(calls.hasAttendedEqual(named("a"))).isFalse();
    calls.attended(call);
    calls.finished(call, true);
    assertThat(calls.hasAttendedEqual(named("a"))).isFalse();
  }

  // Owners, and looking on.

  @Test
  void aCallThatIsHeldAloneIsCountedAndSeenButNeverJoined() {
    IndexedCall<String> call =
        calls.openAlone(CHAT, new CallId("req_x"), ImmediateEventExecutor.INSTANCE);
    assertThat(calls.inFlight()).isEqualTo(1);
    assertThat(calls.find("req_x")).isSameAs(call);
    assertThat(calls.calls()).containsExactly(call);
    calls.left(call);
    opened(new CallIdentity.Anonymous(CHAT, Fingerprint.NONE));
    opened(new CallIdentity.Retry(CHAT, Fingerprint.NONE));
    calls.finished(call, true);
    assertThat(calls.inFlight()).isEqualTo(2);
    calls.failed(call);
    assertThat(calls.find("req_x")).isNull();
  }

  @Test
  void aCallIsFoundByBothItsNames() {
    IndexedCall<String> call = opened(named("a"));
    assertThat(calls.find(call.id().text())).isSameAs(call);
    assertThat(calls.find(CHAT, "a")).isSameAs(call);
    assertThat(calls.find(BATCH, "a")).isNull();
    calls.release(call);
    assertThat(calls.find(call.id().text())).isNull();
    assertThat(calls.find(CHAT, "a")).isNull();
  }

  @Test
  void anEndedCallIsPastEverythingItsOwnerSays() {
    for (CallIdentity identity : List.of(anonymous(), named("a"))) {
      IndexedCall<String> ended = opened(identity);
      calls.failed(ended);
      IndexedCall<String> next = opened(identity);
      calls.release(ended);
      calls.failed(ended);
      calls.left(ended);
      calls.attended(ended);
      calls.finished(ended, true);
      assertThat(calls.inFlight()).isEqualTo(1);
      assertThat(calls.calls()).containsExactly(next);
      calls.release(next);
    }
  }

  @Test
  void whatIsHeldGoesWithTheCall() {
    IndexedCall<String> call = opened(named("a"));
    assertThat(call.held()).isNull();
    call.hold("exchange");
    assertThat(call.held()).isEqualTo("exchange");
    calls.release(call);
    assertThat(call.held()).isNull();
  }

  @Test
  void aCallThatNobodyCouldTakeUpIsNotLeftInTheWay() {
    assertThatThrownBy(
            () ->
                calls.claim(
                    named("a"),
                    new CallId("req_x"),
                    ImmediateEventExecutor.INSTANCE,
                    _ -> {
                      throw new IllegalStateException("no memory");
                    }))
        .hasMessage("no memory");
    opened(named("a"));
  }

  @Test
  void callsInFlightAreCountedOnce() {
    IndexedCall<String> finished = opened(anonymous());
    IndexedCall<String> failed = opened(anonymous());
    IndexedCall<String> released = opened(named("a"));
    opened(named("b"));
    assertThat(calls.inFlight()).isEqualTo(4);
    calls.finished(finished, false);
    calls.finished(finished, true);
    calls.release(finished);
    calls.failed(failed);
    calls.release(failed);
    calls.release(released);
    assertThat(calls.inFlight()).isEqualTo(1);
  }

  // Scale.

  private static final int MANY = 100_000;

  /** What the thread may have used at most; beyond it a life is given up. */
  private long cpuNanosMax;

  /**
   * Goal: a hundred thousand equal calls are no harder than as many different ones. Method: the
   * thread's CPU time for the one as a ratio to the other, in the same run; a walk through the
   * equal ones would make it hundreds.
   */
  @Test
  void aHundredThousandEqualCallsCostWhatAsManyDifferentOnesDo() {
    cpuNanosMax = Long.MAX_VALUE;
    long from = cpuNanos();
    live(i -> new Fingerprint((i * 0x9E3779B97F4A7C15L) >>> 3, i));
    long different = cpuNanos() - from;
    cpuNanosMax = cpuNanos() + 20 * different;
    live(_ -> ASKED);
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private void each(List<IndexedCall<String>> all, Consumer<IndexedCall<String>> what) {
    for (int i = 0; i < all.size(); i++) {
      what.accept(all.get(i));
      if (i % 1_000 == 0) {
        assertThat(cpuNanos())
            .as("CPU time, 20 times that of different calls")
            .isLessThan(cpuNanosMax);
      }
    }
  }

  private void live(IntFunction<Fingerprint> asked) {
    List<IndexedCall<String>> all = new ArrayList<>(MANY);
    for (int i = 0; i < MANY; i++) {
      all.add(opened(new CallIdentity.Anonymous(CHAT, asked.apply(i))));
    }
    Collections.shuffle(all, new Random(1));
    each(all, calls::left);
    Collections.shuffle(all, new Random(2));
    each(
        all,
        call -> {
          calls.attended(call);
          calls.finished(call, true);
        });
    pass(Duration.ofSeconds(40));
    each(all, calls::left);
    pass(Duration.ofSeconds(40)); // all too old: passed over once, not each time
    List<IndexedCall<String>> more = new ArrayList<>(MANY);
    for (int i = 0; i < MANY; i++) {
      more.add(opened(new CallIdentity.Anonymous(CHAT, asked.apply(i))));
    }
    each(more, call -> assertThat(calls.hasAttendedEqual(call.identity())).isTrue());
    all.addAll(more);
    Collections.shuffle(all, new Random(3));
    each(all, calls::release);
    assertThat(calls.size()).isZero();
  }
}
