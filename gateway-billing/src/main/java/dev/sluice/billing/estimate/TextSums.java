package dev.sluice.billing.estimate;

/**
 * Reads text a byte at a time and sums {@link TokenModel}'s weights, with two table look-ups for
 * each byte and no branch that depends on the text, except at escapes and outside ASCII. The pair
 * of kinds and the position in the word pick weights, which are summed with the marks for the
 * content's class in one packed long. All sums are of whole numbers, so they don't depend on where
 * pieces were split.
 *
 * <p>Also knows how long the run of base64's alphabet is that the text ends in: from {@link
 * #RUN_MIN} on it stops, since that is no text. A {@code \/} is part of such a run: PHP escapes so.
 */
final class TextSums {

  /** Bytes from which a run of base64's alphabet is no text any more. */
  static final int RUN_MIN = TokenModel.SUM_BYTES_MAX;

  // What is known of a byte: its kind in the lowest bits, and these.
  private static final int KIND = 31;

  /** Not a kind of its own: a backslash, or the rest of a character. */
  private static final int SPECIAL = 1 << 5;

  private static final int BASE64 = 1 << 6;

  /** All ones, once shifted down, for a letter. */
  private static final int LETTER_SHIFT = 31;

  private static final int[] KNOWN = known();
  private static final long[] PAIRS = TokenModel.pairs();
  private static final long[] WORDS = TokenModel.words();

  /** Thousandths of a token. */
  long weight;

  long codeMarks;
  long quotes;
  long cjk;

  /** Bytes since the last that base64 doesn't have; an open backslash among them. */
  int run;

  final Escape escape = new Escape();

  private int previous = ByteKind.OTHER;

  /** How far into a word; past the last position that has a weight of its own, more or less. */
  private int position;

  static boolean isBase64(byte b) {
    return (KNOWN[b & 0xFF] & BASE64) != 0;
  }

  /** Reads text until the end, or the run is long enough. Returns where it stopped. */
  int read(byte[] array, int from, int end) {
    int at = from;
    while (at < end && run < RUN_MIN) {
      if (escape.isOpen()) {
        afterBackslash(escape.next(array[at++] & 0xFF));
        continue;
      }
      at = plain(array, at, Math.min(end, at + RUN_MIN - run));
      if (at < end && run < RUN_MIN && array[at] == '\\') {
        escape.open();
        run++; // part of the run if a slash follows
        at++;
      }
    }
    return at;
  }

  /** Takes back what a run has added; about, for what stood before it is not known any more. */
  void takeBack(byte[] array) {
    TextSums taken = new TextSums();
    taken.previous = ByteKind.QUOTE;
    taken.read(array, 0, array.length);
    weight -= taken.weight;
    codeMarks -= taken.codeMarks;
    run = 0;
  }

  /** What comes next stands behind data that was no text. */
  void resume() {
    previous = ByteKind.DIGIT;
    position = 0;
  }

  /** The hot loop: up to the limit or a backslash. */
  private int plain(byte[] array, int from, int limit) {
    int before = previous;
    int word = Math.min(position, TokenModel.POSITION_MAX);
    long sum = 0;
    int at = from;
    for (; at < limit; at++) {
      int known = KNOWN[array[at] & 0xFF];
      if ((known & SPECIAL) != 0) {
        if ((known & KIND) == ByteKind.BACKSLASH) {
          break;
        }
        continue;
      }
      int kind = known & KIND;
      sum += PAIRS[before << 5 | kind];
      before = kind;
      word = (word + 1) & (known >> LETTER_SHIFT);
      sum += WORDS[word];
    }
    previous = before;
    position = word;
    add(sum);
    int unbroken = at;
    while (unbroken > from && isBase64(array[unbroken - 1])) {
      unbroken--;
    }
    run = unbroken == from ? run + at - from : at - unbroken;
    return at;
  }

  private void add(long sum) {
    weight += sum >> TokenModel.WEIGHT_SHIFT;
    codeMarks += sum & TokenModel.CODE_MASK;
    quotes += (sum >> TokenModel.QUOTE_SHIFT) & TokenModel.COUNT_MASK;
    cjk += (sum >> TokenModel.CJK_SHIFT) & TokenModel.COUNT_MASK;
  }

  /** One byte of an escape was read; a kind if it is now complete. */
  private void afterBackslash(int kind) {
    if (kind == Escape.SLASH) {
      run++;
      one(ByteKind.SIGN);
    } else {
      run = 0;
      if (kind < ByteKind.COUNT) {
        one(kind);
      }
    }
  }

  private void one(int kind) {
    long sum = PAIRS[previous << 5 | kind];
    previous = kind;
    position = ByteKind.isLetter(kind) ? Math.min(position, TokenModel.POSITION_MAX) + 1 : 0;
    add(sum + WORDS[position]);
  }

  private static int[] known() {
    byte[] kinds = ByteKind.table();
    int[] known = new int[kinds.length];
    for (int b = 0; b < kinds.length; b++) {
      int kind = kinds[b];
      known[b] =
          kind
              | (kind < ByteKind.COUNT ? 0 : SPECIAL)
              | (ByteKind.isBase64(kind) ? BASE64 : 0)
              | (ByteKind.isLetter(kind) ? 1 << LETTER_SHIFT : 0);
    }
    return known;
  }
}
