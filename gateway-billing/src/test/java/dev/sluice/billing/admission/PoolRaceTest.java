package dev.sluice.billing.admission;

import static dev.sluice.billing.admission.World.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/**
 * A thousand threads on one pool whose clock stands still: then what may be admitted is known to
 * the token, whatever the order.
 */
class PoolRaceTest {

  private static final int THREADS = 1_000;
  private static final int ASKS_EACH = 40;
  private static final long BURST = 1_000_000;

  private record Due(long at, Runnable what) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return Long.compare(at, other.at);
    }
  }

  private static final class Stopped {
    final AtomicLong now = new AtomicLong(1);
    final PriorityBlockingQueue<Due> alarms = new PriorityBlockingQueue<>();
    final Pool pool;

    Stopped(PoolSettings settings) {
      Admission admission =
          new Admission(List.of(settings), now::get, (at, what) -> alarms.add(new Due(at, what)));
      pool = admission.pools().getFirst();
    }

    PoolView view() throws Exception {
      CompletableFuture<PoolView> seen = new CompletableFuture<>();
      pool.view(Runnable::run, seen::complete);
      return seen.get(10, TimeUnit.SECONDS);
    }

    long level() throws Exception {
      return view().meters().getFirst().level();
    }
  }

  private static TeamId team(int thread) {
    return new TeamId("team-" + thread % 7);
  }

  private static void together(IntConsumer what) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    ConcurrentLinkedQueue<Throwable> failed = new ConcurrentLinkedQueue<>();
    for (int t = 0; t < THREADS; t++) {
      int thread = t;
      threads.add(
          Thread.ofVirtual()
              .uncaughtExceptionHandler((which, failure) -> failed.add(failure))
              .start(
                  () -> {
                    try {
                      go.await();
                    } catch (InterruptedException e) {
                      throw new AssertionError(e);
                    }
                    what.accept(thread);
                  }));
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join(Duration.ofSeconds(20));
    }
    assertThat(failed).isEmpty();
  }

  @Test
  void aThousandThreadsAreAdmittedNotOneTokenTooManyAndEachIsAnsweredOnce() throws Exception {
    // Nothing waits: each ask is admitted or refused.
    PoolSettings settings =
        new PoolSettings(
            "pool",
            World.pool(60_000, BURST, Map.of()).meters(),
            Counting.PLAIN,
            Mode.ENFORCE,
            Map.of(team(0), World.guaranteed(6_000), team(1), World.guaranteed(12_000)),
            Quota.borrowing(Duration.ZERO),
            0);
    Stopped stopped = new Stopped(settings);
    AtomicInteger[] answers = new AtomicInteger[THREADS * ASKS_EACH];
    // Held all the time, so that refunds are exact: see Headroom, which is coarse near the brim.
    long first = BURST / 5;
    stopped.pool.ask(team(2), new Estimate(first, 0, -1), null, Runnable::run, decision -> {});
    AtomicLong held = new AtomicLong(first);
    AtomicLong used = new AtomicLong(first);
    CountDownLatch all = new CountDownLatch(answers.length);
    try (ExecutorService loop = Executors.newSingleThreadExecutor()) {
      together(
          thread -> {
            SplittableRandom random = new SplittableRandom(thread);
            for (int i = 0; i < ASKS_EACH; i++) {
              int ask = thread * ASKS_EACH + i;
              answers[ask] = new AtomicInteger();
              long tokens = 1 + random.nextLong(200);
              int after = random.nextInt(4);
              stopped.pool.mayGoNow(team(thread), new Estimate(tokens, 0, -1));
              stopped.pool.ask(
                  team(thread),
                  new Estimate(tokens, 0, -1),
                  null,
                  loop,
                  decision -> {
                    answers[ask].incrementAndGet();
                    if (decision instanceof Decision.Admitted admitted) {
                      Reservation reservation = admitted.reservation();
                      switch (after) {
                        case 0 -> reservation.giveBack();
                        case 1 -> {
                          reservation.settle(new Usage(tokens / 2, 0, 0, 0, 0, 0, 0, 0));
                          used.addAndGet(tokens / 2);
                        }
                        default -> {
                          held.addAndGet(tokens);
                          used.addAndGet(tokens);
                        }
                      }
                    }
                    all.countDown();
                  });
            }
          });
      assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(answers).allMatch(count -> count.get() == 1);
    assertThat(used.get()).isLessThanOrEqualTo(BURST);
    assertThat(used.get()).as("and it was scarce").isGreaterThan(BURST / 2);
    assertThat(stopped.level()).isEqualTo(BURST - used.get());
    assertThat(stopped.view().reservedTokens()).isEqualTo(held.get());
  }

  @Test
  void whatAThousandThreadsWaitForComesInTimeAndOnceEach() throws Exception {
    Stopped stopped = new Stopped(World.pool(600_000, 10_000, Map.of()));
    AtomicInteger[] answers = new AtomicInteger[THREADS];
    AtomicLong admitted = new AtomicLong();
    CountDownLatch all = new CountDownLatch(THREADS * 9 / 10);
    try (ExecutorService loop = Executors.newFixedThreadPool(2)) {
      together(
          thread -> {
            answers[thread] = new AtomicInteger();
            Waiting waiting =
                stopped.pool.ask(
                    team(thread),
                    new Estimate(100, 0, -1),
                    null,
                    loop,
                    decision -> {
                      answers[thread].incrementAndGet();
                      if (decision instanceof Decision.Admitted) {
                        admitted.incrementAndGet();
                      }
                      if (thread % 10 != 0) {
                        all.countDown();
                      }
                    });
            if (thread % 10 == 0) {
              waiting.leave();
            }
          });
      // 10,000 tokens a second: time goes on, alarms ring, a hundred go each second.
      while (all.getCount() > 0 && stopped.now.get() < 3_600 * SECOND) {
        long now = stopped.now.addAndGet(SECOND / 100);
        for (Due due = stopped.alarms.peek();
            due != null && due.at <= now;
            due = stopped.alarms.peek()) {
          stopped.alarms.remove(due);
          due.what.run();
        }
      }
    }
    for (int thread = 0; thread < THREADS; thread++) {
      assertThat(answers[thread].get()).isBetween(thread % 10 == 0 ? 0 : 1, 1);
    }
    long spent = 100 * admitted.get();
    long most = 10_000 + stopped.now.get() / SECOND * 10_000 + 10_000;
    assertThat(spent).isLessThanOrEqualTo(most);
    assertThat(stopped.view().reservedTokens()).isEqualTo(spent);
  }
}
