package dev.sluice.core.identity;

import dev.sluice.core.dialect.PromptLayout;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Requests to {@link Fingerprint}s, by keyed universal hashing. Immutable; any thread.
 *
 * <p><b>The picture.</b>
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
 *       value at a secret point. Steps 2 and 3 are done twice, with independent secrets, for the
 *       two halves of a fingerprint.
 * </ol>
 *
 * <p><b>The bound.</b> Any two different requests, chosen without knowing the secrets, get the same
 * fingerprint with a probability of at most {@code 2^-64 + ((n + f)/p)^2}: n is the number of
 * coefficients (3 for each KiB of body, 1 for each 7 characters), f what step 2 adds, at most the
 * number of such fields times twice their coefficients. For a body of 32 MiB and a head of 32 KiB
 * with a hundred such fields the second term is below 2^-80.
 *
 * <p>Why: two bodies of one length differ in some block, and NH gives that one the same value with
 * probability 2^-64 at most (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, CRYPTO 1999). Other
 * requests that differ are different lists of coefficients, so different polynomials, and those
 * agree in at most as many points as their degree (Carter and Wegman 1979; den Boer 1993). The same
 * holds for the product, as a polynomial in s. Coefficients are smaller than p, and a list can be
 * read back in one way only: 64-bit words are <em>not</em> coefficients, because w and w + p would
 * be one and the same.
 *
 * <p>Tried: polynomials alone, over words of 7 bytes; each word then costs two multiplications and
 * reductions. And a second NH with keys of its own, which squares the first term too: twice the
 * time for a bound that nobody needs.
 */
public final class Fingerprinter {

  // Names of fields: the two that nearly every request has need not be read letter by letter.
  private static final long NO_MEANING = 0;
  private static final long ACCEPT = 1;
  private static final long CONTENT_TYPE = 2;
  private static final long ANY_OTHER = 3;

  private final long[] blockKeys = new long[2 * RequestHash.BLOCK_PAIRS];
  private final long pointHigh;
  private final long pointLow;
  private final long fieldPointHigh;
  private final long fieldPointLow;
  private final long productPointHigh;
  private final long productPointLow;
  private final long credentialPoint;

  /**
   * Draws the keys. Those of {@link SecretNumbers} give the same fingerprints in every process that
   * has their secret, as long as nothing here is changed, the order of the draws included: ids of
   * prefixes, and to which account each goes, are in people's notes and providers' caches.
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
  public Fingerprint of(String method, String target, HttpHeaders headers, @Nullable ByteBuf body) {
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
    hash.text(method);
    hash.text(target);
    fields(hash, headers, except);
    if (body != null && body.isReadable()) {
      body(hash, body, body.readerIndex(), body.readableBytes());
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
      long code = code(name);
      if (code != NO_MEANING && !isAmong(except, name)) {
        if (field == null) {
          field = new RequestHash(blockKeys, fieldPointHigh, fieldPointLow);
        } else {
          field.restart();
        }
        field.coefficient(code);
        if (code == ANY_OTHER) {
          field.text(name.toString().toLowerCase(Locale.ROOT));
        }
        field.text(next.getValue());
        productHigh = RequestHash.times(productHigh, field.high() + productPointHigh);
        productLow = RequestHash.times(productLow, field.low() + productPointLow);
      }
    }
    hash.coefficients(RequestHash.canonical(productHigh), RequestHash.canonical(productLow));
  }

  /** Whether a field changes the meaning of a request, and which one it is. */
  private static long code(CharSequence name) {
    if (name.isEmpty()) {
      return NO_MEANING;
    }
    return switch (name.charAt(0) | 0x20) {
      case 'a' -> is(name, "accept") ? ACCEPT : begins(name, "anthropic-") ? ANY_OTHER : NO_MEANING;
      case 'c' -> is(name, "content-type") ? CONTENT_TYPE : NO_MEANING;
      case 'o' -> begins(name, "openai-") ? ANY_OTHER : NO_MEANING;
      case 'x' -> is(name, "x-goog-user-project") ? ANY_OTHER : NO_MEANING;
      default -> NO_MEANING;
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

  /**
   * The fingerprints of the beginnings of a prompt, one for each entry of the layout: the same for
   * the same content in the same scope, wherever else in the prompt entries end. One pass.
   *
   * <p>Each part of a beginning is hashed like a body, and closed by its length; a beginning that
   * ends inside a part closes it on a copy of the hash. So the list of coefficients can be read
   * back from its end, part by part, until the scope's last one, which is marked.
   *
   * @param scope whose cache it is: account and model, as the caller writes them
   * @param body the one that was scanned; only looked at, never copied
   */
  public List<Fingerprint> prefixes(String scope, ByteBuf body, PromptLayout layout) {
    RequestHash hash = new RequestHash(blockKeys, pointHigh, pointLow);
    hash.text(scope);
    List<Fingerprint> prefixes = new ArrayList<>(layout.entries().size());
    long partBytes = 0;
    int next = 0;
    for (PromptLayout.Entry entry : layout.entries()) {
      for (; next < entry.spanCount(); next++) {
        PromptLayout.Span span = layout.spans().get(next);
        partBytes += span(hash, body, span);
        if (span.endsPart()) {
          hash.endBody(partBytes);
          partBytes = 0;
        }
      }
      prefixes.add(prefix(hash.fork(), body, partBytes, entry));
    }
    return prefixes;
  }

  private static Fingerprint prefix(
      RequestHash hash, ByteBuf body, long partBytes, PromptLayout.Entry entry) {
    if (partBytes > 0) {
      hash.endBody(partBytes);
    }
    PromptLayout.Span tail = entry.tail();
    if (tail != null) {
      hash.endBody(span(hash, body, tail));
    }
    return new Fingerprint(hash.high(), hash.low());
  }

  private static long span(RequestHash hash, ByteBuf body, PromptLayout.Span span) {
    int length = Math.toIntExact(span.end() - span.start());
    if (length > 0) {
      body(hash, body, body.readerIndex() + Math.toIntExact(span.start()), length);
    }
    return length;
  }

  private static void body(RequestHash hash, ByteBuf body, int from, int length) {
    // Views of the same memory; a composite's parts one by one, because its own view would copy.
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
    hash.text(key);
    return hash.low() + 1;
  }
}
