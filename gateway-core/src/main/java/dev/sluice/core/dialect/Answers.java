package dev.sluice.core.dialect;

import org.jspecify.annotations.Nullable;

/** What reading answers has in common in all dialects. */
final class Answers {

  /** Deeper answers are read no further: usage stands near the top. */
  static final int DEPTH_MAX = 10_000;

  private static final int COUNT_MAX = 64;
  private static final int TEXT_MAX = 512;
  private static final int CODE_MAX = 64;

  private Answers() {}

  static Watch count(String name, int slot) {
    return Watch.value(name, slot, COUNT_MAX);
  }

  static Watch text(String name, int slot) {
    return Watch.value(name, slot, TEXT_MAX);
  }

  /** The text or number that was written; null for null, the empty text, or anything else. */
  static @Nullable String text(byte[] raw, int length) {
    if (length <= 0) {
      return null;
    }
    if (raw[0] != '"') {
      var count = JsonText.count(raw, length);
      return count < 0 ? null : Long.toString(count);
    }
    var text = JsonText.string(raw, length);
    return text == null || text.isEmpty() ? null : text;
  }

  /** What was written, or what was known before where nothing was. */
  static @Nullable String latest(@Nullable String known, byte[] raw, int length) {
    var text = text(raw, length);
    return text == null ? known : text;
  }

  /**
   * The first of them that is a word; {@code error} where none is. What is not a word could be a
   * message, and a message may quote a prompt.
   */
  static String code(@Nullable String first, @Nullable String second) {
    if (first != null && isWord(first)) {
      return first;
    }
    return second != null && isWord(second) ? second : "error";
  }

  private static boolean isWord(String text) {
    if (text.length() > CODE_MAX) {
      return false;
    }
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      var isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      var isDigit = c >= '0' && c <= '9';
      if (!isLetter && !isDigit && c != '_' && c != '-' && c != '.') {
        return false;
      }
    }
    return true;
  }
}
