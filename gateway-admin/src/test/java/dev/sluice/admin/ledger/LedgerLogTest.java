package dev.sluice.admin.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.billing.ledger.Ledger;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

class LedgerLogTest {

  private final Logger logger = (Logger) LoggerFactory.getLogger(Ledger.class);
  private final ListAppender<ILoggingEvent> said = new ListAppender<>();

  @BeforeEach
  void listen() {
    said.start();
    logger.setLevel(Level.TRACE);
    logger.addAppender(said);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(said);
    logger.setLevel(null);
  }

  @ParameterizedTest
  @EnumSource(System.Logger.Level.class)
  void whateverItsLevelALineIsSaidAndNothingIsThrown(System.Logger.Level level) {
    new LedgerLog().accept(level, "the line");
    assertThat(said.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("the line");
  }

  @Test
  void whatAsksForAPersonLooksLikeIt() {
    Map.of(
            System.Logger.Level.ERROR, Level.ERROR,
            System.Logger.Level.WARNING, Level.WARN,
            System.Logger.Level.INFO, Level.INFO)
        .forEach(
            (level, wanted) -> {
              new LedgerLog().accept(level, "x");
              assertThat(said.list.getLast().getLevel()).isEqualTo(wanted);
            });
  }
}
