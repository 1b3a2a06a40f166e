package dev.sluice.core.dialect;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where clients put their keys. */
final class ClientKeys {

  static final String AUTHORIZATION = HttpHeaderNames.AUTHORIZATION.toString();
  static final String X_API_KEY = "x-api-key";
  static final String X_GOOG_API_KEY = "x-goog-api-key";

  private static final String BEARER = "bearer ";

  /**
   * Every field in which any of our clients carries a key. All are removed wherever one is
   * replaced: a key in a field that this dialect does not read must not reach the provider either.
   */
  static final List<String> FIELDS = List.of(AUTHORIZATION, X_API_KEY, X_GOOG_API_KEY, "api-key");

  private ClientKeys() {}

  /** The field's value; null where it is missing, empty, or stands twice: then it is anybody's. */
  static @Nullable String field(HttpHeaders headers, String name) {
    var values = headers.valueStringIterator(name);
    if (!values.hasNext()) {
      return null;
    }
    var value = values.next().strip();
    return values.hasNext() || value.isEmpty() ? null : value;
  }

  /**
   * The token of {@code Authorization: Bearer}. The scheme is case-insensitive (RFC 9110 §11.1).
   */
  static @Nullable String bearer(HttpHeaders headers) {
    var value = field(headers, AUTHORIZATION);
    if (value == null || !value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return null;
    }
    var token = value.substring(BEARER.length()).strip();
    return token.isEmpty() ? null : token;
  }
}
