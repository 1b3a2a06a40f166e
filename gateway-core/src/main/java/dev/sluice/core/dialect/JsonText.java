package dev.sluice.core.dialect;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/** Small pieces of JSON text: what was watched is read here, and what is answered is written. */
final class JsonText {

  /**
   * Beyond this a number is no count of tokens: it could only overflow the sums that it takes part
   * in.
   */
  private static final long COUNT_DIGITS_MAX = 12;

  private JsonText() {}

  /** The text as a JSON string, quotes included. */
  static String quoted(String text) {
    var quoted = new StringBuilder(text.length() + 16).append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, quoted);
    return quoted.append('"').toString();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The text of a JSON string as written, quotes included; null where it is none. */
  static @Nullable String string(byte[] raw, int length) {
    if (length < 2 || raw[0] != '"') {
      return null;
    }
    var text = raw.clone();
    var end = unescape(text, 1, length - 1);
    return new String(text, 1, end - 1, StandardCharsets.UTF_8);
  }

  /**
   * The count that a provider wrote, or -1 where it wrote none: null, a string, a negative number
   * or one that no count of tokens can be. A fraction is cut off; an exponent is no count.
   */
  static long count(byte[] raw, int length) {
    var value = 0L;
    var i = 0;
    while (i < length && raw[i] >= '0' && raw[i] <= '9') {
      if (i == COUNT_DIGITS_MAX) {
        return -1;
      }
      value = value * 10 + (raw[i] - '0');
      i++;
    }
    if (i == 0 || (i < length && raw[i] != '.')) {
      return -1;
    }
    for (i++; i < length; i++) {
      if (raw[i] < '0' || raw[i] > '9') {
        return -1;
      }
    }
    return value;
  }

  /**
   * Resolves the escapes of {@code [from, to)} in place. The escapes are known to be well-formed; a
   * lone surrogate becomes a question mark.
   *
   * @return index after the last byte of the text
   */
  static int unescape(byte[] text, int from, int to) {
    var out = from;
    var i = from;
    while (i < to) {
      var c = text[i++];
      if (c != '\\' || i == to) {
        text[out++] = c;
        continue;
      }
      c = text[i++];
      switch (c) {
        case 'b' -> text[out++] = '\b';
        case 'f' -> text[out++] = '\f';
        case 'n' -> text[out++] = '\n';
        case 'r' -> text[out++] = '\r';
        case 't' -> text[out++] = '\t';
        case 'u' -> {
          var code = hex(text, i, to);
          i += 4;
          if (Character.isHighSurrogate((char) code)
              && i + 1 < to
              && text[i] == '\\'
              && text[i + 1] == 'u') {
            var low = hex(text, i + 2, to);
            if (Character.isLowSurrogate((char) low)) {
              code = Character.toCodePoint((char) code, (char) low);
              i += 6;
            }
          }
          out = put(text, out, code);
        }
        default -> text[out++] = c;
      }
    }
    return out;
  }

  private static int hex(byte[] text, int from, int to) {
    var value = 0;
    for (var i = from; i < from + 4 && i < to; i++) {
      value = (value << 4) | (Character.digit((char) (text[i] & 0xFF), 16) & 0xF);
    }
    return value;
  }

  private static int put(byte[] text, int at, int code) {
    var out = at;
    if (code < 0x80) {
      text[out++] = (byte) code;
    } else if (code < 0x800) {
      text[out++] = (byte) (0xC0 | (code >> 6));
      text[out++] = rest(code);
    } else if (code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) {
      text[out++] = '?';
    } else if (code < 0x10000) {
      text[out++] = (byte) (0xE0 | (code >> 12));
      text[out++] = rest(code >> 6);
      text[out++] = rest(code);
    } else {
      text[out++] = (byte) (0xF0 | (code >> 18));
      text[out++] = rest(code >> 12);
      text[out++] = rest(code >> 6);
      text[out++] = rest(code);
    }
    return out;
  }

  private static byte rest(int code) {
    return (byte) (0x80 | (code & 0x3F));
  }
}
