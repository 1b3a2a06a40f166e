package dev.sluice.core.upstream;

import static io.netty.util.AsciiString.contentEqualsIgnoreCase;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which header fields pass the gateway. Pure functions; each looks at every field once. */
public final class HeaderRules {
  private HeaderRules() {}

  /**
   * What of a client's fields the provider gets.
   *
   * <p>Dropped: hop-by-hop fields and those that {@code Connection} names (RFC 9110, 7.6.1), those
   * that the connection writes itself, what says who the client is or by which way it came, {@code
   * Sluice-*}, and {@code Accept-Encoding}: the answer must be readable on its way.
   *
   * @param keyFields names of fields that carry a key
   * @param keepClientKey whether the client's key is the provider's
   * @return new, checking names and values that are put in
   */
  public static HttpHeaders forUpstream(
      HttpHeaders in, Iterable<String> keyFields, boolean keepClientKey) {
    HttpHeaders out = DefaultHttpHeadersFactory.headersFactory().newHeaders();
    List<String> named = namedByConnection(in);
    Iterator<Map.Entry<CharSequence, CharSequence>> fields = in.iteratorCharSequence();
    while (fields.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = fields.next();
      CharSequence name = field.getKey();
      if (!isHopByHop(name)
          && !isOurs(name)
          && !isOfTheWay(name)
          && !isWrittenByConnection(name)
          && (keepClientKey || !isIn(keyFields, name))
          && (named == null || !isIn(named, name))) {
        out.add(name, field.getValue());
      }
    }
    out.set(HttpHeaderNames.ACCEPT_ENCODING, "identity");
    return out;
  }

  /**
   * What of a provider's fields the client gets, and what the gateway adds: the call's id, both
   * spellings of the request id (one SDK family reads {@code x-request-id}, the other {@code
   * request-id}), and for event streams what keeps intermediaries from buffering.
   *
   * @return new, in the provider's order; never a {@code Content-Length} or {@code
   *     Transfer-Encoding}
   */
  public static List<Map.Entry<String, String>> forClient(
      HttpHeaders in, String callId, boolean eventStream) {
    List<Map.Entry<String, String>> out = new ArrayList<>(in.size() + 5);
    List<String> named = namedByConnection(in);
    @Nullable String xRequestId = null;
    @Nullable String requestId = null;
    Iterator<Map.Entry<CharSequence, CharSequence>> fields = in.iteratorCharSequence();
    while (fields.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = fields.next();
      CharSequence name = field.getKey();
      if (isHopByHop(name)
          || isOurs(name)
          || isForOneConnection(name)
          || (eventStream && isReplacedInStreams(name))
          || (named != null && isIn(named, name))) {
        continue;
      }
      String value = field.getValue().toString();
      if (contentEqualsIgnoreCase(name, "x-request-id")) {
        xRequestId = value;
      } else if (contentEqualsIgnoreCase(name, "request-id")) {
        requestId = value;
      }
      out.add(Map.entry(name.toString(), value));
    }
    if (xRequestId == null) {
      out.add(Map.entry("x-request-id", requestId == null ? callId : requestId));
    }
    if (requestId == null) {
      out.add(Map.entry("request-id", xRequestId == null ? callId : xRequestId));
    }
    out.add(Map.entry("Sluice-Request-Id", callId));
    if (eventStream) {
      out.add(Map.entry("Cache-Control", "no-cache, no-transform"));
      out.add(Map.entry("X-Accel-Buffering", "no"));
    }
    return out;
  }

  /**
   * @throws IllegalArgumentException if the target is no path, or would end the request line
   */
  static void requireSafeTarget(String target) {
    boolean isSafe = !target.isEmpty() && target.charAt(0) == '/';
    for (int i = 0; isSafe && i < target.length(); i++) {
      char c = target.charAt(i);
      isSafe = c > ' ' && c < 0x7F;
    }
    if (!isSafe) {
      throw new IllegalArgumentException(
          "A request target must begin with / and consist of visible ASCII; this one of "
              + target.length()
              + " characters does not");
    }
  }

