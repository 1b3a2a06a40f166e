package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FingerprinterTest {

  private static final String POST = "POST";
  private static final String CHAT = "/v1/chat/completions";

  private final Fingerprinter fingerprinter = new Fingerprinter(new Random(1));

  private Fingerprint of(HttpHeaders headers, byte[] body) {
    return fingerprinter.of(POST, CHAT, headers, Unpooled.wrappedBuffer(body));
  }

  private Fingerprint of(byte[] body) {
    return of(headers(), body);
  }

  private static HttpHeaders headers(String... namesAndValues) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  private static byte[] random(int length, Random random) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void theSameIsTheSame() {
    byte[] body = random(3_000, new Random(2));
    assertThat(of(body.clone())).isEqualTo(of(body));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 15, 16, 17, 255, 1_023, 1_024, 1_025, 1_040, 5_000})
  void everyBitOfTheBodyCounts(int length) {
    byte[] body = random(length, new Random(length));
    Set<Fingerprint> seen = new HashSet<>();
    seen.add(of(body));
    for (int bit = 0; bit < length * 8; bit++) {
      body[bit >> 3] ^= (byte) (1 << (bit & 7));
      assertThat(seen.add(of(body))).as("bit %s of %s bytes", bit, length).isTrue();
      body[bit >> 3] ^= (byte) (1 << (bit & 7));
    }
  }

  @Test
  void zerosOfEveryLengthDiffer() {
    Set<Fingerprint> seen = new HashSet<>();
    for (int length = 0; length < 2_200; length++) {
      assertThat(seen.add(of(new byte[length]))).as("%s bytes", length).isTrue();
    }
  }

  @Test
  void blocksInAnotherOrderDiffer() {
    byte[] body = random(2_048, new Random(3));
    byte[] swapped = new byte[2_048];
    System.arraycopy(body, 0, swapped, 1_024, 1_024);
    System.arraycopy(body, 1_024, swapped, 0, 1_024);
    assertThat(of(swapped)).isNotEqualTo(of(body));
  }

  @Test
  void wordsThatAreEqualModuloThePrimeDiffer() {
    byte[] body = new byte[64];
    ByteBuffer other = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    other.putLong(24, RequestHash.P);
    assertThat(of(other.array())).isNotEqualTo(of(body));
  }

  @Test
  void noBodyIsAnEmptyOne() {
    assertThat(fingerprinter.of(POST, CHAT, headers(), null)).isEqualTo(of(new byte[0]));
  }

  @Test
  void howTheBodyIsCutAndWhereItLiesDoesNotMatter() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      byte[] body = random(random.nextInt(seed % 10 == 0 ? 5_000 : 200), random);
      ByteBuf parts = parts(body, random);
      try {
        assertThat(fingerprinter.of(POST, CHAT, headers(), parts))
            .as("seed %s: %s", seed, parts)
            .isEqualTo(of(body));
        byte[] left = new byte[parts.readableBytes()];
        parts.getBytes(parts.readerIndex(), left);
        assertThat(left).as("only looked at").isEqualTo(body);
        assertThat(parts.refCnt()).isEqualTo(1);
      } finally {
        parts.release();
      }
    }
  }

  private static ByteBuf parts(byte[] body, Random random) {
    CompositeByteBuf parts = Unpooled.compositeBuffer(Integer.MAX_VALUE);
    parts.addComponent(true, Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
    int at = 0;
    while (at < body.length) {
      int length = Math.min(body.length - at, random.nextInt(1 + random.nextInt(1_200)));
      ByteBuf part =
          random.nextBoolean()
              ? PooledByteBufAllocator.DEFAULT.directBuffer(length + 5).writeZero(5).skipBytes(5)
              : PooledByteBufAllocator.DEFAULT.heapBuffer(length + 5).writeZero(5).skipBytes(5);
      part.writeBytes(body, at, length);
      if (random.nextInt(4) == 0) {
        CompositeByteBuf nested = Unpooled.compositeBuffer(Integer.MAX_VALUE);
        nested.addComponent(true, part.readRetainedSlice(length / 2));
        nested.addComponent(true, part);
        part = nested;
      }
      parts.addComponent(true, part);
      at += length;
    }
    return parts.readerIndex(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "accept",
        "Content-Type",
        "x-goog-user-project",
        "anthropic-version",
        "Anthropic-Beta",
        "anthropic-",
        "openai-organization",
        "OpenAI-Project"
      })
  void aFieldThatChangesTheMeaningCounts(String name) {
    assertThat(of(headers(name, "a"), new byte[9])).isNotEqualTo(of(new byte[9]));
    assertThat(of(headers(name, "a"), new byte[9]))
        .isNotEqualTo(of(headers(name, "b"), new byte[9]));
    assertThat(of(headers(name, "a", name, "a"), new byte[9]))
        .isNotEqualTo(of(headers(name, "a"), new byte[9]));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-stainless-retry-count",
        "X-Stainless-Arch",
        "user-agent",
        "authorization",
        "x-api-key",
        "Idempotency-Key",
        "X-Request-Id",
        "content-length",
        "host",
        "accept-encoding",
        "openai",
        "anthropic",
        "traceparent"
      })
  void anyOtherFieldDoesNotCount(String name) {
    assertThat(of(headers(name, "a"), new byte[9])).isEqualTo(of(new byte[9]));
  }

  @Test
  void theOrderOfFieldsAndTheCaseOfTheirNamesDoNotMatter() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      List<String[]> fields = new ArrayList<>();
      fields.add(new String[] {"accept", "application/json"});
      fields.add(new String[] {"content-type", "application/json"});
      fields.add(new String[] {"anthropic-version", "2023-06-01"});
      fields.add(new String[] {"anthropic-beta", "one"});
      fields.add(new String[] {"anthropic-beta", "two"});
      fields.add(new String[] {"openai-project", "p"});
      Fingerprint expected = of(headers(fields, random), new byte[1]);
      java.util.Collections.shuffle(fields, random);
      assertThat(of(headers(fields, random), new byte[1])).as("seed %s", seed).isEqualTo(expected);
    }
  }

  private static HttpHeaders headers(List<String[]> fields, Random random) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (String[] field : fields) {
      StringBuilder name = new StringBuilder(field[0]);
      int at = random.nextInt(name.length());
      name.setCharAt(at, Character.toUpperCase(name.charAt(at)));
      headers.add(name.toString(), field[1]);
    }
    return headers;
  }

  @Test
  void valuesThatSwapTheirFieldsDiffer() {
    assertThat(of(headers("anthropic-version", "a", "anthropic-beta", "b"), new byte[1]))
        .isNotEqualTo(of(headers("anthropic-version", "b", "anthropic-beta", "a"), new byte[1]));
    assertThat(of(headers("accept", "a"), new byte[1]))
        .isNotEqualTo(of(headers("content-type", "a"), new byte[1]));
  }

  @Test
  void nothingIsTakenForItsNeighbour() {
    Set<Fingerprint> seen = new HashSet<>();
    List<Fingerprint> all = new ArrayList<>();
    for (String text :
        List.of(
            "",
            "\0",
            "\0\0",
            "a",
            "aaaaaaa",
            "aaaaaaaa",
            "\u0141",
            "A\u0001",
            "\u0001A",
            "aaaaaaa\u0141",
            "aaa\u0141aaa",
            "\u0141\u0141\u0141",
            "\u0141\u0141\u0141\0")) {
      all.add(fingerprinter.of(text, "", headers(), null));
      all.add(fingerprinter.of("", text, headers(), null));
      all.add(fingerprinter.of(text, "x" + text, headers(), null));
      all.add(fingerprinter.of(text + "x", text, headers(), null));
    }
    all.add(fingerprinter.of("", "", headers("openai-a", "bc"), null));
    all.add(fingerprinter.of("", "", headers("openai-ab", "c"), null));
    // Both sides of "" are one request.
    assertThat(all.get(0)).isEqualTo(all.get(1));
    all.removeFirst();
    for (Fingerprint one : all) {
      assertThat(seen.add(one)).as("%s of %s", all.indexOf(one), all.size()).isTrue();
    }
  }

  @Test
  void twoProcessesHaveNothingInCommon() {
    Fingerprinter other = new Fingerprinter(new Random(2));
    Fingerprint here = fingerprinter.of(POST, CHAT, headers(), null);
    Fingerprint there = other.of(POST, CHAT, headers(), null);
    assertThat(there.high()).isNotEqualTo(here.high());
    assertThat(there.low()).isNotEqualTo(here.low());
    assertThat(here.low()).isNotEqualTo(here.high());
    assertThat(other.credential("sk-1")).isNotEqualTo(fingerprinter.credential("sk-1"));
  }

  @Test
  void oneKeyIsOneCredentialAndNoneIsZero() {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      long credential = fingerprinter.credential("sk-" + i);
      assertThat(credential).isNotZero().isEqualTo(fingerprinter.credential("sk-" + i));
      seen.add(credential);
    }
    assertThat(seen).hasSize(1_000);
    // The empty key at the point zero is where a sum of nothing would be.
    assertThat(new Fingerprinter(new Zeros()).credential("")).isNotZero();
  }

  private static final class Zeros extends Random {
    @Override
    public long nextLong() {
      return 0;
    }

    @Override
    public long nextLong(long bound) {
      return 0;
    }
  }

  /** Goal: the bound that the class states is the bound of what it computes. */
  @Test
  void theFingerprintIsTheFormulaThatIsStated() {
    for (int seed = 0; seed < 1_000; seed++) {
      Random random = new Random(seed);
      Fingerprinter fast = new Fingerprinter(new Random(seed));
      Formula formula = new Formula(new Random(seed));
      String target = text(random);
      String version = random.nextBoolean() ? null : text(random);
      HttpHeaders headers = headers("accept", "b");
      if (version != null) {
        headers.add("Anthropic-Version", version);
      }
      byte[] body = random(random.nextInt(4_000), random);
      if (random.nextInt(8) == 0) {
        Arrays.fill(body, (byte) 0xFF);
      }
      assertThat(fast.of(POST, target, headers, Unpooled.wrappedBuffer(body)))
          .as("seed %s", seed)
          .isEqualTo(formula.of(POST, target, "b", version, body));
    }
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int length = 1 + random.nextInt(30);
    for (int i = 0; i < length; i++) {
      // Header values cannot hold control characters, nor anything above a byte on the wire.
      text.append((char) ('!' + random.nextInt(random.nextInt(20) == 0 ? 0x300 : 0x50)));
    }
    return text.toString().replace('\u007f', 'x');
  }

  /** The formula of the docstring, number by number. */
  private static final class Formula {
    private static final BigInteger P = BigInteger.TWO.pow(61).subtract(BigInteger.ONE);
    private static final BigInteger WORD = BigInteger.TWO.pow(64);
    private final long[] keys;
    private final long[] points = new long[6];

    Formula(Random random) {
      keys = new long[128];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = random.nextLong();
      }
      for (int i = 0; i < points.length; i++) {
        points[i] = random.nextLong(P.longValueExact());
      }
    }

    Fingerprint of(
        String method, String target, String accept, @Nullable String version, byte[] body) {
      return new Fingerprint(
          half(0, method, target, accept, version, body),
          half(1, method, target, accept, version, body));
    }

    private long half(
        int half,
        String method,
        String target,
        String accept,
        @Nullable String version,
        byte[] body) {
      BigInteger s = BigInteger.valueOf(points[4 + half]);
      List<BigInteger> field = new ArrayList<>(List.of(BigInteger.ONE));
      field.addAll(text(accept));
      BigInteger product = s.add(value(field, points[2 + half]));
      if (version != null) {
        field = new ArrayList<>(List.of(BigInteger.valueOf(3)));
        field.addAll(text("anthropic-version"));
        field.addAll(text(version));
        product = product.multiply(s.add(value(field, points[2 + half])));
      }
      List<BigInteger> all = new ArrayList<>(text(method));
      all.addAll(text(target));
      all.add(product.mod(P));
      for (int from = 0; from < body.length; from += 1_024) {
        BigInteger nh = nh(Arrays.copyOfRange(body, from, Math.min(body.length, from + 1_024)));
        all.add(nh.mod(BigInteger.TWO.pow(43)));
        all.add(nh.shiftRight(43).mod(BigInteger.TWO.pow(43)));
        all.add(nh.shiftRight(86));
      }
      all.add(BigInteger.valueOf(body.length));
      return value(all, points[half]).longValueExact();
    }

    private static BigInteger value(List<BigInteger> coefficients, long point) {
      BigInteger x = BigInteger.valueOf(point);
      BigInteger value = x.pow(coefficients.size());
      for (int i = 0; i < coefficients.size(); i++) {
        assertThat(coefficients.get(i)).isBetween(BigInteger.ZERO, P.subtract(BigInteger.ONE));
        value = value.add(coefficients.get(i).multiply(x.pow(coefficients.size() - 1 - i)));
      }
      return value.mod(P);
    }

    private BigInteger nh(byte[] block) {
      ByteBuffer words = ByteBuffer.allocate(1_024).order(ByteOrder.LITTLE_ENDIAN);
      words.put(0, block);
      BigInteger sum = BigInteger.ZERO;
      for (int i = 0; i < (block.length + 15) / 16; i++) {
        BigInteger a = unsigned(words.getLong(16 * i) + keys[2 * i]);
        BigInteger b = unsigned(words.getLong(16 * i + 8) + keys[2 * i + 1]);
        sum = sum.add(a.multiply(b));
      }
      return sum.mod(BigInteger.TWO.pow(128));
    }

    private static BigInteger unsigned(long word) {
      return BigInteger.valueOf(word).mod(WORD);
    }

    private static List<BigInteger> text(String text) {
      List<BigInteger> coefficients = new ArrayList<>();
      int at = 0;
      int width = 7;
      while (true) {
        String next = text.substring(at, Math.min(text.length(), at + width));
        if (width == 7 && next.chars().anyMatch(c -> c > 0xFF)) {
          coefficients.add(last(7, BigInteger.ZERO));
          width = 3;
          continue;
        }
        BigInteger word = BigInteger.ZERO;
        for (int i = next.length() - 1; i >= 0; i--) {
          word = word.shiftLeft(width == 7 ? 8 : 16).add(BigInteger.valueOf(next.charAt(i)));
        }
        if (next.length() < width) {
          coefficients.add(last(next.length(), word));
          return coefficients;
        }
        coefficients.add(word);
        at += width;
      }
    }

    private static BigInteger last(int held, BigInteger word) {
      return BigInteger.TWO.pow(60).add(BigInteger.valueOf(held).shiftLeft(56)).add(word);
    }
  }
}
