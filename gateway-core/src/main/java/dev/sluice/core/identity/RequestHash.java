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

  private static final int PAIR_BYTES = 16;
  private static final long LOW_32 = 0xFFFF_FFFFL;

  private final long[] blockKeys;
  private final long pointHigh;
  private final long pointLow;

  // The two polynomials so far, lazily reduced: always below 2^62 + 8.
  private long high = 1;
  private long low = 1;

  // The block in progress: a sum of 128-bit products. Their lower halves are summed in two parts, so
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

  /** As if nothing had been hashed; not inside a body. */
  void restart() {
    high = 1;
    low = 1;
  }

  /** The product modulo P of two numbers whose product is below 2^124; itself at most P + 7. */
  static long times(long a, long b) {
    long bottom = a * b;
    long folded = (bottom & P) + (bottom >>> 61 | Math.multiplyHigh(a, b) << 3); // unsigned
    return (folded & P) + (folded >>> 61);
  }

  /** The one number below P that is the same modulo P. */
  static long canonical(long a) {
    long once = (a & P) + (a >>> 61);
    return once >= P ? once - P : once;
  }

  private void coefficient(long both) {
    coefficients(both, both);
  }

  /** The next coefficients, below P. */
  void coefficients(long forHigh, long forLow) {
    high = times(high, pointHigh) + forHigh;
    low = times(low, pointLow) + forLow;
  }

  /**
   * A text, 7 bytes to a coefficient; the last one is marked as such and says how many it holds, so
   * that text after text can be read back. Characters from 0xFF up are three bytes.
   */
  void text(CharSequence text, boolean lowerCase) {
    long word = 0;
    int bits = 0;
    for (int i = 0, length = text.length(); i < length; i++) {
      int c = text.charAt(i);
      if (lowerCase && c >= 'A' && c <= 'Z') {
        c |= 0x20;
      }
      if (c >= 0xFF) {
        word |= 0xFFL << bits;
        if ((bits += 8) == 56) {
          coefficient(word);
          word = 0;
          bits = 0;
        }
        word |= (long) (c >>> 8) << bits;
        if ((bits += 8) == 56) {
          coefficient(word);
          word = 0;
          bits = 0;
        }
        c &= 0xFF;
      }
      word |= (long) c << bits;
      if ((bits += 8) == 56) {
        coefficient(word);
        word = 0;
        bits = 0;
      }
    }
    coefficient(1L << 60 | (long) (bits >>> 3) << 56 | word);
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
    ByteBuffer pair = ByteBuffer.allocate(PAIR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    pairs(pair.putLong(0, a).putLong(8, b), 0, 1);
  }

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
    long low64 = upper << 32 | bottom & LOW_32;
    long high64 = top + (upper >>> 32);
    coefficient(low64 & (1L << 43) - 1);
    coefficient(low64 >>> 43 | (high64 & (1L << 22) - 1) << 21);
    coefficient(high64 >>> 22);
    bottom = 0;
    middle = 0;
    top = 0;
    pairs = 0;
  }

  /** The body is over; zeros fill its last pair, and its length says how many they are. */
  void endBody(int bodyBytes) {
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
