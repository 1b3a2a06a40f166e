package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextShapePropertyTest {

  private final long seed = Long.getLong("seed", System.nanoTime());

  @Test
  void theShapeIsTheSameHoweverTheBytesAreSplit() {
    System.out.println("TextShapePropertyTest -Dseed=" + seed);
    Random random = new Random(seed);
    Texts texts = new Texts(seed);
    for (int round = 0; round < 400; round++) {
      byte[] body = body(texts, random).getBytes(StandardCharsets.UTF_8);
      Content whole = scanned(body, body.length);
      int longest = 1 << random.nextInt(14);
      TextShape shape = new TextShape();
      int at = 0;
      while (at < body.length) {
        int length = Math.min(body.length - at, 1 + random.nextInt(longest));
        piece(shape, body, at, length, random.nextInt(4));
        at += length;
      }
      assertThat(shape.content())
          .as("seed %d, round %d, pieces of %d", seed, round, longest)
          .isEqualTo(whole);
    }
  }

  @Test
  void anyBytesAreReadWithoutAnError() {
    Random random = new Random(seed);
    String often = "\\u\"n/{}A9+ \u00e4\u00bd\u00a0\u00f0\u009f";
    for (int round = 0; round < 2_000; round++) {
      byte[] body = new byte[random.nextInt(6_000)];
      for (int i = 0; i < body.length; i++) {
        body[i] =
            (byte)
                (random.nextInt(3) > 0
                    ? often.charAt(random.nextInt(often.length()))
                    : random.nextInt());
      }
      int from = body.length == 0 ? 0 : random.nextInt(body.length);
      if (round % 2 == 0) { // long runs, broken by anything
        byte[] run = Base64.getEncoder().encode(Pictures.jpeg(9, 9, 0xC0, 5));
        System.arraycopy(run, 0, body, from, Math.min(run.length, body.length - from));
      }
      Content whole = scanned(body, body.length);
      Content bytewise = scanned(body, 1);
      assertThat(bytewise).as("seed %d, round %d", seed, round).isEqualTo(whole);
      assertThat(whole.baseTokens()).isBetween(0L, 4L * body.length);
      JsonTexts.of(body);
    }
  }

  @Test
  void theSumsAreThoseOfAPlainReading() {
    Random random = new Random(seed);
    Texts texts = new Texts(seed);
    for (int round = 0; round < 200; round++) {
      String text = texts.of(Texts.KINDS.get(round % 3), texts.length(10, 4_000));
      String json = Texts.escaped(text, random.nextBoolean());
      assertThat(TextShapeTest.content(json).baseTokens())
          .as("seed %d: %s", seed, json)
          .isEqualTo(plainly(text));
    }
  }

  /** By characters instead of bytes, and with the marks left out. */
  private static long plainly(String text) {
    long[] pairs = TokenModel.pairs();
    long[] words = TokenModel.words();
    long sum = 0;
    int before = ByteKind.OTHER;
    int position = 0;
    for (int i = 0; i < text.length(); i++) {
      int kind = ByteKind.ofUnit(text.charAt(i));
      position = ByteKind.isLetter(kind) ? Math.min(position + 1, 15) : 0;
      sum += pairs[before * 32 + kind] >> TokenModel.WEIGHT_SHIFT;
      sum += words[position] >> TokenModel.WEIGHT_SHIFT;
      before = kind;
    }
    return (sum + 500) / 1_000;
  }

  private static void piece(TextShape shape, byte[] body, int at, int length, int form) {
    switch (form) {
      case 0 -> {
        ByteBuffer direct = ByteBuffer.allocateDirect(length + 3);
        direct.position(3).put(body, at, length).flip().position(3);
        shape.scan(direct);
        assertThat(direct.remaining()).isEqualTo(length);
      }
      case 1 -> shape.scan(ByteBuffer.wrap(body, at, length));
      case 2 -> shape.scan(ByteBuffer.wrap(body, at, length).slice());
      default -> shape.scan(body, at, length);
    }
  }

  private static Content scanned(byte[] body, int pieces) {
    TextShape shape = new TextShape();
    for (int at = 0; at < body.length; at += pieces) {
      shape.scan(body, at, Math.min(pieces, body.length - at));
    }
    return shape.content();
  }

  private static String body(Texts texts, Random random) {
    StringBuilder body = new StringBuilder();
    for (int part = 1 + random.nextInt(4); part > 0; part--) {
      ContentClass kind = Texts.KINDS.get(random.nextInt(3));
      body.append(
          Texts.chat(
              texts.of(kind, texts.length(10, 3_000)), texts.tools(1), random.nextBoolean()));
      byte[] file =
          switch (random.nextInt(5)) {
            case 0 -> Pictures.png(1 + random.nextInt(3_000), 1 + random.nextInt(3_000));
            case 1 -> Pictures.jpeg(700, 1 + random.nextInt(3_000), 0xC0, random.nextInt(9_000));
            case 2 -> Pictures.file("%PDF-");
            case 3 -> Pictures.file("");
            default -> Pictures.noise(740 + random.nextInt(20), random.nextLong());
          };
      String data = Base64.getEncoder().encodeToString(file);
      body.append('"').append(random.nextBoolean() ? data.replace("/", "\\/") : data);
      body.append(random.nextBoolean() ? "\"" : random.nextBoolean() ? "\\n\"" : "\\u4f60\"");
    }
    return body.toString();
  }
}
