package dev.sluice.billing.estimate;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A long run of base64 within a body: decodes as much of its beginning as tells what it is and, of
 * an image, its size. Keeps no more than {@link #HEAD_BYTES} of it.
 */
final class Base64Run {

  /** What a run turned out to be. */
  enum Kind {
    /** An image, or another medium that is known by its first bytes: then of unknown size. */
    IMAGE,
    PDF,
    /** Nothing known; may be a long word, so it counts as text. */
    NONE
  }

  /** Thousandths of a token for a character of base64 as text: o200k has 1.5 bytes a token. */
  static final long TEXT_WEIGHT = 667;

  /** Enough for the head of every format but JPEG. */
  private static final int HEAD_BYTES = 32;

  /** A JPEG's size stands behind its comments and previews; looked for as far as this. */
  private static final int JPEG_BYTES_MAX = 64 * 1_024;

  private static final byte[] VALUES = values();

  private final byte[] head = new byte[HEAD_BYTES];
  private int decoded;
  private long chars;

  private int bits;
  private int bitCount;

  private MediaHead.@Nullable Jpeg jpeg;
  private boolean isRead;

  /** Next characters; what is not of the alphabet is passed over. */
  void feed(byte[] array, int from, int to) {
    int at = from;
    for (; at < to && !isRead; at++) {
      int value = VALUES[array[at] & 0xFF];
      chars++;
      if (value >= 0) {
        bits = bits << 6 | value;
        bitCount += 6;
        if (bitCount >= 8) {
          bitCount -= 8;
          decoded(bits >> bitCount & 0xFF);
        }
      }
    }
    chars += to - at;
  }

  /** Characters, padding included. */
  long chars() {
    return chars;
  }

  long decodedBytes() {
    return chars / 4 * 3;
  }

  Kind kind() {
    return MediaHead.kind(head);
  }

  /** Of an image; {@link ImageSize#UNKNOWN} where it could not be read. */
  ImageSize size() {
    return jpeg != null ? jpeg.size() : MediaHead.size(head);
  }

  private void decoded(int b) {
    if (decoded < HEAD_BYTES) {
      head[decoded] = (byte) b;
    }
    decoded++;
    if (jpeg == null && decoded == HEAD_BYTES) {
      if (!MediaHead.isJpeg(head)) {
        isRead = true;
        return;
      }
      jpeg = new MediaHead.Jpeg();
      for (byte earlier : head) {
        jpeg.next(earlier & 0xFF);
      }
    } else if (jpeg != null) {
      jpeg.next(b);
    }
    isRead = jpeg != null && (jpeg.isDone() || decoded >= JPEG_BYTES_MAX);
  }

  private static byte[] values() {
    byte[] values = new byte[256];
    Arrays.fill(values, (byte) -1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < alphabet.length(); i++) {
      values[alphabet.charAt(i)] = (byte) i;
    }
    values['-'] = 62; // the form for addresses
    values['_'] = 63;
    return values;
  }
}
