package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.identity.Claim.How;
import dev.sluice.core.identity.DedupeSettings.OnConcurrent;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Goal: what is promised of one holds when many ask at once. Method: real threads that ask for the
 * same, again and again.
 */
class CallIndexConcurrencyTest {

  private static final int THREADS = 4;
  private static final int QUESTIONS = 5_000;
  private static final CallScope SCOPE = new CallScope(new TeamId("chat"), 0);
  private static final Fingerprint ASKED = new Fingerprint(1, 2);
  private static final CallIdentity ANONYMOUS = new CallIdentity.Anonymous(SCOPE, ASKED);
  private static final CallIdentity RETRY = new CallIdentity.Retry(SCOPE, ASKED);

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final AtomicInteger ids = new AtomicInteger();
  private final CallIndex<String> calls =
      new CallIndex<>(() -> 0, Duration.ofSeconds(30), OnConcurrent.JOIN);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private Claim<String> claim(CallIdentity identity) {
    List<Claim<String>> heard = new ArrayList<>();
    calls.claim(
        identity,
        new CallId("req_" + ids.getAndIncrement()),
        ImmediateEventExecutor.INSTANCE,
        heard::add);
    return heard.getFirst();
  }

  private IndexedCall<String> opened(CallIdentity identity) {
    return ((Claim.Opened<String>) claim(identity)).call();
  }

