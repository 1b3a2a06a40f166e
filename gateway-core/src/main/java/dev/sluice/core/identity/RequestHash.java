package dev.sluice.core.identity;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One request on its way through the two hashes that {@link Fingerprinter} describes. How the body
 * is cut into pieces does not matter. Confined to the caller.
 */
final class RequestHash {

  /** A prime, 2^61 - 1: what is above its 61 bits is added at the bottom. */
  static final long P = (1L << 61) - 1;

  /** Pairs of 64-bit words in a block; each word has its key. */
  static final int BLOCK_PAIRS = 64;

  private static final int TO_WIDE = 7;
  private static final int PAIR_BYTES = 16;
  private static final long LOW_32 = 0xFFFF_FFFFL;
  private static final long MASK_22 = (1L << 22) - 1;
  private static final long MASK_43 = (1L << 43) - 1;

  private final long[] blockKeys;
  private final long pointHigh;
  private final long pointLow;

  // The two polynomials so far, lazily reduced: always below 2^62 + 8.
  private long high = 1;
  private long low = 1;

  // The block in progress: a sum of 128-bit products. Their lower halves are summed in two parts,
  // so
  // that no carry is lost.
  private int pairs;
  private long bottom;
  private long middle;
  private long top;

  // What a piece of the body left over: less than a pair.
  private long first;
  private long second;
  private int leftOver;

  RequestHash(long[] blockKeys, long pointHigh, long pointLow) {
    this.blockKeys = blockKeys;
    this.pointHigh = pointHigh;
    this.pointLow = pointLow;
  }

  /** Another one that has hashed the same. */
  RequestHash fork() {
    RequestHash other = new RequestHash(blockKeys, pointHigh, pointLow);
    other.high = high;
    other.low = low;
    other.pairs = pairs;
    other.bottom = bottom;
    other.middle = middle;
    other.top = top;
    other.first = first;
    other.second = second;
    other.leftOver = leftOver;
    return other;
  }

  /** As if nothing had been hashed; not inside a body. */
  void restart() {
    high = 1;
    low = 1;
  }

  /** The product modulo P of two numbers whose product is below 2^124; itself at most P + 7. */
  static long times(long a, long b) {
    long bottom = a * b;
    long folded = (bottom & P) + ((bottom >>> 61) | (Math.multiplyHigh(a, b) << 3)); // unsigned
    return (folded & P) + (folded >>> 61);
  }

  /** The one number below P that is the same modulo P. */
  static long canonical(long a) {
    long once = (a & P) + (a >>> 61);
    return once >= P ? once - P : once;
  }

  /** The next coefficient of both, below P. */
  void coefficient(long both) {
    coefficients(both, both);
  }

  /** The next coefficients, one for each; below P. */
  void coefficients(long forHigh, long forLow) {
    high = times(high, pointHigh) + forHigh;
    low = times(low, pointLow) + forLow;
  }

  /**
   * A text, 7 characters to a coefficient, or 3 from the first on that needs more than a byte. The
   * last coefficient is marked as such and says how many it holds, so that text after text can be
   * read back.
   */
  void text(CharSequence text) {
    int length = text.length();
    int at = 0;
    for (; length - at >= 7; at += 7) {
      int a = text.charAt(at);
      int b = text.charAt(at + 1);
      int c = text.charAt(at + 2);
      int d = text.charAt(at + 3);
      int e = text.charAt(at + 4);
      int f = text.charAt(at + 5);
      int g = text.charAt(at + 6);
      if ((a | b | c | d | e | f | g) > 0xFF) {
        wideText(text, at);
        return;
      }
      long upper = d | (e << 8) | (f << 16) | ((long) g << 24);
      coefficient(a | (b << 8) | (c << 16) | (upper << 24));
    }
    long word = 0;
    int all = 0;
    for (int i = at; i < length; i++) {
      int c = text.charAt(i);
      all |= c;
      word |= (long) c << ((i - at) << 3);
    }
    if (all > 0xFF) {
      wideText(text, at);
    } else {
      endText(length - at, word);
    }
  }

