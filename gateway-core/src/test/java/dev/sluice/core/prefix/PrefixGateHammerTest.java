package dev.sluice.core.prefix;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Real threads: each is the loop of many calls at once, which lead, follow, fail, leave and give up
 * as they like. Time is only a number that jumps, so that entries expire all the while.
 */
class PrefixGateHammerTest {

  private static final int LOOPS = 4;
  private static final int CALLS_PER_LOOP = 40;
  private static final long HAMMERING_NANOS = 5_200_000_000L;
  private static final long JUMP_NANOS = 40 * GateWorld.SECOND;

  private final AtomicLong clock = new AtomicLong(1);
  private final AtomicReference<@Nullable Throwable> wrong = new AtomicReference<>();
  private final CountDownLatch slots = new CountDownLatch(LOOPS * CALLS_PER_LOOP);
  private final PrefixGate gate =
      new PrefixGate(
          new GateSettings(GateMode.ON, Duration.ofSeconds(8), 10_000),
          clock::get,
          (loop, _, step) -> loop.execute(step));
  private final LongAdder led = new LongAdder();
  private final LongAdder followed = new LongAdder();
  private volatile boolean isOver;

  /** Who leads each of those that stand alone, by role and from being sent until begun or over. */
  private final AtomicReferenceArray<@Nullable Leader> leaders = new AtomicReferenceArray<>(64);

  /** Answers that are about to begin, and that have begun: after one, nobody leads any longer. */
  private final AtomicIntegerArray begins = new AtomicIntegerArray(64);

  private final AtomicIntegerArray begun = new AtomicIntegerArray(64);

  /**
   * A call that leads.
   *
   * @param begins answers that had begun when it asked whether it may go
   * @param isCalm whether none was about to: else it may be no leader any more without knowing
   */
  private record Leader(Object call, int begins, boolean isCalm) {}

  /** One call after the other, each with a pass of its own; confined to its loop. */
  private final class Slot {
    final ExecutorService loop;
    final Random random;
    final List<List<Prefix>> chains;
    final boolean isAlone;
    Leader call = new Leader(this, 0, false);
    Pass pass;
    int calls;
    int number;
    int wait;
    boolean isWaiting;

    Slot(ExecutorService loop, long seed, List<List<Prefix>> chains, boolean isAlone) {
      this.loop = loop;
      this.random = new Random(seed);
      this.chains = chains;
      this.isAlone = isAlone;
      this.pass = gate.pass(chains.getFirst(), "m", random);
    }

    void run(Runnable step) {
      loop.execute(
          () -> {
            try {
              step.run();
            } catch (Throwable e) {
              wrong.compareAndSet(null, e);
              isOver = true;
            }
          });
    }

    void after(int hops, Runnable step) {
      if (hops == 0) {
        run(step);
      } else {
        run(() -> after(hops - 1, step));
      }
    }

    void next() {
      if (isOver) {
        slots.countDown();
        return;
      }
      number = random.nextInt(chains.size());
      pass = gate.pass(chains.get(number), "m", random);
      enters();
    }

    void enters() {
      int before = begun.get(number);
      call = new Leader(this, before, begins.get(number) == before);
      if (pass.enter()) {
        sends();
        return;
      }
      wait++;
      int own = wait;
      int ownCall = calls;
      isWaiting = true;
      pass.await(loop, () -> run(() -> letGo(own, ownCall)));
      int whim = random.nextInt(20);
      if (whim == 0 && !isOver) {
        after(random.nextInt(10), () -> givesUp(own));
      } else if (whim == 1) {
        after(random.nextInt(10), () -> leaves(own));
      }
    }

    void letGo(int ofWait, int ofCall) {
      if (calls != ofCall) {
        return; // it had ended before it heard
      }
      check(wait == ofWait && isWaiting, "let go from a wait that is over");
      isWaiting = false;
      followed.increment();
      pass.isReleased();
      after(random.nextInt(3), this::enters);
    }

    void givesUp(int ofWait) {
      if (isWaiting && wait == ofWait && pass.giveUp()) {
        isWaiting = false;
        enters();
      }
    }

    void leaves(int ofWait) {
      if (isWaiting && wait == ofWait) {
        isWaiting = false;
        ends();
      }
    }

    void sends() {
      pass.sent(clock.get(), false);
      if (isAlone && pass.role() == CacheRole.LEADER) {
        led.increment();
        Leader other = leaders.getAndSet(number, call);
        check(
            other == null || !other.isCalm || other.begins != begins.get(number),
            "two lead at one time");
      }
      after(random.nextInt(12), this::answers);
    }

    void answers() {
      if (random.nextInt(4) == 0) {
        leaders.compareAndSet(number, call, null);
        if (random.nextBoolean()) {
          pass.answerBegan(529, clock.get());
        }
        ends();
      } else {
        begins.incrementAndGet(number);
        leaders.set(number, null);
        pass.answerBegan(200, clock.get());
        begun.incrementAndGet(number);
        check(!pass.isAwaited(), "begun, and awaited");
        if (random.nextInt(8) == 0) {
          clock.addAndGet(JUMP_NANOS);
        }
        ends();
      }
    }

