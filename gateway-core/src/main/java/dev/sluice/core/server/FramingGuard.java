package dev.sluice.core.server;

import static java.util.Objects.requireNonNull;

import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.Refusal.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Nothing ambiguous gets past here: a head that two readers might cut at different places is
 * answered 400 and the connection read no further (RFC 9112 sections 2.2, 3, 5.1, 5.2, 6.3).
 *
 * <p>Two looks. {@link #scan} sees the raw bytes, before any parser: lines end in CRLF and nothing
 * else, no control byte, no folding, three words on the request line, all bounds. {@link #check}
 * sees the parsed fields: one way to tell the length of the body, one host, no protocol switch.
 * Between the two Netty's own strict parser runs, and the decoder compares how far each of them
 * went. Whatever is lenient in the one is caught by the other.
 *
 * <p>One per connection, confined to its loop; what {@code check} found stands in its fields until
 * the next head.
 */
final class FramingGuard {

  /** RFC 9112 section 2.2 asks to tolerate one empty line before a request; more is a flood. */
  private static final int EMPTY_LINES_MAX = 2;

  private static final int TARGET_SHOWN_MAX = 256;

  /** More digits than any body; far from overflow. */
  private static final int LENGTH_DIGITS_MAX = 18;

  private static final AsciiString CHUNKED = AsciiString.cached("chunked");
  private static final AsciiString CONTINUE = AsciiString.cached("100-continue");
  private static final AsciiString H2C = AsciiString.cached("h2c");
  private static final AsciiString CLOSE = AsciiString.cached("close");
  private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");

  private final int requestLineMax;
  private final int headMax;
  private final int fieldsMax;

  // Where the scan of the current head stands; offsets count from the buffer's reader index.
  private int lineStart;
  private int scanned;
  private int lines;
  private int emptyLines;
  private int fieldsStart;
  private int targetStart;
  private int targetEnd;
  private @Nullable Refusal refusal;

  // What the last checked head said.
  private long bodyLength;
  private boolean expectsContinue;
  private boolean isPersistent;
  private int hosts;
  private CharSequence host = "";

  FramingGuard(ServerSettings settings) {
    requestLineMax = settings.requestLineMaxBytes();
    headMax = settings.headMaxBytes();
    fieldsMax = settings.headFieldsMax();
  }

  // ---- what was found

  /** Bytes of the body, 0 for none, −1 for a chunked one. */
  long bodyLength() {
    return bodyLength;
  }

  boolean expectsContinue() {
    return expectsContinue;
  }

  /** Whether the client wants the connection kept. */
  boolean isPersistent() {
    return isPersistent;
  }

  /** Why {@link #scan} answered −1. */
  Refusal refusal() {
    return requireNonNull(refusal, "nothing was refused");
  }

  /** The target of the head under scan, as far as it has come; null before its first byte. */
  @Nullable String peekTarget(ByteBuf in) {
    int start = targetStart;
    int end = targetEnd;
    if (lines == 0 && start == 0) {
      // Not whole yet: the second word, so far.
      int space = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) ' ');
      if (space < 0) {
        return null;
      }
      start = space + 1 - in.readerIndex();
      end = in.readableBytes();
      int next = in.indexOf(in.readerIndex() + start, in.writerIndex(), (byte) ' ');
      if (next >= 0) {
        end = next - in.readerIndex();
      }
    }
    int length = Math.min(end - start, Math.min(TARGET_SHOWN_MAX, in.readableBytes() - start));
    return length <= 0
        ? null
        : in.toString(in.readerIndex() + start, length, StandardCharsets.ISO_8859_1);
  }

  // ---- the raw head

  /** Forgets the last head. */
  void begin() {
    lineStart = 0;
    scanned = 0;
    lines = 0;
    emptyLines = 0;
    fieldsStart = 0;
    targetStart = 0;
    targetEnd = 0;
    refusal = null;
  }

  /**
   * Looks at what has arrived of a head and goes on where it stopped last time. Consumes nothing
   * but empty lines before the request line.
   *
   * @return length of the head with its final empty line; 0 if it is not whole; −1 if it is refused
   */
  int scan(ByteBuf in) {
    int base = in.readerIndex();
    int readable = in.readableBytes();
    while (true) {
      int at = ControlBytes.next(in, base + scanned, base + readable) - base;
      if (at == readable) {
        scanned = readable;
        return unfinished(readable);
      }
      byte control = in.getByte(base + at);
      if (control == '\t' && lines > 0) {
        scanned = at + 1;
        continue;
      }
      if (control != '\r') {
        return refuse(control == '\n' ? bareLineFeed() : controlByte(control));
      }
      if (at + 1 == readable) {
        scanned = at;
        return unfinished(readable);
      }
      if (in.getByte(base + at + 1) != '\n') {
        return refuse(bareCarriageReturn());
      }
      int next = at + 2;
      if (at > lineStart) {
        Refusal wrong = lines == 0 ? requestLine(in, base, at) : fieldLine(in, base, next);
        if (wrong != null) {
          return refuse(wrong);
        }
        lines++;
      } else if (lines > 0) {
        return next;
      } else if (++emptyLines > EMPTY_LINES_MAX) {
        return refuse(
            Refusal.invalid(
                "empty_lines",
                "More than "
                    + EMPTY_LINES_MAX
                    + " empty lines stand before the request line. Send none."));
      } else {
        in.skipBytes(2);
        base += 2;
        readable -= 2;
        next = 0;
      }
      lineStart = next;
      scanned = next;
    }
  }

  private int unfinished(int readable) {
    if (lines == 0) {
      return readable > requestLineMax ? refuse(requestLineTooLong()) : 0;
    }
    return readable - fieldsStart > headMax ? refuse(headTooLarge()) : 0;
  }

  private int refuse(Refusal why) {
    refusal = why;
    return -1;
  }

  private @Nullable Refusal fieldLine(ByteBuf in, int base, int next) {
    byte first = in.getByte(base + lineStart);
    if (first == ' ' || first == '\t') {
      return lines == 1
          ? Refusal.invalid(
              "leading_white_space",
              "White space stands before the first header field. Start each field with its name.")
          : Refusal.invalid(
              "folded_field",
              "A header field is folded over two lines (obs-fold). Send each field on one line.");
    }
    if (lines > fieldsMax) {
      return new Refusal(
          431,
          Kind.TOO_LARGE,
          "too_many_fields",
          "The request has more than " + fieldsMax + " header fields. Send fewer.",
          false,
          -1);
    }
    return next - fieldsStart > headMax ? headTooLarge() : null;
  }

  private @Nullable Refusal requestLine(ByteBuf in, int base, int end) {
    if (end > requestLineMax) {
      return requestLineTooLong();
    }
    int first = -1;
    int second = -1;
    for (int i = 0; i < end; i++) {
      byte b = in.getByte(base + i);
      if (b == ' ') {
        if (first < 0) {
          first = i;
        } else if (second < 0) {
          second = i;
        } else {
          return notThreeWords();
        }
      } else if (b < 0 || (first < 0 && !isTokenByte(b)) || b == '#') {
        return Refusal.invalid(
            "bad_request_line",
            String.format(
                "The request line has byte 0x%02x at offset %d, which may not stand there."
                    + " Percent-encode it.",
                b & 0xff, i));
      }
    }
    if (first <= 0 || second <= first + 1 || second + 1 >= end) {
      return notThreeWords();
    }
    targetStart = first + 1;
    targetEnd = second;
    fieldsStart = end + 2;
    return version(in, base + second + 1, end - second - 1);
  }

  private static @Nullable Refusal version(ByteBuf in, int at, int length) {
    boolean isShaped =
        length == 8
            && in.getByte(at) == 'H'
            && in.getByte(at + 1) == 'T'
            && in.getByte(at + 2) == 'T'
            && in.getByte(at + 3) == 'P'
            && in.getByte(at + 4) == '/'
            && isDigit(in.getByte(at + 5))
            && in.getByte(at + 6) == '.'
            && isDigit(in.getByte(at + 7));
    if (!isShaped) {
      return Refusal.invalid(
          "bad_version",
          "The request line does not end in an HTTP version. HTTP/1.1 and HTTP/1.0 are spoken"
              + " here.");
    }
    int minor = in.getByte(at + 7);
    if (in.getByte(at + 5) != '1' || (minor != '0' && minor != '1')) {
      return new Refusal(
          505,
          Kind.INVALID_REQUEST,
          "version_unsupported",
          "The request speaks HTTP/"
              + (char) in.getByte(at + 5)
              + "."
              + (char) minor
              + ". HTTP/1.1 and HTTP/1.0 are spoken here.",
          false,
          -1);
    }
    return null;
  }

  // ---- the parsed head

  /**
   * Looks at a parsed head, and brings its target into origin form.
   *
   * @return null if there is exactly one way to read the request
   */
  @Nullable Refusal check(HttpRequest request) {
    Refusal wrong = checkFields(request);
    if (wrong != null) {
      return wrong;
    }
    boolean isRequired = !request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    if (hosts > 1
        || (hosts == 0 && isRequired)
        || (hosts == 1 && !isHost(host, 0, host.length()))) {
      return Refusal.invalid(
          "bad_host",
          hosts == 1
              ? "The Host field is not a host with an optional port. Send the host of the base URL."
              : "The request has " + hosts + " Host fields. Send exactly one.");
    }
    return target(request);
  }

  /**
   * The part of {@link #check} that can say more than "malformed" about a head that Netty's parser
   * has refused already, and of which only the first fields may be known.
   */
  @Nullable Refusal checkFields(HttpRequest request) {
    boolean isHttp10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    bodyLength = 0;
    expectsContinue = false;
    isPersistent = !isHttp10;
    boolean hasLength = false;
    boolean isChunked = false;
    hosts = 0;
    host = "";
    Iterator<Map.Entry<CharSequence, CharSequence>> fields =
        request.headers().iteratorCharSequence();
    while (fields.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = fields.next();
      CharSequence name = field.getKey();
      CharSequence value = field.getValue();
      // By length first: ten fields are compared with one name each, not with eight.
      switch (name.length()) {
        case 4 -> {
          if (is(name, HttpHeaderNames.HOST)) {
            hosts++;
            host = value;
          }
        }
        case 6 -> {
          if (is(name, HttpHeaderNames.EXPECT) && !isHttp10) {
            if (!CONTINUE.contentEqualsIgnoreCase(value)) {
              return expectationUnknown();
            }
            expectsContinue = true;
          }
        }
        case 7 -> {
          if (is(name, HttpHeaderNames.UPGRADE) && !H2C.contentEqualsIgnoreCase(value)) {
            return upgradeRefused();
          }
        }
        case 10 -> {
          if (is(name, HttpHeaderNames.CONNECTION)) {
            if (AsciiString.containsIgnoreCase(value, CLOSE)) {
              isPersistent = false;
            } else if (isHttp10 && AsciiString.containsIgnoreCase(value, KEEP_ALIVE)) {
              isPersistent = true;
            }
          }
        }
        case 14 -> {
          if (is(name, HttpHeaderNames.CONTENT_LENGTH)) {
            if (hasLength) {
              return lengthRepeated();
            }
            hasLength = true;
            bodyLength = length(value);
            if (bodyLength < 0) {
              return lengthMalformed();
            }
          }
        }
        case 17 -> {
          if (is(name, HttpHeaderNames.TRANSFER_ENCODING)) {
            if (isChunked) {
              return codingMalformed();
            }
            Refusal wrong = coding(value, isHttp10);
            if (wrong != null) {
              return wrong;
            }
            isChunked = true;
          }
        }
        default -> {}
      }
    }
    if (isChunked) {
      if (hasLength) {
        return lengthAndCoding();
      }
      bodyLength = -1;
    }
    return null;
  }

  private static @Nullable Refusal coding(CharSequence value, boolean isHttp10) {
    if (isHttp10) {
      return Refusal.invalid(
          "transfer_encoding_in_http_1_0",
          "Transfer-Encoding has no meaning in HTTP/1.0. Send Content-Length.");
    }
    if (CHUNKED.contentEqualsIgnoreCase(value)) {
      return null;
    }
    // One word that is a token, or several ending in chunked: understood, and not spoken here.
    int start = 0;
    boolean isLastChunked = false;
    boolean hasChunked = false;
    while (start <= value.length()) {
      int end = start;
      while (end < value.length() && value.charAt(end) != ',') {
        end++;
      }
      int from = start;
      int to = end;
      while (from < to && isBlank(value.charAt(from))) {
        from++;
      }
      while (to > from && isBlank(value.charAt(to - 1))) {
        to--;
      }
      if (from == to || hasChunked) {
        return codingMalformed();
      }
      for (int i = from; i < to; i++) {
        if (value.charAt(i) > 0x7f || !isTokenByte((byte) value.charAt(i))) {
          return codingMalformed();
        }
      }
      isLastChunked = CHUNKED.contentEqualsIgnoreCase(value.subSequence(from, to));
      hasChunked |= isLastChunked;
      start = end + 1;
    }
    return isLastChunked && value.length() == CHUNKED.length()
        ? null
        : new Refusal(
            501,
            Kind.INVALID_REQUEST,
            "transfer_coding_unsupported",
            "The request uses a transfer coding other than chunked. Send chunked, or a"
                + " Content-Length.",
            false,
            -1);
  }

  private static @Nullable Refusal target(HttpRequest request) {
    HttpMethod method = request.method();
    String target = request.uri();
    if (method.equals(HttpMethod.CONNECT) || method.equals(HttpMethod.TRACE)) {
      return new Refusal(
          501,
          Kind.INVALID_REQUEST,
          "method_unsupported",
          method.name() + " is not spoken here. Use the methods of the provider's API.",
          false,
          -1);
    }
    if (target.charAt(0) == '/') {
      return null;
    }
    if (target.equals("*") && method.equals(HttpMethod.OPTIONS)) {
      return null;
    }
    int scheme =
        target.regionMatches(true, 0, "http://", 0, 7)
            ? 7
            : target.regionMatches(true, 0, "https://", 0, 8) ? 8 : 0;
    if (scheme == 0) {
      return Refusal.invalid(
          "bad_target",
          "The request target is neither a path nor an absolute http URL. Start it with /.");
    }
    // RFC 9112 section 3.2.2: the authority of an absolute target replaces Host.
    int end = scheme;
    while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
      end++;
    }
    if (!isHost(target, scheme, end)) {
      return Refusal.invalid(
          "bad_target",
          "The authority of the request target is not a host with an optional port. Send the"
              + " path alone.");
    }
    String rest = target.substring(end);
    request.headers().set(HttpHeaderNames.HOST, target.substring(scheme, end));
    request.setUri(rest.startsWith("/") ? rest : "/" + rest);
    return null;
  }

  /** Digits only, no sign, no list, no other base; −1 for anything else. */
  private static long length(CharSequence value) {
    int digits = value.length();
    if (digits == 0 || digits > LENGTH_DIGITS_MAX) {
      return -1;
    }
    long length = 0;
    for (int i = 0; i < digits; i++) {
      char c = value.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      length = length * 10 + (c - '0');
    }
    return length;
  }

  /**
   * {@code uri-host [ ":" port ]} (RFC 9110 section 7.2), without the comma that a joined
   * repetition would leave, and without user information.
   */
  private static boolean isHost(CharSequence value, int start, int end) {
    int at = start;
    if (at < end && value.charAt(at) == '[') {
      at++;
      while (at < end && (isHexDigit(value.charAt(at)) || ":.".indexOf(value.charAt(at)) >= 0)) {
        at++;
      }
      if (at == start + 1 || at == end || value.charAt(at) != ']') {
        return false;
      }
      at++;
    } else {
      while (at < end
          && (isAlphaNumeric(value.charAt(at))
              || "-._~%!$&'()*+;=".indexOf(value.charAt(at)) >= 0)) {
        at++;
      }
      if (at == start) {
        return false;
      }
    }
    if (at == end) {
      return true;
    }
    if (value.charAt(at) != ':' || end - at > 6) {
      return false;
    }
    for (at++; at < end; at++) {
      if (value.charAt(at) < '0' || value.charAt(at) > '9') {
        return false;
      }
    }
    return true;
  }

  private static boolean is(CharSequence name, AsciiString wanted) {
    return wanted.contentEqualsIgnoreCase(name);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private static boolean isDigit(int b) {
    return b >= '0' && b <= '9';
  }

  private static boolean isHexDigit(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  private static boolean isAlphaNumeric(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  /** {@code tchar} of RFC 9110 section 5.6.2. */
  static boolean isTokenByte(byte b) {
    return b > 0x20 && b < 0x7f && "\"(),/:;<=>?@[\\]{}".indexOf(b) < 0;
  }

  // ---- the words of each no

  private Refusal requestLineTooLong() {
    return new Refusal(
        414,
        Kind.TOO_LARGE,
        "request_line_too_long",
        "The request line is longer than " + requestLineMax + " bytes. Send a shorter one.",
        false,
        -1);
  }

  private Refusal headTooLarge() {
    return new Refusal(
        431,
        Kind.TOO_LARGE,
        "head_too_large",
        "The header fields together are longer than " + headMax + " bytes. Send fewer or shorter.",
        false,
        -1);
  }

  static Refusal bareLineFeed() {
    return Refusal.invalid(
        "bare_lf", "A line ends in LF without CR. End each line of the head in CRLF.");
  }

  static Refusal bareCarriageReturn() {
    return Refusal.invalid(
        "bare_cr", "A CR stands without LF after it. End each line of the head in CRLF.");
  }

  static Refusal controlByte(byte control) {
    return Refusal.invalid(
        "control_byte",
        String.format(
            "Control byte 0x%02x stands in the head. Send HTTP/1.1 in clear text here, without"
                + " control bytes.",
            control & 0xff));
  }

  static Refusal malformedHead() {
    return Refusal.invalid(
        "malformed_head",
        "A header field is malformed. Send name, colon and value, the name without white space.");
  }

  private static Refusal notThreeWords() {
    return Refusal.invalid(
        "bad_request_line",
        "The request line is not three words parted by single spaces. Send method, target and"
            + " HTTP/1.1.");
  }

  private static Refusal lengthRepeated() {
    return Refusal.invalid(
        "content_length_repeated", "Content-Length stands more than once. Send it once.");
  }

  private static Refusal lengthMalformed() {
    return Refusal.invalid(
        "content_length_malformed",
        "Content-Length is not a plain number of at most "
            + LENGTH_DIGITS_MAX
            + " digits. Send the number of body bytes.");
  }

  private static Refusal lengthAndCoding() {
    return Refusal.invalid(
        "content_length_with_transfer_encoding",
        "Content-Length and Transfer-Encoding stand together. Send one of them.");
  }

  private static Refusal codingMalformed() {
    return Refusal.invalid(
        "transfer_encoding_malformed",
        "Transfer-Encoding is not exactly one final chunked. Send chunked once, or a"
            + " Content-Length.");
  }

  private static Refusal expectationUnknown() {
    return new Refusal(
        417,
        Kind.INVALID_REQUEST,
        "expectation_unknown",
        "The Expect field asks for something other than 100-continue. Leave it out.",
        false,
        -1);
  }

  private static Refusal upgradeRefused() {
    return new Refusal(
        501,
        Kind.INVALID_REQUEST,
        "upgrade_unsupported",
        "The Upgrade field asks for another protocol. WebSocket and others are not spoken here;"
            + " send plain HTTP/1.1.",
        false,
        -1);
  }
}
