package dev.sluice.core.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * Bytes to be looked at one by one are copied into an array of the thread first, a piece that fits
 * the nearest cache at a time. Reading a buffer byte by byte costs several nanoseconds for each
 * (checks, and a call that is virtual as soon as buffers of three kinds were seen); the copy costs
 * a tenth of one.
 *
 * <p>A scratch is valid until the same thread asks for the next: nothing that is called while one
 * is in use may ask.
 */
final class Scratch {

  static final int PIECE = 16 * 1024;

  private static final FastThreadLocal<byte[]> PIECES =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[PIECE];
        }
      };

  private Scratch() {}

  /** The thread's piece, with anything in it. */
  static byte[] piece() {
    return PIECES.get();
  }

  /** The bytes {@code [start, end)}, from index 0 on; the array may be longer. */
  static byte[] copy(ByteBuf b, int start, int end) {
    var length = end - start;
    // An event that is larger is rare: the last of a long answer, an image.
    var bytes = length <= PIECE ? PIECES.get() : new byte[length];
    b.getBytes(start, bytes, 0, length);
    return bytes;
  }
}