  private <T> List<T> atOnce(Callable<T> what) throws Exception {
    CyclicBarrier start = new CyclicBarrier(THREADS);
    List<Future<T>> running = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      running.add(
          threads.submit(
              () -> {
                start.await();
                return what.call();
              }));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> one : running) {
      results.add(one.get());
    }
    return results;
  }

  private void releaseAll() {
    List.copyOf(calls.calls()).forEach(calls::release);
    assertThat(calls.size()).isZero();
    assertThat(calls.inFlight()).isZero();
  }

  private static CallIdentity anonymous(int question) {
    return new CallIdentity.Anonymous(SCOPE, new Fingerprint(3, question));
  }

  private static CallIdentity retry(int question) {
    return new CallIdentity.Retry(SCOPE, new Fingerprint(3, question));
  }

  private static CallIdentity named(int id) {
    return new CallIdentity.Named(SCOPE, ASKED, "id" + id);
  }

  /**
   * All threads claim the same at the same time, again and again; the answers, one by one. They
   * wait for each other awake: a barrier would wake them one after the other, and they never met.
   */
  @SuppressWarnings("ThreadPriorityCheck") // the answers do not depend on it, only the time does
  private List<List<Claim<String>>> claimedByAll(IntFunction<CallIdentity> what) throws Exception {
    AtomicInteger answers = new AtomicInteger();
    List<List<Claim<String>>> byThread =
        atOnce(
            () -> {
              List<Claim<String>> own = new ArrayList<>();
              for (int i = 0; i < QUESTIONS; i++) {
                while (answers.get() < i * THREADS) {
                  Thread.yield();
                }
                own.add(claim(what.apply(i)));
                answers.getAndIncrement();
              }
              return own;
            });
    List<List<Claim<String>>> byQuestion = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      int question = i;
      byQuestion.add(byThread.stream().map(own -> own.get(question)).toList());
    }
    return byQuestion;
  }

  private static int count(List<Claim<String>> claims, Predicate<Claim<String>> which) {
    return (int) claims.stream().filter(which).count();
  }

  private static boolean isOpened(Claim<String> claim) {
    return claim instanceof Claim.Opened;
  }

  @Test
  void aCallThatWasLeftIsAdoptedByExactlyOneOfMany() throws Exception {
    List<IndexedCall<String>> left = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      left.add(opened(anonymous(i)));
      calls.left(left.get(i));
    }
    List<List<Claim<String>>> claims = claimedByAll(i -> i % 2 == 0 ? anonymous(i) : retry(i));
    for (int i = 0; i < QUESTIONS; i++) {
      Claim<String> adopted = new Claim.Joined<>(left.get(i), How.ADOPTED);
      assertThat(count(claims.get(i), adopted::equals)).as("question %s", i).isEqualTo(1);
      assertThat(count(claims.get(i), CallIndexConcurrencyTest::isOpened)).isEqualTo(THREADS - 1);
    }
    releaseAll();
  }

  @Test
  void manyThatWereLeftAreEachAdoptedByOneOfMoreClaimants() throws Exception {
    int each = 10_000;
    int left = THREADS * each / 2;
    List<IndexedCall<String>> opened = new ArrayList<>();
    for (int i = 0; i < left; i++) {
      opened.add(opened(ANONYMOUS));
    }
    opened.forEach(calls::left);
    List<Claim<String>> claims = new ArrayList<>();
    for (List<Claim<String>> some :
        atOnce(
            () -> {
              List<Claim<String>> own = new ArrayList<>();
              for (int i = 0; i < each; i++) {
                own.add(claim(ANONYMOUS));
              }
              return own;
            })) {
      claims.addAll(some);
    }
    assertThat(count(claims, claim -> !isOpened(claim))).isEqualTo(left);
    assertThat(new HashSet<>(claims)).as("no call twice").hasSize(THREADS * each);
    releaseAll();
  }

  @Test
  void anIdIsOpenedByExactlyOneOfMany() throws Exception {
    List<List<Claim<String>>> claims = claimedByAll(CallIndexConcurrencyTest::named);
    for (int i = 0; i < QUESTIONS; i++) {
      IndexedCall<String> call = Objects.requireNonNull(calls.find(SCOPE, "id" + i));
      Claim<String> opened = new Claim.Opened<>(call);
      Claim<String> joined = new Claim.Joined<>(call, How.JOINED);
      assertThat(count(claims.get(i), opened::equals)).as("id %s", i).isEqualTo(1);
      assertThat(count(claims.get(i), joined::equals)).as("id %s", i).isEqualTo(THREADS - 1);
    }
    releaseAll();
  }

  @Test
  void aFailureIsTakenByExactlyOneRetry() throws Exception {
    for (int i = 0; i < QUESTIONS; i++) {
      IndexedCall<String> delivered = opened(anonymous(i));
      IndexedCall<String> failed = opened(anonymous(i));
      calls.finished(delivered, true);
      calls.failed(failed);
    }
    List<List<Claim<String>>> claims = claimedByAll(CallIndexConcurrencyTest::retry);
    for (int i = 0; i < QUESTIONS; i++) {
      assertThat(count(claims.get(i), CallIndexConcurrencyTest::isOpened))
          .as("question %s", i)
          .isEqualTo(1);
    }
  }

  /** Owners at work on calls that ask the same, while others adopt them. */
  @Test
  void nothingIsLostOrLeftWhenManyOwnersAreAtWork() throws Exception {
    AtomicInteger seeds = new AtomicInteger();
    CallIdentity named = new CallIdentity.Named(SCOPE, ASKED, "a");
    atOnce(
        () -> {
          Random random = new Random(seeds.getAndIncrement());
          List<IndexedCall<String>> own = new ArrayList<>();
          for (int i = 0; i < 20_000; i++) {
            CallIdentity identity =
                switch (random.nextInt(4)) {
                  case 0 -> named;
                  case 1 -> RETRY;
                  default -> ANONYMOUS;
                };
            if (own.size() < 8 && claim(identity) instanceof Claim.Opened<String>(var call)) {
              own.add(call);
            }
            if (!own.isEmpty()) {
              IndexedCall<String> call = own.get(random.nextInt(own.size()));
              switch (random.nextInt(5)) {
                case 0 -> calls.left(call);
                case 1 -> calls.attended(call);
                case 2 -> calls.finished(call, random.nextBoolean());
                default -> {
                  calls.release(call);
                  own.remove(call);
                }
              }
            }
            calls.hasAttendedEqual(identity);
          }
          own.forEach(calls::release);
          return own;
        });
    assertThat(calls.size()).isZero();
    assertThat(calls.inFlight()).isZero();
  }
}
