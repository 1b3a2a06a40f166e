package dev.sluice.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real loops and real time: a hold is what the clock of the machine says. */
class LoopWatchTest {

  private final Meters meters = new Meters();
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());

  @AfterEach
  void close() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    meters.close();
  }

  /** The value of a sample, or 0. */
  private double sample(String metric) {
    return new String(meters.scrape(null).body(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith(metric + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(metric.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  @Test
  @Timeout(60)
  void aHeldLoopIsSeenWhileItIsHeldAndAfterwards() throws Exception {
    try (var watch = new LoopWatch(loops, System::nanoTime, meters)) {
      assertThat(watch).isNotNull();
      while (sample("sluice_loop_held_seconds_count{loop=\"0\"}") < 1) {
        Thread.onSpinWait();
      }
      var held = new CountDownLatch(1);
      var release = new CountDownLatch(1);
      loops
          .iterator()
          .next()
          .execute(
              () -> {
                held.countDown();
                try {
                  release.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      held.await();
      long begun = System.nanoTime();
      while (sample("sluice_loop_held_now_seconds{loop=\"0\"}") < 0.3) {
        assertThat(System.nanoTime() - begun).isLessThan(50_000_000_000L);
      }
      double beats = sample("sluice_loop_held_seconds_count{loop=\"0\"}");
      release.countDown();
      while (sample("sluice_loop_held_seconds_count{loop=\"0\"}") <= beats) {
        Thread.onSpinWait();
      }
      assertThat(sample("sluice_loop_held_seconds_max{loop=\"0\"}")).isGreaterThanOrEqualTo(0.3);
      assertThat(sample("sluice_loop_held_seconds_bucket{loop=\"1\",le=\"+Inf\"}")).isPositive();
    }
  }

  @Test
  @Timeout(60)
  void aClosedWatchBeatsNoMore() throws Exception {
    var watch = new LoopWatch(loops, System::nanoTime, meters);
    while (sample("sluice_loop_held_seconds_count{loop=\"1\"}") < 1) {
      Thread.onSpinWait();
    }
    watch.close();
    var stopped = new CountDownLatch(2);
    loops.forEach(loop -> loop.execute(stopped::countDown));
    stopped.await();
    double beats = sample("sluice_loop_held_seconds_count{loop=\"1\"}");
    var later = new CountDownLatch(1);
    var timer = loops.next().schedule(later::countDown, 350, TimeUnit.MILLISECONDS);
    later.await();
    assertThat(timer.isCancelled()).isFalse();
    assertThat(sample("sluice_loop_held_seconds_count{loop=\"1\"}")).isEqualTo(beats);
    assertThat(sample("sluice_loop_held_now_seconds{loop=\"1\"}")).isZero();
  }
}
