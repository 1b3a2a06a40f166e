package dev.sluice.billing.estimate;

/** An escape of a JSON string, read a byte at a time. */
final class Escape {

  /** Instead of a kind: {@code \/}, which is the slash itself. */
  static final int SLASH = 64;

  /** Instead of a kind: not complete yet. */
  static final int MORE = 65;

  private static final int NONE = 0;
  private static final int BACKSLASH = 1;

  /** And one more for each digit that has been read. */
  private static final int HEX = 2;

  private int state = NONE;
  private int unit;

  boolean isOpen() {
    return state != NONE;
  }

  void open() {
    state = BACKSLASH;
  }

  void close() {
    state = NONE;
  }

  /** The {@link ByteKind} of the character, or one of the values above. */
  int next(int b) {
    if (state == BACKSLASH) {
      if (b == 'u') {
        state = HEX;
        unit = 0;
        return MORE;
      }
      state = NONE;
      return switch (b) {
        case 'n' -> ByteKind.ESCAPED_LINE;
        case 't', 'r', 'b', 'f' -> ByteKind.ESCAPED_BLANK;
        case '"' -> ByteKind.ESCAPED_QUOTE;
        case '/' -> SLASH;
        default -> ByteKind.OPERATOR; // a backslash
      };
    }
    int digit = Character.digit((char) b, 16);
    if (digit < 0) { // no JSON
      state = NONE;
      return ByteKind.OTHER;
    }
    unit = unit << 4 | digit;
    if (state++ < HEX + 3) {
      return MORE;
    }
    state = NONE;
    int kind = ByteKind.ofUnit(unit);
    return kind == ByteKind.BACKSLASH ? ByteKind.OPERATOR : kind;
  }
}
