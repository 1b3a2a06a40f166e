package dev.sluice.core.server;

import io.netty.buffer.ByteBuf;

/**
 * Finds control bytes, eight at a time: every line of a head is looked at before it is parsed, and
 * this must cost next to nothing.
 */
final class ControlBytes {
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long SPACES = ONES * 0x20;
  private static final long DELETES = ONES * 0x7f;

  private ControlBytes() {}

  /**
   * Index of the first byte below 0x20 or equal to 0x7f in {@code [from, to)}, or {@code to}. Only
   * looks.
   */
  static int next(ByteBuf bytes, int from, int to) {
    int at = from;
    for (; at + 8 <= to; at += 8) {
      long word = bytes.getLongLE(at);
      // "Less than n" and "is zero" on bytes (Bit Twiddling Hacks): the lowest flag is always true.
      long low = (word - SPACES) & ~word;
      long delete = word ^ DELETES;
      long found = (low | ((delete - ONES) & ~delete)) & HIGHS;
      if (found != 0) {
        return at + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    for (; at < to; at++) {
      int b = bytes.getByte(at);
      if ((b >= 0 && b < 0x20) || b == 0x7f) {
        return at;
      }
    }
    return to;
  }
}
