package dev.sluice.admin.usage;

import java.math.BigDecimal;

/**
 * Lines of a CSV (RFC 4180), CR LF at their ends. A text that a spreadsheet would take for a
 * formula gets an apostrophe in front: model names and tags are texts of clients (OWASP, CSV
 * injection).
 */
final class Csv {

  private static final int NANO_PLACES = 9;

  private final StringBuilder line = new StringBuilder();
  private boolean isBegun;

  /** Empty where the value is. */
  Csv text(String value) {
    boolean isFormula = !value.isEmpty() && "=+-@\t\r".indexOf(value.charAt(0)) >= 0;
    return field(isFormula ? "'" + value : value, isFormula);
  }

  Csv number(long value) {
    return field(Long.toString(value), false);
  }

  /** Dollars, exactly, without trailing zeros. */
  Csv usd(long nanoUsd) {
    return field(dollars(nanoUsd), false);
  }

  Csv decimal(BigDecimal value) {
    return field(plain(value), false);
  }

  Csv nothing() {
    return field("", false);
  }

  private Csv field(String value, boolean isQuoted) {
    if (isBegun) {
      line.append(',');
    }
    isBegun = true;
    boolean needsQuotes = isQuoted;
    for (int i = 0; i < value.length() && !needsQuotes; i++) {
      needsQuotes = ",\"\r\n".indexOf(value.charAt(i)) >= 0;
    }
    if (needsQuotes) {
      line.append('"').append(value.replace("\"", "\"\"")).append('"');
    } else {
      line.append(value);
    }
    return this;
  }

  /** The line, and a new one begun. */
  String end() {
    String ended = line.append("\r\n").toString();
    line.setLength(0);
    isBegun = false;
    return ended;
  }

  static String dollars(long nanoUsd) {
    return plain(BigDecimal.valueOf(nanoUsd, NANO_PLACES));
  }

  private static String plain(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }
}
