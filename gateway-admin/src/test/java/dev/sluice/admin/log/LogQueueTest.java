package dev.sluice.admin.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;

@Timeout(60)
class LogQueueTest {

  private final LoggerContext context = new LoggerContext();
  private final Slow target = new Slow();
  private final LogQueue queue = new LogQueue();

  /** Writes only while its gate is open. */
  private static final class Slow extends AppenderBase<ILoggingEvent> {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    protected void append(ILoggingEvent event) {
      reached.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      lines.add(event.getLevel() + " " + event.getFormattedMessage());
    }
  }

  @BeforeEach
  void start() {
    context.setMDCAdapter(new LogbackMDCAdapter());
    target.setContext(context);
    target.start();
    queue.setContext(context);
    queue.setSize(10);
    queue.addAppender(target);
    queue.start();
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(queue);
  }

  @AfterEach
  void stop() {
    target.gate.countDown();
    context.stop();
  }

  @Test
  void aFullQueueDropsCountsAndSaysSo() throws Exception {
    var log = context.getLogger("test");
    log.info("0");
    target.reached.await();
    // One is being written, ten wait; nobody here is held up by the rest.
    for (int i = 1; i < 1_000; i++) {
      log.info("{}", i);
    }
    assertThat(queue.dropped()).isEqualTo(989);
    target.gate.countDown();
    assertThat(queue.flush(Duration.ofSeconds(30))).isTrue();
    log.info("after");
    assertThat(queue.flush(Duration.ofSeconds(30))).isTrue();
    assertThat(target.lines).contains("INFO 0", "INFO 10", "INFO after").doesNotContain("INFO 11");
    assertThat(target.lines)
        .filteredOn(line -> line.startsWith("WARN 989 log lines were dropped"))
        .hasSize(1);
  }

  @Test
  void flushGivesUpWhenItsTimeIsOver() throws Exception {
    context.getLogger("test").info("stuck");
    target.reached.await();
    assertThat(queue.flush(Duration.ofMillis(20))).isFalse();
  }

  @Test
  void whatWasLoggedBeforeTheStopIsWritten() {
    target.gate.countDown();
    for (int i = 0; i < 5; i++) {
      context.getLogger("test").info("{}", i);
    }
    context.stop();
    assertThat(target.lines).hasSize(5);
  }
}
