package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WarmThreadTest {

  @Test
  void whatAStepThrowsDoesNotEndIt() throws Exception {
    BlockingQueue<Boolean> steps = new LinkedBlockingQueue<>();
    Runnable step =
        () -> {
          steps.add(Thread.currentThread().isDaemon());
          throw new IllegalStateException("as the test wants it");
        };
    try (WarmThread thread = new WarmThread(step, Duration.ofMillis(1))) {
      assertThat(thread).isNotNull();
      for (int i = 0; i < 3; i++) {
        assertThat(steps.poll(30, TimeUnit.SECONDS)).isTrue();
      }
    }
  }
}
