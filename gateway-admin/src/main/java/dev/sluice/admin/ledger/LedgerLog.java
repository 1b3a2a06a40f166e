package dev.sluice.admin.ledger;

import dev.sluice.billing.ledger.Ledger;
import java.lang.System.Logger.Level;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the ledger has to say, in the program's log. Any thread. */
public final class LedgerLog implements BiConsumer<Level, String> {

  private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);

  @Override
  public void accept(Level level, String line) {
    switch (level) {
      case ERROR -> LOG.error(line);
      case WARNING -> LOG.warn(line);
      case INFO -> LOG.info(line);
      case ALL, TRACE, DEBUG, OFF -> LOG.debug(line);
    }
  }
}
