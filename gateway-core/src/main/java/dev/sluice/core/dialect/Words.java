package dev.sluice.core.dialect;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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

  private static final int WORDS_MAX = Integer.SIZE;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
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

  /** What one look has seen. One per reader; overwritten by each look. */
  static final class Sight {

    /** One bit per word that was found, in the order of the list. */
    int marks;

    /** Bytes of text, as it is written with its escapes. */
    long textBytes;
  }

  /** Looks at {@code [from, to)}, and overwrites what was seen before. */
  void look(byte[] b, int from, int to, Sight sight) {
    sight.marks = 0;
    sight.textBytes = 0;
    var i = from;
    while (i <= to - Long.BYTES) {
      var hits = quotes((long) LONGS.get(b, i));
      var after = i + Long.BYTES;
      while (hits != 0) {
        var quote = i + (Long.numberOfTrailingZeros(hits) >>> 3);
        hits &= hits - 1;
        var behind = word(b, quote + 1, to, sight);
        if (behind > after) {
          after = behind;
          break;
        }
      }
      i = after;
    }
    while (i < to) {
      i = b[i] == '"' ? word(b, i + 1, to, sight) : i + 1;
    }
  }

  /** A word that may begin at {@code i}, behind a quote; returns where to look on. */
  private int word(byte[] b, int i, int to, Sight sight) {
    var candidates = i < to && b[i] >= 0 ? byFirst[b[i]] : 0;
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
      switch (kinds[n]) {
        case VALUE -> sight.marks |= 1 << n;
        case KEY -> {
          if (b[value] != 'n') {
            sight.marks |= 1 << n;
          }
        }
        case TEXT -> {
          if (b[value] == '"') {
            var end = stringEnd(b, value + 1, to);
            sight.textBytes += end - value - 1;
            return Math.min(end + 1, to);
          }
        }
      }
      return after;
    }
    return i;
  }

  /** The high bit of every byte that is a quote; exact, without borrows between bytes. */
  private static long quotes(long bytes) {
    var v = bytes ^ '"' * ONES;
    return ~(((v & LOWS) + LOWS) | v | LOWS);
  }

  private static boolean stands(byte[] b, int at, int to, byte[] word) {
    if (word.length > to - at) {
      return false;
    }
    for (var i = 1; i < word.length; i++) {
      if (b[at + i] != word[i]) {
        return false;
      }
    }
    return true;
  }

  /** Index of the first byte of the value behind a key that ended before {@code i}, or -1. */
  private static int valueAfter(byte[] b, int i, int to) {
    var colon = skipSpace(b, i, to);
    if (colon == to || b[colon] != ':') {
      return -1;
    }
    var value = skipSpace(b, colon + 1, to);
    return value == to ? -1 : value;
  }

  private static int skipSpace(byte[] b, int from, int to) {
    var i = from;
    while (i < to && (b[i] == ' ' || b[i] == '\t')) {
      i++;
    }
    return i;
  }

  private static int quote(byte[] b, int from, int to) {
    var i = from;
    while (i <= to - Long.BYTES) {
      var hits = quotes((long) LONGS.get(b, i));
      if (hits != 0) {
        return i + (Long.numberOfTrailingZeros(hits) >>> 3);
      }
      i += Long.BYTES;
    }
    while (i < to && b[i] != '"') {
      i++;
    }
    return i;
  }

  /** Index of the quote that ends the string with its first character at {@code from}. */
  private static int stringEnd(byte[] b, int from, int to) {
    var i = from;
    while (true) {
      i = quote(b, i, to);
      if (i == to) {
        return to;
      }
      var backslashes = 0;
      while (i - 1 - backslashes >= from && b[i - 1 - backslashes] == '\\') {
        backslashes++;
      }
      if ((backslashes & 1) == 0) {
        return i;
      }
      i++;
    }
  }
}
