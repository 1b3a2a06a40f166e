package dev.sluice.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.compression.Decompressor;
import io.netty.handler.codec.compression.JdkZlibDecompressor;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.netty.util.AsciiString;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Undoes the compression of one answer, in steps of bounded size: what has been read but is not
 * wanted yet stays compressed, so that neither a paused reader nor a bomb fills the memory. Owns
 * what it holds until {@link #close}. Confined to the loop.
 */
final class Inflation implements AutoCloseable {
  static final int STEP_BYTES = 16 * 1024;

  private final ByteBufAllocator allocator;
  private final Decompressor decompressor;
  private final ArrayDeque<ByteBuf> held = new ArrayDeque<>();
  private boolean inputSeen;
  private boolean inputEnded;
  private boolean complete;

  private Inflation(ByteBufAllocator allocator, ZlibWrapper wrapper) {
    this.allocator = allocator;
    this.decompressor =
        JdkZlibDecompressor.builder()
            .wrapper(wrapper)
            .maxAllocation(STEP_BYTES)
            .decompressConcatenated(false)
            .build(allocator);
  }

  /**
   * For one answer.
   *
   * @param coding value of {@code Content-Encoding}
   * @return null where the coding is none of ours: the body stays as it is
   */
  static @Nullable Inflation of(@Nullable String coding, ByteBufAllocator allocator) {
    if (coding == null) {
      return null;
    }
    if (AsciiString.contentEqualsIgnoreCase(coding, "gzip")
        || AsciiString.contentEqualsIgnoreCase(coding, "x-gzip")) {
      return new Inflation(allocator, ZlibWrapper.GZIP);
    }
    if (AsciiString.contentEqualsIgnoreCase(coding, "deflate")) {
      return new Inflation(allocator, ZlibWrapper.ZLIB_OR_NONE); // both are met (RFC 9110, 8.4.1.2)
    }
    return null;
  }

  /** Compressed bytes. Takes ownership. */
  void append(ByteBuf compressed) {
    if (compressed.isReadable()) {
      inputSeen = true;
      held.add(compressed);
    } else {
      compressed.release();
    }
  }

  /** No more bytes will come. */
  void inputEnds() {
    inputEnded = true;
  }

  boolean inputEnded() {
    return inputEnded;
  }

  /** Whether the compressed form came to its own end; an empty body is whole, too. */
  boolean isWhole() {
    return complete || !inputSeen;
  }

  /**
   * The next plain bytes, at most two steps of them, or null if there are none before more input.
   * Ownership passes.
   *
   * @throws io.netty.handler.codec.compression.DecompressionException if the bytes are not in that
   *     form
   */
  @Nullable ByteBuf take() {
    ByteBuf plain = allocator.buffer(256);
    boolean handedOver = false;
    try {
      while (!complete && plain.readableBytes() < STEP_BYTES) {
        switch (decompressor.status()) {
          case NEED_OUTPUT -> {
            ByteBuf piece = decompressor.takeOutput();
            try {
              plain.writeBytes(piece);
            } finally {
              piece.release();
            }
          }
          case NEED_INPUT -> {
            ByteBuf next = held.poll();
            if (next == null) {
              handedOver = plain.isReadable();
              return handedOver ? plain : null;
            }
            decompressor.addInput(next);
          }
          case COMPLETE -> complete = true;
        }
      }
      if (complete) {
        dropHeld(); // bytes after the end of the compressed form mean nothing
      }
      handedOver = plain.isReadable();
      return handedOver ? plain : null;
    } finally {
      if (!handedOver) {
        plain.release();
      }
    }
  }

  @Override
  public void close() {
    dropHeld();
    decompressor.close();
  }

  private void dropHeld() {
    for (ByteBuf left = held.poll(); left != null; left = held.poll()) {
      left.release();
    }
  }
}
