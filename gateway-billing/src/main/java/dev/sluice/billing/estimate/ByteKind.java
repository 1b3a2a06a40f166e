package dev.sluice.billing.estimate;

/**
 * What a byte of UTF-8 in JSON can be, as far as it matters for how many tokens it comes to. A
 * character outside ASCII is known by its first byte.
 */
final class ByteKind {

  // Numbers instead of an enum: they are read for each byte of each request.
  static final int OTHER = 0;
  static final int SPACE = 1;
  static final int LINE = 2;
  static final int CONSONANT = 3;
  static final int VOWEL = 4;

  /** Letters that are seldom in words of Latin languages, and frequent in what is none. */
  static final int RARE = 5;

  static final int UPPER = 6;
  static final int DIGIT = 7;

  /** A quote that begins or ends a string of the JSON. */
  static final int QUOTE = 8;

  static final int ESCAPED_LINE = 9;
  static final int ESCAPED_BLANK = 10;
  static final int ESCAPED_QUOTE = 11;
  static final int STOP = 12;
  static final int APOSTROPHE = 13;
  static final int BRACKET = 14;
  static final int OPERATOR = 15;
  static final int HYPHEN = 16;
  static final int LATIN_ACCENT = 17;
  static final int LATIN_MORE = 18;
  static final int GREEK = 19;
  static final int CYRILLIC = 20;
  static final int SEMITIC = 21;
  static final int INDIC = 22;
  static final int SYMBOL = 23;
  static final int KANA = 24;
  static final int HAN = 25;
  static final int HANGUL = 26;
  static final int WIDE = 27;
  static final int EMOJI = 28;

  /** What base64 has besides letters, digits and hyphens. */
  static final int SIGN = 29;

  static final int COUNT = 30;

  /** Begins an escape: read on its own. */
  static final int BACKSLASH = 30;

  /** Not the first byte of its character. */
  static final int CONTINUATION = 31;

  private static final byte[] BY_BYTE = new byte[256];

  static {
    for (int b = 0; b < 256; b++) {
      BY_BYTE[b] = (byte) (b < 0x80 ? ofAscii(b) : b < 0xC2 ? CONTINUATION : ofLead(b));
    }
  }

  private ByteKind() {}

  /** By unsigned byte; a copy. */
  static byte[] table() {
    return BY_BYTE.clone();
  }

  /** Of a character of the basic plane, or half of one beyond. */
  static int ofUnit(int unit) {
    if (unit < 0x80) {
      return unit == '\n' ? ESCAPED_LINE : unit == '"' ? ESCAPED_QUOTE : ofAscii(unit);
    }
    if (Character.isSurrogate((char) unit)) {
      return Character.isHighSurrogate((char) unit) ? EMOJI : CONTINUATION;
    }
    return ofLead(unit < 0x800 ? 0xC0 | unit >> 6 : 0xE0 | unit >> 12);
  }

  static boolean isLetter(int kind) {
    return (kind >= CONSONANT && kind <= UPPER) || (kind >= LATIN_ACCENT && kind <= INDIC);
  }

  /** Whether base64 has it, in either form. */
  static boolean isBase64(int kind) {
    return (kind >= CONSONANT && kind <= DIGIT) || kind == HYPHEN || kind == SIGN;
  }

  private static int ofAscii(int b) {
    return switch (b) {
      case ' ' -> SPACE;
      case '\n', '\r', '\t' -> LINE;
      case '"' -> QUOTE;
      case '\\' -> BACKSLASH;
      case '\'' -> APOSTROPHE;
      case '.', ',', ';', ':', '!', '?' -> STOP;
      case '(', ')', '[', ']', '{', '}', '<', '>' -> BRACKET;
      case '-', '_' -> HYPHEN;
      case '+', '/', '=' -> SIGN;
      case 'a', 'e', 'i', 'o', 'u' -> VOWEL;
      case 'j', 'k', 'q', 'v', 'w', 'x', 'z' -> RARE;
      default -> {
        if (b >= 'a' && b <= 'z') {
          yield CONSONANT;
        }
        if (b >= 'A' && b <= 'Z') {
          yield UPPER;
        }
        yield b >= '0' && b <= '9' ? DIGIT : b > ' ' && b < 0x7F ? OPERATOR : OTHER;
      }
    };
  }

  private static int ofLead(int b) {
    return switch (b) {
      case 0xC2 -> SYMBOL;
      case 0xC3 -> LATIN_ACCENT;
      case 0xE0, 0xE1 -> INDIC;
      case 0xE2 -> SYMBOL;
      case 0xE3 -> KANA;
      default ->
          b < 0xCC
              ? LATIN_MORE
              : b < 0xD0
                  ? GREEK
                  : b < 0xD4
                      ? CYRILLIC
                      : b < 0xE0
                          ? SEMITIC
                          : b < 0xEA ? HAN : b < 0xEE ? HANGUL : b < 0xF0 ? WIDE : EMOJI;
    };
  }
}
