package dev.sluice.billing.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.budget.BudgetDecision.Held;
import dev.sluice.billing.budget.BudgetRule.Period;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Many threads at once. Replay of the amounts with {@code -Dseed=…}; the order is the machine's.
 */
class BudgetsRaceTest {

  private static final int THREADS = 16;
  private static final long AMOUNT = 1_000_000;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Purse purse = new Purse();

  private interface Work {
    void run(SplittableRandom random);
  }

  /** All threads at once, each with a random of its own. */
  private void race(Work work) throws Exception {
    SplittableRandom seeds = new SplittableRandom(seed);
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        SplittableRandom random = seeds.split();
        Callable<Void> task =
            () -> {
              start.await();
              work.run(random);
              return null;
            };
        all.add(threads.submit(task));
      }
      start.countDown();
      for (Future<?> one : all) {
        one.get();
      }
    }
  }

  /** Calls until the budget lets none go any more; each thread has one in flight at a time. */
  private void untilStopped(SplittableRandom random, long overrunMax, AtomicLong overruns) {
    int stopped = 0;
    while (stopped < 50) {
      long amount = 1 + random.nextLong(5_000);
      if (purse.ask(null, amount) instanceof Held(BudgetHold hold)) {
        if (random.nextInt(10) == 0) {
          hold.giveBack();
        } else {
          long overrun = overrunMax == 0 ? 0 : random.nextLong(overrunMax + 1);
          long actual = overrun > 0 ? amount + overrun : random.nextLong(amount + 1);
          overruns.accumulateAndGet(overrun, Math::max);
          hold.settle(actual, Purse.cost(actual));
        }
      } else {
        stopped++;
      }
    }
  }

  @Test
  void nothingIsOverspentWhereNoCallCostsMoreThanItHeld() throws Exception {
    purse.rules(
        Purse.tokens("tokens", AMOUNT, Period.DAY), Purse.money("money", AMOUNT, Period.MONTH));
    AtomicBoolean isOver = new AtomicBoolean();
    Thread watch =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!Thread.interrupted()) {
                    for (BudgetView view : purse.budgets.views()) {
                      isOver.compareAndSet(false, view.left() < 0);
                    }
                  }
                });
    race(random -> untilStopped(random, 0, new AtomicLong()));
    watch.interrupt();
    watch.join();
    assertThat(isOver).as("seed %d: at any moment", seed).isFalse();
    for (BudgetView view : purse.budgets.views()) {
      assertThat(view.held()).as("seed %d", seed).isZero();
      assertThat(view.spent()).as("seed %d", seed).isBetween(AMOUNT - 5_000, AMOUNT);
      assertThat(view.isWarned()).isTrue();
    }
    assertThat(purse.warnings).as("one for each rule").hasSize(2);
  }

  /**
   * One call in flight on each thread, each of which may overrun: beyond the amount there are at
   * most the overruns of those that were let go together.
   */
  @Test
  void theOverspendIsAtMostTheOverrunsOfTheCallsInFlightTogether() throws Exception {
    purse.rules(Purse.money("money", AMOUNT, Period.DAY));
    AtomicLong largest = new AtomicLong();
    race(random -> untilStopped(random, 3_000, largest));
    BudgetView view = purse.view("money");
    assertThat(view.held()).as("seed %d", seed).isZero();
    assertThat(view.spent() - AMOUNT)
        .as("seed %d", seed)
        .isLessThanOrEqualTo(THREADS * largest.get());
  }

  /** All others cost at most what they held: so the overspend is at most that one's overrun. */
  @Test
  void oneCallThatOverrunsOverspendsByNoMoreThanItsOwnOverrun() throws Exception {
    for (int round = 0; round < 50; round++) {
      Purse own = new Purse();
      own.rules(Purse.money("money", 10_000, Period.DAY));
      BudgetHold overrunning = own.held(null, 100);
      AtomicBoolean isSettled = new AtomicBoolean();
      race(
          random -> {
            for (int stopped = 0; stopped < 20; ) {
              long amount = 1 + random.nextLong(500);
              if (own.ask(null, amount) instanceof Held(BudgetHold hold)) {
                hold.settle(amount, Purse.cost(amount));
              } else {
                stopped++;
              }
              if (random.nextInt(8) == 0 && isSettled.compareAndSet(false, true)) {
                overrunning.settle(900, Purse.cost(900));
              }
            }
          });
      if (isSettled.compareAndSet(false, true)) {
        overrunning.settle(900, Purse.cost(900));
      }
      assertThat(own.view("money").spent())
          .as("seed %d round %d", seed, round)
          .isLessThanOrEqualTo(10_000 + 800);
    }
  }

  @Test
  void allThatIsSettledIsCountedOnceWhileRulesAndPeriodsChange() throws Exception {
    BudgetRule rule = Purse.shadow(Purse.tokens("all", 1, Period.MONTH));
    BudgetRule other = Purse.shadow(Purse.tokens("other", 1, Period.DAY));
    purse.rules(rule);
    AtomicLong settled = new AtomicLong();
    race(
        random -> {
          for (int i = 0; i < 3_000; i++) {
            BudgetHold hold = purse.held(null, random.nextLong(100));
            if (random.nextInt(50) == 0) {
              // Days come and go; the month stays.
              purse.now = Purse.NOON.plusSeconds(random.nextLong(4 * 86_400));
              purse.budgets.apply(random.nextBoolean() ? List.of(rule) : List.of(rule, other));
            }
            long actual = random.nextLong(100);
            hold.settle(actual, Purse.cost(actual));
            settled.addAndGet(actual);
          }
        });
    assertThat(purse.view("all").spent()).as("seed %d", seed).isEqualTo(settled.get());
    assertThat(purse.view("all").held()).isZero();
  }
}
