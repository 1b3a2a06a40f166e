package dev.sluice.core.server;

import dev.sluice.core.dialect.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a chunked body (RFC 9112 section 7.1) and accepts exactly one way to write it: hexadecimal
 * sizes, CRLF and nothing else, extensions of at most 256 bytes, trailers within the bounds of a
 * head. Extensions and trailers are looked at and dropped.
 *
 * <p>Netty's reader is not used for this: it takes extensions as long as a request line and folded
 * trailers, and does not tell in which of its states a byte was read, so that nothing can be
 * checked before it.
 */
final class ChunkedBody {
  private static final int EXTENSION_MAX = 256;

  /** 2^60: more than any body, and no overflow. */
  private static final int SIZE_DIGITS_MAX = 15;

  private static final int SMALL_BYTES = 4 * StrictRequestDecoder.PIECE_MIN;

  private enum State {
    SIZE,
    DATA,
    DATA_END,
    TRAILER,
    WHOLE
  }

  private final int trailerMax;
  private final int trailerFieldsMax;
  private State state = State.WHOLE;
  private long left;
  private int trailerBytes;
  private int trailerFields;
  private @Nullable ByteBuf small;

  ChunkedBody(ServerSettings settings) {
    trailerMax = settings.headMaxBytes();
    trailerFieldsMax = settings.headFieldsMax();
  }

  void begin() {
    state = State.SIZE;
    left = 0;
    trailerBytes = 0;
    trailerFields = 0;
  }

  boolean isWhole() {
    return state == State.WHOLE;
  }

  /**
   * Takes one step: a line, or a piece of data, which is added to {@code out}, owned by the
   * receiver. Consumes nothing while a line is not whole.
   */
  @Nullable Refusal read(ByteBufAllocator alloc, ByteBuf in, List<Object> out) {
    return switch (state) {
      case SIZE -> size(in);
      case DATA -> {
        int length = (int) Math.min(left, in.readableBytes());
        left -= length;
        data(alloc, in, length, out);
        if (left == 0) {
          state = State.DATA_END;
        }
        yield null;
      }
      case DATA_END -> dataEnd(in);
      case TRAILER -> trailer(in, out);
      case WHOLE -> throw new IllegalStateException("read past the end of a chunked body");
    };
  }

  /** Drops what has not been handed on. */
  void release() {
    if (small != null) {
      small.release();
      small = null;
    }
  }

  /**
   * Small pieces gather in one buffer, because each one handed on costs far more than its bytes.
   */
  private void data(ByteBufAllocator alloc, ByteBuf in, int length, List<Object> out) {
    if (length >= StrictRequestDecoder.PIECE_MIN) {
      handOn(out);
      out.add(in.readRetainedSlice(length));
      return;
    }
    if (small == null) {
      small = alloc.ioBuffer(SMALL_BYTES, SMALL_BYTES);
    }
    small.writeBytes(in, length);
    if (small.writableBytes() < StrictRequestDecoder.PIECE_MIN) {
      handOn(out);
    }
  }

  private void handOn(List<Object> out) {
    if (small != null) {
      out.add(small);
      small = null;
    }
  }

  private @Nullable Refusal size(ByteBuf in) {
    int base = in.readerIndex();
    int end = lineEnd(in, base + SIZE_DIGITS_MAX + EXTENSION_MAX + 2);
    if (end == MORE) {
      return in.readableBytes() > SIZE_DIGITS_MAX + EXTENSION_MAX + 2 ? lineTooLong() : null;
    }
    if (end == BROKEN) {
      return lineBroken();
    }
    long size = 0;
    int at = base;
    for (; at < end; at++) {
      int digit = Character.digit(in.getByte(at), 16);
      if (digit < 0) {
        break;
      }
      if (at - base == SIZE_DIGITS_MAX) {
        return sizeMalformed();
      }
      size = size << 4 | digit;
    }
    if (at == base) {
      return sizeMalformed();
    }
    int extension = at;
    while (at < end && (in.getByte(at) == ' ' || in.getByte(at) == '\t')) {
      at++;
    }
    if (extension < end && (at == end || in.getByte(at) != ';')) {
      return sizeMalformed();
    }
    if (end - extension > EXTENSION_MAX) {
      return lineTooLong();
    }
    in.readerIndex(end + 2);
    left = size;
    state = size == 0 ? State.TRAILER : State.DATA;
    return null;
  }

  private @Nullable Refusal dataEnd(ByteBuf in) {
    int base = in.readerIndex();
    if (in.getByte(base) != '\r') {
      return dataTooLong();
    }
    if (in.readableBytes() > 1) {
      if (in.getByte(base + 1) != '\n') {
        return dataTooLong();
      }
      in.skipBytes(2);
      state = State.SIZE;
    }
    return null;
  }

  private @Nullable Refusal trailer(ByteBuf in, List<Object> out) {
    int base = in.readerIndex();
    int end = lineEnd(in, in.writerIndex());
    if (end == BROKEN) {
      return lineBroken();
    }
    int length = end == MORE ? in.readableBytes() : end + 2 - base;
    if (trailerBytes + length > trailerMax || trailerFields > trailerFieldsMax) {
      return Refusal.invalid(
          "trailers_too_large",
          "The trailers are longer than " + trailerMax + " bytes. Send none.");
    }
    if (end == MORE) {
      return null;
    }
    if (end == base) {
      state = State.WHOLE;
      handOn(out);
    } else {
      int at = base;
      while (at < end && FramingGuard.isTokenByte(in.getByte(at))) {
        at++;
      }
      if (at == base || at == end || in.getByte(at) != ':') {
        return Refusal.invalid(
            "trailer_malformed", "A trailer field is malformed. Send name, colon and value.");
      }
      trailerFields++;
    }
    trailerBytes += length;
    in.readerIndex(end + 2);
    return null;
  }

  private static final int MORE = -1;
  private static final int BROKEN = -2;

  /** Index of the CR that ends the line, or {@link #MORE}, or {@link #BROKEN}. */
  private static int lineEnd(ByteBuf in, int limit) {
    int to = Math.min(limit, in.writerIndex());
    int at = in.readerIndex();
    while (true) {
      at = ControlBytes.next(in, at, to);
      if (at == to) {
        return MORE;
      }
      byte control = in.getByte(at);
      if (control == '\r') {
        if (at + 1 == in.writerIndex()) {
          return MORE;
        }
        return in.getByte(at + 1) == '\n' ? at : BROKEN;
      }
      if (control != '\t') {
        return BROKEN;
      }
      at++;
    }
  }

  private static Refusal lineBroken() {
    return Refusal.invalid(
        "chunk_line_broken",
        "A line of the chunked body has a control byte, or does not end in CRLF. End it in CRLF.");
  }

  private static Refusal lineTooLong() {
    return Refusal.invalid(
        "chunk_line_too_long",
        "A chunk has an extension longer than " + EXTENSION_MAX + " bytes. Send none.");
  }

  private static Refusal sizeMalformed() {
    return Refusal.invalid(
        "chunk_size_malformed",
        "A chunk size is not a hexadecimal number of at most " + SIZE_DIGITS_MAX + " digits.");
  }

  private static Refusal dataTooLong() {
    return Refusal.invalid(
        "chunk_end_missing",
        "The data of a chunk is not followed by CRLF. Send as many bytes as its size says.");
  }
}
