package dev.sluice.core.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** Bytes cut up, as a network does it. */
final class Pieces {

  /** Without leak records: they cost a stack trace per byte, and these buffers are only lent. */
  private static final ByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(false, true);

  private Pieces() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Shows the bytes in random pieces, each somewhere inside a larger buffer. */
  static void show(byte[] bytes, RandomGenerator random, Consumer<ByteBuf> reader) {
    var from = 0;
    var longest = 1 + random.nextInt(random.nextBoolean() ? 3 : 200);
    while (from < bytes.length) {
      var length = Math.min(bytes.length - from, 1 + random.nextInt(longest));
      show(bytes, from, length, random.nextInt(9), random.nextBoolean(), reader);
      from += length;
    }
  }

  static void show(byte[] bytes, Consumer<ByteBuf> reader) {
    show(bytes, 0, bytes.length, 0, false, reader);
  }

  private static void show(
      byte[] bytes, int from, int length, int before, boolean isDirect, Consumer<ByteBuf> reader) {
    // What lies around the piece would be noticed: a quote ends a string.
    var buffer =
        isDirect
            ? ALLOCATOR.directBuffer(before + length + 9)
            : ALLOCATOR.heapBuffer(before + length + 9);
    try {
      for (var i = 0; i < before; i++) {
        buffer.writeByte('"');
      }
      buffer.writeBytes(bytes, from, length);
      buffer.setByte(buffer.writerIndex(), '"');
      buffer.readerIndex(before);
      reader.accept(buffer);
      if (buffer.readerIndex() != before || buffer.writerIndex() != before + length) {
        throw new AssertionError("indices have changed");
      }
    } finally {
      buffer.release();
    }
  }

  /** The blocks of an event stream, each through its blank line (line feeds only). */
  static List<byte[]> events(String stream) {
    var events = new ArrayList<byte[]>();
    var start = 0;
    while (start < stream.length()) {
      var blank = stream.indexOf("\n\n", start);
      if (blank < 0) {
        throw new AssertionError("the stream does not end with a blank line");
      }
      events.add(utf8(stream.substring(start, blank + 2)));
      start = blank + 2;
    }
    return events;
  }
}
