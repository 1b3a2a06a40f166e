package dev.sluice.it.ledger;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.billing.ledger.Ledger;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/** What the ledger says in the log during a test. */
final class LedgerLog implements BeforeEachCallback, AfterEachCallback {

  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(Ledger.class);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    appender.list.clear();
    appender.start();
    logger().setLevel(Level.INFO); // as the program's own configuration has it
    logger().addAppender(appender);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    logger().detachAppender(appender);
    logger().setLevel(null);
  }

  /** What asks for a person. */
  List<String> errors() {
    return at(Level.ERROR);
  }

  /** What went well again. */
  List<String> infos() {
    return at(Level.INFO);
  }

  private List<String> at(Level level) {
    return List.copyOf(appender.list).stream()
        .filter(event -> event.getLevel() == level)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }
}
