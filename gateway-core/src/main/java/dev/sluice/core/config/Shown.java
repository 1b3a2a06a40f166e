package dev.sluice.core.config;

/** How values from a file appear in a message: on one line, of bounded length. */
final class Shown {

  private static final int LENGTH_MAX = 60;

  private Shown() {}

  /**
   * A value, quoted unless it is a plain number or duration; {@code nothing} where it is empty;
   * never a key.
   */
  static String value(String text) {
    if (text.isEmpty()) {
      return "nothing";
    }
    if (looksSecret(text)) {
      return "a text of " + text.length() + " characters";
    }
    return isPlain(text) ? text : "\"" + name(withoutUrlSecrets(text)) + "\"";
  }

  /** A URL carries secrets before its host and in its query. */
  private static String withoutUrlSecrets(String text) {
    int scheme = text.indexOf("://");
    if (scheme < 0) {
      return text;
    }
    int at = text.lastIndexOf('@');
    String shown = at < 0 ? text : text.substring(0, scheme + 3) + "…" + text.substring(at);
    int query = shown.indexOf('?');
    return query < 0 ? shown : shown.substring(0, query + 1) + "…";
  }

  /** A part of a setting's full name; quoted where it could be mistaken for something else. */
  static String key(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!isDigit(c)
          && !(c >= 'a' && c <= 'z')
          && !(c >= 'A' && c <= 'Z')
          && "-_.".indexOf(c) < 0) {
        return "\"" + name(name) + "\"";
      }
    }
    return name.isEmpty() ? "\"\"" : name(name);
  }

  /** A text whose length is known to be bounded, on one line. */
  static String line(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      shown.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? ' ' : c);
    }
    return shown.toString().strip();
  }

  /** A text on one line and of bounded length, unquoted. */
  static String name(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length() && i < LENGTH_MAX; i++) {
      char c = text.charAt(i);
      shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return shown.append(text.length() > LENGTH_MAX ? "…" : "").toString();
  }

  /**
   * Whether a value may be a key that was put in a wrong place: long, of one piece, letters and
   * digits mixed. Such a value is never shown.
   */
  private static boolean looksSecret(String text) {
    boolean digit = false;
    boolean letter = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c == '/' || c == '*') {
        return false;
      }
      digit |= c >= '0' && c <= '9';
      letter |= Character.isLetter(c);
    }
    return text.length() >= 20 && digit && letter;
  }

  private static boolean isPlain(String text) {
    int start = text.startsWith("-") ? 1 : 0;
    if (text.length() > 20 || text.length() == start || !isDigit(text.charAt(start))) {
      return false;
    }
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isDigit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '.') {
        return false;
      }
    }
    return true;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