  /**
   * @throws IllegalArgumentException if a name is empty or a name or value could end its line,
   *     whoever built the headers, and with whatever checks
   */
  static void requireSafeFields(HttpHeaders headers) {
    Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
    while (fields.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = fields.next();
      CharSequence name = field.getKey();
      boolean isSafe = !name.isEmpty();
      for (int i = 0; isSafe && i < name.length(); i++) {
        char c = name.charAt(i);
        isSafe = c > ' ' && c < 0x7F && c != ':';
      }
      CharSequence value = field.getValue();
      for (int i = 0; isSafe && i < value.length(); i++) {
        char c = value.charAt(i);
        isSafe = (c >= ' ' && c != 0x7F && c <= 0xFF) || c == '\t';
      }
      if (!isSafe) {
        throw new IllegalArgumentException(
            "A header field of a request has a character that may not stand in it");
      }
    }
  }

  /** Null in the usual case that it names nothing but itself. */
  private static @Nullable List<String> namedByConnection(HttpHeaders in) {
    if (!in.contains(HttpHeaderNames.CONNECTION)) {
      return null;
    }
    @Nullable List<String> named = null;
    for (String value : in.getAll(HttpHeaderNames.CONNECTION)) {
      if (contentEqualsIgnoreCase(value, "keep-alive") || contentEqualsIgnoreCase(value, "close")) {
        continue;
      }
      int from = 0;
      while (from <= value.length()) {
        int comma = value.indexOf(',', from);
        int to = comma < 0 ? value.length() : comma;
        if (named == null) {
          named = new ArrayList<>(4);
        }
        named.add(value.substring(from, to).strip());
        from = to + 1;
      }
    }
    return named;
  }

  private static boolean isIn(Iterable<String> names, CharSequence name) {
    for (String each : names) {
      if (contentEqualsIgnoreCase(each, name)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isHopByHop(CharSequence name) {
    return switch (name.length()) {
          case 2 -> contentEqualsIgnoreCase(name, "te");
          case 7 ->
              contentEqualsIgnoreCase(name, "trailer") || contentEqualsIgnoreCase(name, "upgrade");
          case 10 ->
              contentEqualsIgnoreCase(name, "connection")
                  || contentEqualsIgnoreCase(name, "keep-alive");
          case 14 -> contentEqualsIgnoreCase(name, "http2-settings");
          case 17 -> contentEqualsIgnoreCase(name, "transfer-encoding");
          default -> false;
        }
        || startsWith(name, "proxy-");
  }

  /** Nobody but the gateway says what begins like this. */
  private static boolean isOurs(CharSequence name) {
    return startsWith(name, "sluice-");
  }

  /** Who the client is and by which way it came is not the provider's business. */
  private static boolean isOfTheWay(CharSequence name) {
    return switch (name.length()) {
      case 3 -> contentEqualsIgnoreCase(name, "via");
      case 9 ->
          contentEqualsIgnoreCase(name, "forwarded") || contentEqualsIgnoreCase(name, "x-real-ip");
      case 14 -> contentEqualsIgnoreCase(name, "true-client-ip");
      case 16 -> contentEqualsIgnoreCase(name, "cf-connecting-ip");
      default -> startsWith(name, "x-forwarded-");
    };
  }

  private static boolean isWrittenByConnection(CharSequence name) {
    return switch (name.length()) {
      case 4 -> contentEqualsIgnoreCase(name, "host");
      case 6 -> contentEqualsIgnoreCase(name, "expect");
      case 14 -> contentEqualsIgnoreCase(name, "content-length");
      case 15 -> contentEqualsIgnoreCase(name, "accept-encoding");
      default -> false;
    };
  }

  /** Framing, and an invitation to go round the gateway. */
  private static boolean isForOneConnection(CharSequence name) {
    return switch (name.length()) {
      case 7 -> contentEqualsIgnoreCase(name, "alt-svc");
      case 14 -> contentEqualsIgnoreCase(name, "content-length");
      default -> false;
    };
  }

  private static boolean isReplacedInStreams(CharSequence name) {
    return switch (name.length()) {
      case 13 -> contentEqualsIgnoreCase(name, "cache-control");
      case 17 -> contentEqualsIgnoreCase(name, "x-accel-buffering");
      default -> false;
    };
  }

  private static boolean startsWith(CharSequence name, String lowerCasePrefix) {
    return name.length() > lowerCasePrefix.length()
        && AsciiString.regionMatchesAscii(
            name, true, 0, lowerCasePrefix, 0, lowerCasePrefix.length());
  }
}
