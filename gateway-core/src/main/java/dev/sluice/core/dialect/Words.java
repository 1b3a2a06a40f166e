package dev.sluice.core.dialect;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The cheap look at an event before any parsing: which of a few quoted words stand in it, and how
 * much text it carries. Most events of a stream hold none, and are never parsed.
 *
 * <p>One pass, eight bytes at a time, from quote to quote. A quote inside a JSON string is written
 * with a backslash before it, so a word with both its quotes is nearly always what it seems; where
 * it is not, an event is parsed in vain. Holds tables only; may be shared.
 */
final class Words {

  /** What must follow a word. */
  enum Kind {
    /** No colon: the word is a value, not a key. */
    VALUE,
    /** A colon and something other than null. */
    KEY,
    /** A colon and a string, whose length counts as text; never a mark. */
    TEXT
  }

  /**
   * @param word ASCII, without its quotes
   */
  record Word(Kind kind, String word) {}

  /** Set in the result of {@link #look}, beside one bit per word. */
  private static final int WORDS_MAX = 16;

  private static final long ONES = 0x0101010101010101L;
  private static final long LOWS = 0x7F7F7F7F7F7F7F7FL;

  private final byte[][] words;
  private final Kind[] kinds;

  /** By the first byte of a word: which words it may be. */
  private final int[] byFirst = new int[128];

  Words(List<Word> list) {
    if (list.size() > WORDS_MAX) {
      throw new IllegalArgumentException(list.size() + " words, at most " + WORDS_MAX);
    }
    words = new byte[list.size()][];
    kinds = new Kind[list.size()];
    for (var i = 0; i < words.length; i++) {
      words[i] = (list.get(i).word() + '"').getBytes(StandardCharsets.US_ASCII);
      kinds[i] = list.get(i).kind();
      byFirst[words[i][0]] |= 1 << i;
    }
  }

  /**
   * Looks at {@code [from, to)}.
   *
   * @return one bit per word that was found, in the order of the list (see {@link #marks}), and the
   *     bytes of text (see {@link #textBytes})
   */
  long look(ByteBuf b, int from, int to) {
    var marks = 0;
    var text = 0L;
    var i = from;
    while (i < to) {
      i = quote(b, i, to);
      if (i >= to - 1) {
        break;
      }
      i++;
      var first = b.getByte(i);
      var candidates = first >= 0 ? byFirst[first] : 0;
      while (candidates != 0) {
        var n = Integer.numberOfTrailingZeros(candidates);
        candidates &= candidates - 1;
        if (!stands(b, i, to, words[n])) {
          continue;
        }
        var after = i + words[n].length;
        var value = valueAfter(b, after, to);
        if ((value < 0) != (kinds[n] == Kind.VALUE)) {
          // the same word may stand in the list as the other kind
          continue;
        }
        if (kinds[n] == Kind.VALUE) {
          marks |= 1 << n;
          i = after;
          break;
        }
        if (kinds[n] == Kind.KEY) {
          if (b.getByte(value) != 'n') {
            marks |= 1 << n;
          }
          i = after;
          break;
        }
        if (b.getByte(value) == '"') {
          var end = stringEnd(b, value + 1, to);
          text += end - value - 1;
          i = Math.min(end + 1, to);
        } else {
          i = after;
        }
        break;
      }
    }
    return text << WORDS_MAX | marks;
  }

  static int marks(long look) {
    return (int) (look & ((1 << WORDS_MAX) - 1));
  }

  static long textBytes(long look) {
    return look >>> WORDS_MAX;
  }

  private static boolean stands(ByteBuf b, int at, int to, byte[] word) {
    if (word.length > to - at) {
      return false;
    }
    for (var i = 1; i < word.length; i++) {
      if (b.getByte(at + i) != word[i]) {
        return false;
      }
    }
    return true;
  }

  /** Index of the first byte of the value behind a key that ended before {@code i}, or -1. */
  private static int valueAfter(ByteBuf b, int i, int to) {
    var colon = skipSpace(b, i, to);
    if (colon == to || b.getByte(colon) != ':') {
      return -1;
    }
    var value = skipSpace(b, colon + 1, to);
    return value == to ? -1 : value;
  }

  private static int skipSpace(ByteBuf b, int from, int to) {
    var i = from;
    while (i < to && (b.getByte(i) == ' ' || b.getByte(i) == '\t')) {
      i++;
    }
    return i;
  }

  private static int quote(ByteBuf b, int from, int to) {
    var i = from;
    while (i <= to - Long.BYTES) {
      var v = b.getLongLE(i) ^ '"' * ONES;
      var hits = ~(((v & LOWS) + LOWS) | v | LOWS);
      if (hits != 0) {
        return i + (Long.numberOfTrailingZeros(hits) >>> 3);
      }
      i += Long.BYTES;
    }
    while (i < to && b.getByte(i) != '"') {
      i++;
    }
    return i;
  }

  /** Index of the quote that ends the string with its first character at {@code from}. */
  private static int stringEnd(ByteBuf b, int from, int to) {
    var i = from;
    while (true) {
      i = quote(b, i, to);
      if (i == to) {
        return to;
      }
      var backslashes = 0;
      while (i - 1 - backslashes >= from && b.getByte(i - 1 - backslashes) == '\\') {
        backslashes++;
      }
      if ((backslashes & 1) == 0) {
        return i;
      }
      i++;
    }
  }
}