  private void wideText(CharSequence text, int from) {
    endText(TO_WIDE, 0);
    long word = 0;
    int held = 0;
    for (int i = from, length = text.length(); i < length; i++) {
      word |= (long) text.charAt(i) << (held << 4);
      if (++held == 3) {
        coefficient(word);
        word = 0;
        held = 0;
      }
    }
    endText(held, word);
  }

  private void endText(int held, long word) {
    coefficient((1L << 60) | ((long) held << 56) | word);
  }

  /** The next piece of the body; becomes little-endian, its position and limit do not change. */
  void body(ByteBuffer bytes) {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    int at = bytes.position();
    int end = bytes.limit();
    while (leftOver != 0 && at < end) {
      keep(bytes.get(at++));
    }
    while (end - at >= PAIR_BYTES) {
      int count = Math.min((end - at) / PAIR_BYTES, BLOCK_PAIRS - pairs);
      pairs(bytes, at, count);
      at += count * PAIR_BYTES;
    }
    while (at < end) {
      keep(bytes.get(at++));
    }
  }

  private void keep(byte b) {
    if (leftOver < 8) {
      first |= (b & 0xFFL) << (leftOver << 3);
    } else {
      second |= (b & 0xFFL) << ((leftOver - 8) << 3);
    }
    if (++leftOver == PAIR_BYTES) {
      endLeftOver();
    }
  }

  private void endLeftOver() {
    pair(first, second);
    first = 0;
    second = 0;
    leftOver = 0;
  }

  private void pair(long a, long b) {
    long x = a + blockKeys[pairs << 1];
    long y = b + blockKeys[(pairs << 1) + 1];
    long product = x * y;
    bottom += product & LOW_32;
    middle += product >>> 32;
    top += Math.unsignedMultiplyHigh(x, y);
    if (++pairs == BLOCK_PAIRS) {
      endBlock();
    }
  }

  /** The same for many at once, in registers: this loop is what a long body costs. */
  private void pairs(ByteBuffer bytes, int from, int count) {
    long[] keys = blockKeys;
    int firstKey = pairs << 1;
    long bottom = this.bottom;
    long middle = this.middle;
    long top = this.top;
    for (int i = 0; i < count; i++) {
      long a = bytes.getLong(from + (i << 4)) + keys[firstKey + (i << 1)];
      long b = bytes.getLong(from + (i << 4) + 8) + keys[firstKey + (i << 1) + 1];
      long product = a * b;
      bottom += product & LOW_32;
      middle += product >>> 32;
      top += Math.unsignedMultiplyHigh(a, b);
    }
    this.bottom = bottom;
    this.middle = middle;
    this.top = top;
    pairs += count;
    if (pairs == BLOCK_PAIRS) {
      endBlock();
    }
  }

  /** 128 bits are three coefficients, of 43, 43 and 42 bits. */
  private void endBlock() {
    long upper = middle + (bottom >>> 32);
    long low64 = (upper << 32) | (bottom & LOW_32);
    long high64 = top + (upper >>> 32);
    coefficient(low64 & MASK_43);
    coefficient((low64 >>> 43) | ((high64 & MASK_22) << 21));
    coefficient(high64 >>> 22);
    bottom = 0;
    middle = 0;
    top = 0;
    pairs = 0;
  }

  /**
   * The body is over, and another may begin; zeros fill its last pair, and its length says how many
   * they are.
   */
  void endBody(long bodyBytes) {
    if (leftOver != 0) {
      endLeftOver();
    }
    if (pairs != 0) {
      endBlock();
    }
    coefficient(bodyBytes);
  }

  long high() {
    return canonical(high);
  }

  long low() {
    return canonical(low);
  }
}
