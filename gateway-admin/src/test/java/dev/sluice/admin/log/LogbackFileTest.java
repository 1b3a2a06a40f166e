package dev.sluice.admin.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

/** The file as it is shipped: who writes where, and what a line looks like. */
class LogbackFileTest {

  private static LoggerContext shipped() throws Exception {
    var context = new LoggerContext();
    var configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(
        Objects.requireNonNull(LogbackFileTest.class.getResource("/logback.xml")));
    return context;
  }

  private static ConsoleAppender<ILoggingEvent> console(LoggerContext context) {
    var queue = (LogQueue) context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("QUEUE");
    assertThat(queue).as("the queue stands before everything else").isNotNull();
    assertThat(queue.isStarted()).isTrue();
    var target = (ConsoleAppender<ILoggingEvent>) queue.getAppender("STDERR");
    assertThat(target).as("the target is really attached").isNotNull();
    return target;
  }

  private static String line(String message, Throwable thrown) throws Exception {
    LoggerContext context = shipped();
    try {
      var event =
          new LoggingEvent("x", context.getLogger("a.b.Room"), Level.INFO, message, thrown, null);
      return new String(console(context).getEncoder().encode(event), StandardCharsets.UTF_8);
    } finally {
      context.stop();
    }
  }

  @Test
  void linesGoThroughTheQueueToStandardErrorAtInfo() throws Exception {
    LoggerContext context = shipped();
    try {
      assertThat(console(context).getTarget()).isEqualTo("System.err");
      assertThat(context.getLogger(Logger.ROOT_LOGGER_NAME).getLevel()).isEqualTo(Level.INFO);
    } finally {
      context.stop();
    }
  }

  @Test
  void aMessageCannotBeginALineOfItsOwn() throws Exception {
    assertThat(line("one\r\n2026-11-25T00:00:00.000Z ERROR Forged\n", new Exception()))
        .startsWith("20")
        .contains("Z INFO  Room one\\r\\n2026-11-25T00:00:00.000Z ERROR Forged\\n\n");
  }

  @Test
  void aTraceIsIndentedWhateverItsMessageHolds() throws Exception {
    String text = line("failed", new IllegalStateException("x\n2026-11-25 ERROR forged"));
    assertThat(text.lines().skip(1)).isNotEmpty().allMatch(line -> line.startsWith("  "));
    assertThat(text).contains("  java.lang.IllegalStateException: x").endsWith("\n");
  }
}