    void ends() {
      calls++;
      pass.ended(null);
      run(this::next);
    }

    private void check(boolean holds, String otherwise) {
      if (!holds) {
        throw new AssertionError(otherwise);
      }
    }
  }

  private void hammer(List<List<Prefix>> chains, boolean isAlone) throws InterruptedException {
    long seed = RandomGenerator.getDefault().nextLong();
    List<ExecutorService> loops = new ArrayList<>();
    for (int i = 0; i < LOOPS; i++) {
      ExecutorService loop = Executors.newSingleThreadExecutor();
      loops.add(loop);
      for (int k = 0; k < CALLS_PER_LOOP; k++) {
        Slot slot = new Slot(loop, seed + i * 1_000L + k, chains, isAlone);
        slot.run(slot::next);
      }
    }
    long end = System.nanoTime() + HAMMERING_NANOS;
    while (!isOver && System.nanoTime() < end) {
      if (slots.await(10, TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    isOver = true;
    boolean allCameThrough = slots.await(wrong.get() == null ? 20 : 0, TimeUnit.SECONDS);
    loops.forEach(ExecutorService::shutdownNow);
    assertThat(wrong.get()).as("seed %d", seed).isNull();
    assertThat(allCameThrough).as("nobody is left waiting, seed %d", seed).isTrue();
    assertThat(followed.sum()).as("somebody had to wait").isPositive();
  }

  @Test
  void onePrefixIsLedByOneAtATimeAndNobodyIsLost() throws InterruptedException {
    hammer(List.of(List.of(GateWorld.prefix(1, 8_000))), true);
    assertThat(led.sum()).isPositive();
  }

  @Test
  void chainsThatOverlapLoseNobody() throws InterruptedException {
    List<List<Prefix>> chains = new ArrayList<>();
    Prefix root = GateWorld.prefix(1, 8_000);
    chains.add(List.of(root));
    for (int i = 0; i < 4; i++) {
      Prefix middle = GateWorld.prefix(10 + i, 12_000);
      chains.add(List.of(root, middle));
      chains.add(List.of(root, middle, GateWorld.prefix(20 + i, 20_000)));
      chains.add(List.of(root, middle, GateWorld.prefix(30 + i, 20_000)));
    }
    hammer(chains, false);
  }

  /** One who gives up or ends, and the one who makes it the leader, meet many times over. */
  @Test
  void whoGivesUpWhileItIsMadeTheLeaderLeadsAloneOrNotAtAll() throws Exception {
    int rounds = 40_000;
    CyclicBarrier both = new CyclicBarrier(2);
    ExecutorService other = Executors.newSingleThreadExecutor();
    AtomicReference<@Nullable Pass> giving = new AtomicReference<>();
    AtomicReference<@Nullable CacheRole> wentAs = new AtomicReference<>();
    Future<?> hand =
        other.submit(
            () -> {
              for (int i = 0; i < rounds; i++) {
                both.await();
                Pass own = requireNonNull(giving.get());
                for (int spin = i % 400; spin > 0; spin--) {
                  Thread.onSpinWait();
                }
                if (i % 2 == 0) {
                  wentAs.set(own.giveUp() && own.enter() ? own.role() : null);
                } else {
                  own.ended(null);
                }
                both.await();
              }
              return null;
            });
    Random random = new Random(1);
    for (int i = 0; i < rounds; i++) {
      List<Prefix> chain = List.of(GateWorld.prefix(i, 8_000));
      Pass leader = gate.pass(chain, "m", random);
      Pass second = gate.pass(chain, "m", random);
      Pass third = gate.pass(chain, "m", random);
      AtomicInteger secondLetGo = new AtomicInteger();
      AtomicInteger thirdLetGo = new AtomicInteger();
      assertThat(leader.enter()).isTrue();
      assertThat(second.enter() || third.enter()).isFalse();
      second.await(Runnable::run, secondLetGo::incrementAndGet);
      third.await(Runnable::run, thirdLetGo::incrementAndGet);
      giving.set(second);
      both.await();
      for (int spin = random.nextInt(400); spin > 0; spin--) {
        Thread.onSpinWait();
      }
      leader.ended(null);
      both.await();
      CacheRole as = wentAs.get();
      if (i % 2 == 0) {
        assertThat(secondLetGo.get()).as("round %d", i).isEqualTo(as == null ? 1 : 0);
        if (as == CacheRole.LEADER) {
          assertThat(thirdLetGo.get()).as("a second leader, round %d", i).isZero();
        }
        second.ended(null);
      }
      assertThat(thirdLetGo.get()).as("round %d", i).isEqualTo(1);
      third.ended(null);
    }
    hand.get();
    other.shutdown();
  }
}
