package dev.sluice.core.identity;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Requests to {@link Fingerprint}s, by keyed universal hashing. Immutable; any thread.
 *
 * <p><b>The picture.</b> Everything is done twice, with keys that are independent of each other;
 * the two results are the two halves.
 *
 * <ol>
 *   <li>The body is cut into blocks of 1 KiB. Each is hashed to 128 bits by NH with 64-bit words:
 *       {@code Σ (m[2i] + k[2i]) · (m[2i+1] + k[2i+1])}, the sums modulo 2^64, the products modulo
 *       2^128. One multiplication for 16 bytes.
 *   <li>The fields that change the meaning are a multiset, because their order does not matter:
 *       {@code Π (s + h(field))} modulo p = 2^61 - 1, where s is secret, and h a polynomial as in
 *       step 3 at a point of its own.
 *   <li>Method, target, that product, the hashes of the blocks and the body's length are the
 *       coefficients of a polynomial modulo p, with 1 before the first of them; the result is its
 *       value at a secret point.
 * </ol>
 *
 * <p><b>The bound.</b> For any two different requests, chosen without knowing the keys, one half is
 * equal with a probability of at most {@code 2^-64 + (n + f)/p}: n is the number of coefficients (3
 * for each KiB of body and 1 for each 7 characters), f what step 2 adds, at most twice the number
 * of such fields times their coefficients. Both halves: the square of it. That is under 2^-100 for
 * a body of 32 KiB with ten such fields, and under 2^-80 for 32 MiB and a head of 32 KiB that holds
 * a hundred.
 *
 * <p>Why: two bodies of one length differ in some block, and NH gives that one the same value with
 * probability 2^-64 at most (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, CRYPTO 1999, theorem
 * 1). Otherwise two different lists of coefficients are two different polynomials, which agree in
 * at most as many points as their degree (Carter and Wegman 1979 and 1981; den Boer 1993). The same
 * holds for the product as a polynomial in s. Coefficients are smaller than p and the list can be
 * read back unambiguously, so different requests are different lists: 64-bit words are <em>not</em>
 * coefficients, because w and w + p would be one and the same.
 *
 * <p>Tried: polynomials alone, over words of 7 bytes. Each word then costs a multiplication and a
 * reduction per half, 2.5 times as long for 32 KiB.
 */
public final class Fingerprinter {

  private final long[] blockKeys = new long[2 * RequestHash.BLOCK_PAIRS];
  private final long pointHigh;
  private final long pointLow;
  private final long fieldPointHigh;
  private final long fieldPointLow;
  private final long productPointHigh;
  private final long productPointLow;
  private final long credentialPoint;

  /**
   * Draws the keys.
   *
   * @param secret unpredictable; used only here
   */
  public Fingerprinter(RandomGenerator secret) {
    for (int i = 0; i < blockKeys.length; i++) {
      blockKeys[i] = secret.nextLong();
    }
    pointHigh = secret.nextLong(RequestHash.P);
    pointLow = secret.nextLong(RequestHash.P);
    fieldPointHigh = secret.nextLong(RequestHash.P);
    fieldPointLow = secret.nextLong(RequestHash.P);
    productPointHigh = secret.nextLong(RequestHash.P);
    productPointLow = secret.nextLong(RequestHash.P);
    credentialPoint = secret.nextLong(RequestHash.P);
  }

  /**
   * The fingerprint of a request.
   *
   * @param target as the provider will see it, without the client's key
   * @param body only looked at, never copied; null is an empty one
   */
  public Fingerprint of(
      String method, String target, HttpHeaders headers, @Nullable ByteBuf body) {
    return of(method, target, headers, body, List.of());
  }

  /**
   * The same without some fields.
   *
   * @param except names of fields that do not count although their names say so; lower case
   */
  Fingerprint of(
      String method,
      String target,
      HttpHeaders headers,
      @Nullable ByteBuf body,
      List<String> except) {
    RequestHash hash = new RequestHash(blockKeys, pointHigh, pointLow);
    hash.text(method, false);
    hash.text(target, false);
    fields(hash, headers, except);
    if (body != null && body.isReadable()) {
      body(hash, body);
    }
    hash.endBody(body == null ? 0 : body.readableBytes());
    return new Fingerprint(hash.high(), hash.low());
  }

  private void fields(RequestHash hash, HttpHeaders headers, List<String> except) {
    long productHigh = 1;
    long productLow = 1;
    RequestHash field = null;
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> next = all.next();
      CharSequence name = next.getKey();
      if (changesTheMeaning(name) && !isAmong(except, name)) {
        if (field == null) {
          field = new RequestHash(blockKeys, fieldPointHigh, fieldPointLow);
        } else {
          field.restart();
        }
        field.text(name, true);
        field.text(next.getValue(), false);
        productHigh = RequestHash.times(productHigh, field.high() + productPointHigh);
        productLow = RequestHash.times(productLow, field.low() + productPointLow);
      }
    }
    hash.coefficients(RequestHash.canonical(productHigh), RequestHash.canonical(productLow));
  }

  private static boolean changesTheMeaning(CharSequence name) {
    if (name.length() < 6) {
      return false;
    }
    return switch (name.charAt(0) | 0x20) {
      case 'a' -> is(name, "accept") || begins(name, "anthropic-");
      case 'c' -> is(name, "content-type");
      case 'o' -> begins(name, "openai-");
      case 'x' -> is(name, "x-goog-user-project");
      default -> false;
    };
  }

  private static boolean is(CharSequence name, String expected) {
    return name.length() == expected.length() && begins(name, expected);
  }

  private static boolean begins(CharSequence name, String start) {
    return AsciiString.regionMatches(name, true, 0, start, 0, start.length());
  }

  private static boolean isAmong(List<String> names, CharSequence name) {
    for (int i = 0; i < names.size(); i++) {
      if (is(name, names.get(i))) {
        return true;
      }
    }
    return false;
  }

  private static void body(RequestHash hash, ByteBuf body) {
    // Views of the same memory; a composite's parts one by one, because its own view would copy.
    int from = body.readerIndex();
    int length = body.readableBytes();
    if (body.nioBufferCount() == 1) {
      hash.body(body.nioBuffer(from, length));
    } else {
      for (ByteBuffer part : body.nioBuffers(from, length)) {
        if (part.hasRemaining()) { // an empty one may be shared by everybody
          hash.body(part);
        }
      }
    }
  }

  /** A keyed hash of a client's own key, for {@link CallScope}; never 0. */
  public long credential(String key) {
    RequestHash hash = new RequestHash(blockKeys, credentialPoint, credentialPoint);
    hash.text(key, false);
    return hash.low() + 1;
  }
}
