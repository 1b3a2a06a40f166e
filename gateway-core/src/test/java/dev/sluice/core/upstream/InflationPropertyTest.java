package dev.sluice.core.upstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever is compressed, however it is cut: the same bytes come out, all that was flushed comes
 * out before more goes in, and a form that was cut short is never called whole. 100 random bodies
 * per form; the seed is in the message.
 */
final class InflationPropertyTest {
  enum Form {
    GZIP("gzip"),
    ZLIB("deflate"),
    RAW("deflate");

    private final String coding;

    Form(String coding) {
      this.coding = coding;
    }

    OutputStream over(OutputStream out, int level) throws IOException {
      return switch (this) {
        case GZIP -> new GZIPOutputStream(out, 512, true);
        case ZLIB -> new DeflaterOutputStream(out, new Deflater(level), 512, true);
        case RAW -> new DeflaterOutputStream(out, new Deflater(level, true), 512, true);
      };
    }
  }

  @AfterAll
  static void nothingIsLost() {
    Leaks.expectNone();
  }

  private static byte[] body(Random random) {
    byte[] body = new byte[random.nextInt(40_000)];
    int kinds = 1 + random.nextInt(256); // from runs of one byte to noise
    int run = 1 + random.nextInt(600);
    for (int i = 0; i < body.length; ) {
      byte value = (byte) random.nextInt(kinds);
      for (int n = random.nextInt(run) + 1; n > 0 && i < body.length; n--) {
        body[i++] = value;
      }
    }
    return body;
  }

  private static void append(Inflation inflation, byte[] bytes, int from, int to) {
    ByteBuf piece = Upstreams.ALLOCATOR.buffer(to - from);
    inflation.append(piece.writeBytes(bytes, from, to - from));
  }

  private static void takeAll(Inflation inflation, ByteArrayOutputStream out) throws IOException {
    for (ByteBuf plain = inflation.take(); plain != null; plain = inflation.take()) {
      assertThat(plain.readableBytes()).isBetween(1, 2 * Inflation.STEP_BYTES);
      plain.readBytes(out, plain.readableBytes());
      plain.release();
    }
  }

  @ParameterizedTest
  @EnumSource
  @SuppressWarnings("try") // closed early: closing is what writes the end of the compressed body
  void theSameBytesComeOut(Form form) throws Exception {
    for (int round = 0; round < 100; round++) {
      long seed = form.coding.hashCode() * 1_000L + round;
      Random random = new Random(seed);
      byte[] body = body(random);
      ByteArrayOutputStream wire = new ByteArrayOutputStream();
      int sent = 0;
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (Inflation inflation = requireNonNull(Inflation.of(form.coding, Upstreams.ALLOCATOR));
          OutputStream compressing = form.over(wire, random.nextInt(10))) {
        for (int at = 0; at < body.length; ) {
          int size = Math.min(body.length - at, 1 + random.nextInt(9_000));
          compressing.write(body, at, size);
          at += size;
          compressing.flush();
          sent = feed(inflation, wire.toByteArray(), sent, random, out);
          assertThat(out.size()).as("flushed, seed %d", seed).isEqualTo(at);
        }
        compressing.close();
        byte[] all = wire.toByteArray();
        feed(inflation, all, sent, random, out);
        assertThat(Arrays.equals(out.toByteArray(), body)).as("seed %d", seed).isTrue();
        assertThat(inflation.isWhole()).as("seed %d", seed).isTrue();
        cutShort(form, all, random, seed);
      }
    }
  }

  private static int feed(
      Inflation inflation, byte[] wire, int from, Random random, ByteArrayOutputStream out)
      throws IOException {
    int at = from;
    while (at < wire.length) {
      int to = Math.min(wire.length, at + 1 + random.nextInt(random.nextBoolean() ? 3 : 5_000));
      append(inflation, wire, at, to);
      at = to;
      takeAll(inflation, out);
    }
    return at;
  }

  private static void cutShort(Form form, byte[] wire, Random random, long seed)
      throws IOException {
    try (Inflation inflation = requireNonNull(Inflation.of(form.coding, Upstreams.ALLOCATOR))) {
      append(inflation, wire, 0, 1 + random.nextInt(wire.length - 1));
      takeAll(inflation, new ByteArrayOutputStream());
      inflation.inputEnds();
      assertThat(inflation.isWhole()).as("cut short, seed %d", seed).isFalse();
    }
  }
}
