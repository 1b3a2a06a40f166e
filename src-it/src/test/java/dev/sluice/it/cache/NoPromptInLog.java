package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is logged during a class, and fails it where a word of the long prompts is in that.
 */
final class NoPromptInLog implements BeforeAllCallback, AfterAllCallback {

  /** In every prompt of {@link dev.sluice.it.load.LongPrompt}. */
  static final String WORDS = "measure twice";

  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("dev.sluice");
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    appender.start();
    logger().setLevel(Level.DEBUG);
    logger().addAppender(appender);
  }

  /** All of it up to now. */
  List<String> lines() {
    return List.copyOf(appender.list).stream().map(NoPromptInLog::line).toList();
  }

  private static String line(ILoggingEvent event) {
    IThrowableProxy thrown = event.getThrowableProxy();
    return event.getFormattedMessage()
        + (thrown == null ? "" : ThrowableProxyUtil.asString(thrown));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    logger().detachAppender(appender);
    logger().setLevel(null);
    assertThat(lines()).isNotEmpty().noneMatch(line -> line.contains(WORDS));
  }
}
