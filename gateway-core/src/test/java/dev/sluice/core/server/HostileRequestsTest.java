package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What may not be understood in two ways is refused with the right status, the connection is
 * closed, and nothing of it reaches the flow: not when it comes in one piece, not byte by byte, and
 * not the request that is smuggled behind it.
 */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class HostileRequestsTest {

  record Case(int status, String code, String bytes) {
    @Override
    public String toString() {
      String shown = bytes.replace("\r", "␍").replace("\n", "␊").replace("\0", "␀");
      return status + " " + code + " " + shown.substring(0, Math.min(90, shown.length()));
    }
  }

  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

  private static Case line(int status, String code, String requestLine) {
    return new Case(status, code, requestLine + "\r\nHost: h\r\n\r\n");
  }

  private static Case fields(int status, String code, String fields) {
    return new Case(status, code, "POST /v1/x HTTP/1.1\r\n" + fields + "\r\n\r\n");
  }

  private static Case withHost(int status, String code, String fields) {
    return fields(status, code, "Host: h\r\n" + fields);
  }

  private static Case chunked(String code, String body) {
    return new Case(
        400, code, "POST /v1/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
  }

  static List<Case> heads() {
    return List.of(
        // The request line is three words and one space between them.
        line(400, "bad_request_line", "GET"),
        line(400, "bad_request_line", "GET /"),
        line(400, "bad_request_line", "GET  / HTTP/1.1"),
        line(400, "bad_request_line", "GET /  HTTP/1.1"),
        line(400, "bad_request_line", "GET / HTTP/1.1 "),
        line(400, "bad_request_line", " GET / HTTP/1.1"),
        line(400, "bad_request_line", "GET /a b HTTP/1.1"),
        line(400, "control_byte", "GET\t/ HTTP/1.1"),
        line(400, "control_byte", "GET /\u000b HTTP/1.1"),
        line(400, "bad_request_line", "G(ET / HTTP/1.1"),
        line(400, "bad_request_line", "GET /\u00e9 HTTP/1.1"),
        line(400, "bad_request_line", "GET /a#b HTTP/1.1"),
        line(400, "bare_cr", "GET /\rX HTTP/1.1"),
        // Versions.
        line(400, "bad_request_line", "GET /index.html"),
        line(400, "bad_version", "GET / HTTP/1"),
        line(400, "bad_version", "GET / HTTP/11"),
        line(400, "bad_version", "GET / http/1.1"),
        line(400, "bad_version", "GET / HTTP/1.10"),
        line(400, "bad_version", "GET / ICY/1.1"),
        line(400, "bad_version", "GET / HTTP/+1.1"),
        line(505, "version_unsupported", "GET / HTTP/0.9"),
        line(505, "version_unsupported", "GET / HTTP/1.2"),
        line(505, "version_unsupported", "GET / HTTP/2.0"),
        line(505, "version_unsupported", "PRI * HTTP/2.0"),
        // Line ends, control bytes, folding.
        new Case(400, "bare_lf", "GET / HTTP/1.1\nHost: h\r\n\r\n"),
        new Case(400, "bare_lf", "GET / HTTP/1.1\r\nHost: h\n\r\n"),
        new Case(400, "bare_lf", "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\n"),
        new Case(400, "bare_lf", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        new Case(400, "bare_cr", "GET / HTTP/1.1\r\nHost: h\r\nA: b\rX: y\r\n\r\n"),
        new Case(400, "bare_cr", "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\r\n\r\n"),
        new Case(400, "empty_lines", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        withHost(400, "control_byte", "A: b\0c"),
        withHost(400, "control_byte", "A\0: b"),
        withHost(400, "control_byte", "A: b\u0001"),
        withHost(400, "control_byte", "A: b\u007f"),
        withHost(400, "control_byte", "A: b\u000c"),
        withHost(400, "folded_field", "A: b\r\n c"),
        withHost(400, "folded_field", "A: b\r\n\tc"),
        withHost(400, "folded_field", "Content-Length: 1\r\n 0"),
        fields(400, "leading_white_space", " Host: h"),
        fields(400, "leading_white_space", "\tA: b\r\nHost: h"),
        new Case(400, "control_byte", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001"),
        // Field names.
        withHost(400, "malformed_head", "A : b"),
        withHost(400, "malformed_head", "A\t: b"),
        withHost(400, "malformed_head", "Content-Length : 5"),
        withHost(400, "malformed_head", "Transfer-Encoding : chunked"),
        withHost(400, "malformed_head", ": b"),
        withHost(400, "malformed_head", "nocolon"),
        withHost(400, "malformed_head", "A b: c"),
        withHost(400, "malformed_head", "A(b): c"),
        withHost(400, "malformed_head", "\u00e9: c"),
        // Length and coding.
        withHost(400, "content_length_malformed", "Content-Length: +5"),
        withHost(400, "content_length_malformed", "Content-Length: -5"),
        withHost(400, "content_length_malformed", "Content-Length: 5,5"),
        withHost(400, "content_length_malformed", "Content-Length: 5, 5"),
        withHost(400, "content_length_malformed", "Content-Length: 0x5"),
        withHost(400, "content_length_malformed", "Content-Length: 5 5"),
        withHost(400, "content_length_malformed", "Content-Length: five"),
        withHost(400, "content_length_malformed", "Content-Length:"),
        withHost(400, "content_length_malformed", "Content-Length: 5.0"),
        withHost(400, "content_length_malformed", "Content-Length: 99999999999999999999"),
        withHost(400, "content_length_repeated", "Content-Length: 5\r\nContent-Length: 5"),
        withHost(400, "content_length_repeated", "Content-Length: 5\r\ncontent-length: 6"),
        withHost(
            400,
            "content_length_with_transfer_encoding",
            "Content-Length: 5\r\nTransfer-Encoding: chunked"),
        withHost(
            400,
            "content_length_with_transfer_encoding",
            "Transfer-Encoding: chunked\r\nContent-Length: 0"),
        withHost(400, "transfer_encoding_malformed", "Transfer-Encoding: chunked, chunked"),
        withHost(
            400,
            "transfer_encoding_malformed",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        withHost(400, "transfer_encoding_malformed", "Transfer-Encoding: chunked, identity"),
        withHost(400, "transfer_encoding_malformed", "Transfer-Encoding: chunked,"),
        withHost(400, "transfer_encoding_malformed", "Transfer-Encoding:"),
        withHost(400, "transfer_encoding_malformed", "Transfer-Encoding: \"chunked\""),
        withHost(400, "transfer_encoding_malformed", "Transfer-Encoding: chunked;q=1"),
        withHost(501, "transfer_coding_unsupported", "Transfer-Encoding: gzip"),
        withHost(501, "transfer_coding_unsupported", "Transfer-Encoding: gzip, chunked"),
        withHost(501, "transfer_coding_unsupported", "Transfer-Encoding: xchunked"),
        withHost(501, "transfer_coding_unsupported", "Transfer-Encoding: identity"),
        new Case(
            400,
            "transfer_encoding_in_http_1_0",
            "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
        // Host and target.
        fields(400, "bad_host", "A: b"),
        fields(400, "bad_host", "Host: a\r\nHost: a"),
        fields(400, "bad_host", "Host: a\r\nhost: b"),
        fields(400, "bad_host", "Host:"),
        fields(400, "bad_host", "Host: a b"),
        fields(400, "bad_host", "Host: a,b"),
        fields(400, "bad_host", "Host: a/b"),
        fields(400, "bad_host", "Host: user@a"),
        fields(400, "bad_host", "Host: a:b"),
        fields(400, "bad_host", "Host: a:123456"),
        fields(400, "bad_host", "Host: [::1"),
        fields(400, "bad_host", "Host: []"),
        line(400, "bad_target", "GET * HTTP/1.1"),
        line(400, "bad_target", "GET example.com:443 HTTP/1.1"),
        line(400, "bad_target", "GET index.html HTTP/1.1"),
        line(400, "bad_target", "GET ftp://h/x HTTP/1.1"),
        line(400, "bad_target", "GET http:///x HTTP/1.1"),
        line(400, "bad_target", "GET http://user@h/x HTTP/1.1"),
        line(501, "method_unsupported", "CONNECT example.com:443 HTTP/1.1"),
        line(501, "method_unsupported", "TRACE / HTTP/1.1"),
        withHost(501, "upgrade_unsupported", "Connection: Upgrade\r\nUpgrade: websocket"),
        withHost(417, "expectation_unknown", "Expect: 200-ok\r\nContent-Length: 5"),
        // Bounds.
        line(414, "request_line_too_long", "GET /" + "a".repeat(9_000) + " HTTP/1.1"),
        new Case(414, "request_line_too_long", "a".repeat(9_000)),
        withHost(431, "head_too_large", "A: " + "b".repeat(33_000)),
        withHost(431, "head_too_large", ("A: " + "b".repeat(1_000) + "\r\n").repeat(33) + "B: c"),
        withHost(431, "too_many_fields", "A: b\r\n".repeat(99) + "B: c"));
  }

  static Stream<Case> bodies() {
    return Stream.of(
        chunked("chunk_size_malformed", "x\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", "\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", "0x5\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", "+5\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", "-5\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", " 5\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", "5 \r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", "5 5\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", "1000000000000005\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", "\u0665\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_size_malformed", ";a=b\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_line_broken", "5\nhello\r\n0\r\n\r\n"),
        chunked("chunk_line_broken", "5;a=\nhello\r\n0\r\n\r\n"),
        chunked("chunk_line_broken", "5\rhello\r\n0\r\n\r\n"),
        chunked("chunk_line_broken", "5;a=\0\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_line_too_long", "5;" + "a".repeat(300) + "\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_line_too_long", "5;" + "a".repeat(300)),
        chunked("chunk_line_too_long", "5;" + "a".repeat(256) + "\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk_end_missing", "5\r\nhellox\n0\r\n\r\n"),
        chunked("chunk_end_missing", "5\r\nhelloo\r\n0\r\n\r\n"),
        chunked("chunk_end_missing", "5\r\nhello\n0\r\n\r\n"),
        chunked("chunk_end_missing", "5\r\nhello0\r\n\r\n"),
        chunked("chunk_end_missing", "5\r\nhello\rx0\r\n\r\n"),
        chunked("chunk_line_broken", "5\r\nhello\r\n0\r\nA: b\n\r\n"),
        chunked("chunk_line_broken", "5\r\nhello\r\n0\r\nA: b\0\r\n\r\n"),
        chunked("trailer_malformed", "5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n"),
        chunked("trailer_malformed", "5\r\nhello\r\n0\r\nA : b\r\n\r\n"),
        chunked("trailer_malformed", "5\r\nhello\r\n0\r\nnocolon\r\n\r\n"),
        chunked("trailers_too_large", "0\r\n" + ("A: " + "b".repeat(1_000) + "\r\n").repeat(40)),
        chunked("trailers_too_large", "0\r\n" + "A: b\r\n".repeat(120)));
  }

  @ParameterizedTest
  @MethodSource("heads")
  void anAmbiguousHeadIsRefusedAndNothingOfItReachesTheFlow(Case hostile) {
    try (Wire wire = new Wire()) {
      wire.send(hostile.bytes + SMUGGLED);

      assertRefused(wire, hostile);
      assertThat(wire.flow.calls).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("heads")
  void aRefusalDoesNotDependOnHowTheBytesWereSplit(Case hostile) {
    try (Wire wire = new Wire()) {
      wire.sendByteByByte(hostile.bytes + SMUGGLED);

      assertRefused(wire, hostile);
      assertThat(wire.flow.calls).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void anAmbiguousBodyIsRefusedAndItsRequestNeverBecomesWhole(Case hostile) {
    try (Wire wire = new Wire()) {
      wire.send(hostile.bytes + SMUGGLED);

      assertRefused(wire, hostile);
      assertOneBrokenRequest(wire, hostile);
    }
    try (Wire wire = new Wire()) {
      wire.sendByteByByte(hostile.bytes + SMUGGLED);

      assertRefused(wire, hostile);
      assertOneBrokenRequest(wire, hostile);
    }
  }

  /** The bytes of each are one request and a part of another for a careless reader. */
  @Test
  void whatFollowsARefusedHeadOnTheConnectionIsNeverRead() {
    String inner = "GET /admin HTTP/1.1\r\nHost: h\r\n\r\n";
    for (String fields :
        List.of(
            "Content-Length: 0\r\nTransfer-Encoding: chunked",
            "Content-Length: 4\r\nContent-Length: " + inner.length(),
            "Transfer-Encoding: identity, chunked\r\nContent-Length: 4",
            "Transfer-Encoding:\u000bchunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "Content-Length: 00\r\nContent-Length: " + inner.length(),
            "Content-Length: 4\r\n Content-Length: 0",
            "X: y\rContent-Length: 0",
            "Content-Length\u00a0: 0")) {
      try (Wire wire = new Wire()) {
        wire.send("POST /v1/x HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n0\r\n\r\n" + inner);
        wire.send(inner);

        assertThat(wire.received()).as(fields).startsWith("HTTP/1.1 ").containsOnlyOnce("HTTP/1.1");
        assertThat(wire.flow.calls).as(fields).isEmpty();
        assertThat(wire.isOpen()).as(fields).isFalse();
      }
    }
  }

  @Test
  void aRefusalSpeaksInTheEnvelopeOfThePathThatWasAsked() {
    try (Wire wire = new Wire()) {
      wire.send("POST /v1/messages HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n");
      assertThat(wire.flow.refusedTargets).containsExactly("/v1/messages");
    }
    try (Wire wire = new Wire()) {
      wire.send("POST /v1/messages?" + "a".repeat(9_000));
      assertThat(wire.flow.refusedTargets.getFirst()).startsWith("/v1/messages?").hasSize(256);
    }
    try (Wire wire = new Wire()) {
      wire.send("POST /v1/messages HTTP/1.1\r\nHost: h\r\nA: \0");
      assertThat(wire.flow.refusedTargets).containsExactly("/v1/messages");
    }
    try (Wire wire = new Wire()) {
      wire.send("\0");
      assertThat(wire.flow.refusedTargets).containsExactly("-");
    }
  }

  private static void assertRefused(Wire wire, Case hostile) {
    assertThat(wire.flow.refusals)
        .extracting(refusal -> refusal.status() + " " + refusal.code())
        .containsExactly(hostile.status + " " + hostile.code);
    assertThat(wire.received())
        .startsWith("HTTP/1.1 " + hostile.status + " ")
        .contains("\r\nConnection: close\r\n")
        .endsWith("{\"code\":\"" + hostile.code + "\"}")
        .containsOnlyOnce("HTTP/1.1 ");
    assertThat(wire.isOpen()).isFalse();
  }

  private static void assertOneBrokenRequest(Wire wire, Case hostile) {
    assertThat(wire.flow.calls).hasSize(1);
    assertThat(wire.flow.last().isWhole).isFalse();
    assertThat(wire.flow.last().gone).containsExactly(hostile.code);
  }
}
