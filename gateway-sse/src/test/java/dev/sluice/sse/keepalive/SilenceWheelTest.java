package dev.sluice.sse.keepalive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SilenceWheelTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private long nanos = 77;
  private final SilenceWheel wheel = new SilenceWheel(() -> nanos);
  private final List<String> log = new ArrayList<>();

  @Test
  void anEntryIsCalledAtItsDeadlineAndThenAtTheOneThatItAnswered() {
    wheel.watch(entry("a", 3 * SECOND), nanos + SECOND);
    pass(SECOND - SilenceWheel.TICK_NANOS);
    assertThat(log).isEmpty();
    pass(2 * SilenceWheel.TICK_NANOS);
    assertThat(log).containsExactly("a");
    pass(2 * SECOND);
    assertThat(log).containsExactly("a");
    pass(SECOND + SilenceWheel.TICK_NANOS);
    assertThat(log).containsExactly("a", "a");
  }

  @Test
  void aDeadlineOfManyTurnsIsMetOnce() {
    wheel.watch(entry("a", SilenceWheel.NEVER), nanos + 3600 * SECOND);
    pass(3599 * SECOND);
    assertThat(log).isEmpty();
    pass(2 * SECOND);
    assertThat(log).containsExactly("a");
    assertThat(wheel.size()).isZero();
  }

  @Test
  void movingAnEntryLeavesOneDeadline() {
    SilenceWheel.Entry entry = entry("a", SilenceWheel.NEVER);
    wheel.watch(entry, nanos + SECOND);
    wheel.watch(entry, nanos + 5 * SECOND);
    wheel.watch(entry, nanos + 2 * SECOND);
    assertThat(wheel.size()).isEqualTo(1);
    pass(10 * SECOND);
    assertThat(log).containsExactly("a");
  }

  @Test
  void anEntryThatIsWatchedAnewWhileItRunsStays() {
    SilenceWheel.Entry entry =
        new SilenceWheel.Entry() {
          @Override
          protected long onDeadline(long nowNanos) {
            log.add("a");
            wheel.watch(this, nowNanos + SECOND);
            return SilenceWheel.NEVER;
          }
        };
    wheel.watch(entry, nanos + SECOND);
    pass(5 * SECOND);
    assertThat(log.size()).isBetween(4, 5);
  }

  @Test
  void anEntryThatFailsHoldsNobodyElseUp() {
    wheel.watch(failing(), nanos + SECOND);
    wheel.watch(entry("b", SilenceWheel.NEVER), nanos + SECOND);
    wheel.watch(failing(), nanos + SECOND);
    nanos += 2 * SECOND;
    assertThatThrownBy(wheel::advance)
        .isInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("entry");
    assertThat(log).containsExactly("b");
    assertThat(wheel.size()).isZero();
  }

  @Test
  void oneTaskOfTheLoopTurnsItAndAFailureDoesNotStopIt() throws InterruptedException {
    SilenceWheel real = new SilenceWheel(System::nanoTime);
    DefaultEventExecutor loop = new DefaultEventExecutor();
    AtomicReference<Throwable> reported = new AtomicReference<>();
    CountDownLatch called = new CountDownLatch(1);
    AtomicReference<Future<?>> turning = new AtomicReference<>();
    loop.execute(
        () -> {
          Thread.currentThread().setUncaughtExceptionHandler((thread, e) -> reported.set(e));
          turning.set(real.start(loop));
          real.watch(failing(), real.nanoTime());
          real.watch(
              new SilenceWheel.Entry() {
                @Override
                protected long onDeadline(long nowNanos) {
                  called.countDown();
                  return SilenceWheel.NEVER;
                }
              },
              real.nanoTime() + 2 * SilenceWheel.TICK_NANOS);
        });
    assertThat(called.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(reported.get()).hasRootCauseMessage("entry");
    var _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    assertThat(loop.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    assertThat(turning.get()).matches(task -> task != null && task.isDone());
  }

  private void pass(long time) {
    long until = nanos + time;
    while (nanos < until) {
      nanos = Math.min(until, nanos + SilenceWheel.TICK_NANOS);
      wheel.advance();
    }
  }

  private SilenceWheel.Entry failing() {
    return new SilenceWheel.Entry() {
      @Override
      protected long onDeadline(long nowNanos) {
        throw new IllegalArgumentException("entry");
      }
    };
  }

  private SilenceWheel.Entry entry(String name, long again) {
    return new SilenceWheel.Entry() {
      @Override
      protected long onDeadline(long nowNanos) {
        log.add(name);
        return again == SilenceWheel.NEVER ? again : nowNanos + again;
      }
    };
  }
}
