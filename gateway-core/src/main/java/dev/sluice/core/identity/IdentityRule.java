package dev.sluice.core.identity;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What identity a request has. Immutable; any thread. */
public final class IdentityRule {

  private static final AsciiString RETRY_COUNT = AsciiString.cached("x-stainless-retry-count");

  private final List<AsciiString> idHeaders;
  private final List<String> idHeadersLower;
  private final Fingerprinter fingerprinter;

  /**
   * @param idHeaders fields that may hold an id, the first one that does counts
   */
  public IdentityRule(List<String> idHeaders, Fingerprinter fingerprinter) {
    this.idHeaders = idHeaders.stream().map(AsciiString::cached).toList();
    this.idHeadersLower = idHeaders.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    this.fingerprinter = fingerprinter;
  }

  /**
   * The identity of a request.
   *
   * @param target as the provider will see it, without the client's key
   * @param body only looked at; null is an empty one
   */
  public CallIdentity of(
      CallScope scope, String method, String target, HttpHeaders headers, @Nullable ByteBuf body) {
    // Not the fields that may hold an id: an SDK changes some of them with each attempt.
    Fingerprint asked = fingerprinter.of(method, target, headers, body, idHeadersLower);
    String id = namedId(headers);
    if (id != null) {
      return new CallIdentity.Named(scope, asked, id);
    }
    return isRetry(headers)
        ? new CallIdentity.Retry(scope, asked)
        : new CallIdentity.Anonymous(scope, asked);
  }

  /** The id that the client gave its call, without white space around it, or null. */
  public @Nullable String namedId(HttpHeaders headers) {
    for (int i = 0; i < idHeaders.size(); i++) {
      String value = headers.get(idHeaders.get(i));
      if (value != null && !value.isBlank()) {
        return value.strip();
      }
    }
    return null;
  }

  private static boolean isRetry(HttpHeaders headers) {
    String count = headers.get(RETRY_COUNT);
    if (count == null) {
      return false;
    }
    String digits = count.strip();
    boolean positive = false;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      positive |= c != '0';
    }
    return positive;
  }
}
