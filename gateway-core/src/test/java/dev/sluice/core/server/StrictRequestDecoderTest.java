package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is allowed arrives whole, in order, one at a time, however the bytes are split. */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class StrictRequestDecoderTest {

  private static final String POST =
      "POST /v1/chat HTTP/1.1\r\nHost: gw.example:8080\r\nUser-Agent: x/1\r\nX-Tab: a\tb\r\n"
          + "X-Latin: \u00e9\r\nContent-Length: 11\r\n\r\nhello world";
  private static final String CHUNKED =
      "POST /v1/chat HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
          + "5;a=\"b c\"\r\nhello\r\n0001 ;x\r\n \r\n5\r\nworld\r\n0\r\nA: b\r\nB:\r\n\r\n";

  @Test
  void aRequestIsTheSameForEverySplitInTwo() {
    for (String request : List.of(POST, CHUNKED, "\r\n\r\n" + POST)) {
      for (int at = 1; at < request.length(); at++) {
        try (Wire wire = new Wire()) {
          wire.send(request.substring(0, at)).send(request.substring(at));

          assertHello(wire, "split at " + at);
        }
      }
    }
  }

  @Test
  void aRequestIsTheSameByteByByte() {
    for (String request : List.of(POST, CHUNKED)) {
      try (Wire wire = new Wire()) {
        wire.sendByteByByte(request);

        assertHello(wire, "byte by byte");
      }
    }
  }

  private static void assertHello(Wire wire, String as) {
    assertThat(wire.flow.calls).as(as).hasSize(1);
    RecordingFlow.Call call = wire.flow.last();
    assertThat(call.isWhole).as(as).isTrue();
    assertThat(call.body.toString()).as(as).isEqualTo("hello world");
    assertThat(call.head.uri()).as(as).isEqualTo("/v1/chat");
    assertThat(wire.received()).as(as).startsWith("HTTP/1.1 200 OK\r\n").contains("hello world");
    assertThat(wire.isOpen()).as(as).isTrue();
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrderAndOneAtATime() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole = call -> {};
      wire.send(get("/1") + POST.replace("/v1/chat", "/2") + get("/3"));

      for (int i = 1; i <= 3; i++) {
        assertThat(wire.flow.calls).hasSize(i);
        assertThat(wire.flow.last().head.uri()).isEqualTo("/" + i);
        assertThat(wire.received()).isEmpty();
        wire.flow.last().answer("{\"n\":" + i + "}");
        assertThat(wire.received()).endsWith("{\"n\":" + i + "}").containsOnlyOnce("HTTP/1.1");
      }
    }
  }

  @Test
  void pipelinedRequestsThatAreAnsweredAtOnceNeedNoStack() {
    try (Wire wire = new Wire()) {
      wire.send(get("/x").repeat(5_000));

      assertThat(wire.flow.calls).hasSize(5_000);
      assertThat(wire.received().split("HTTP/1.1 200 OK", -1)).hasSize(5_001);
    }
  }

  @Test
  void aClientThatPipelinesTooMuchIsNotReadUntilItsAnswerHasEnded() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole = call -> {};
      wire.send(get("/1"));
      String more = get("/2");
      wire.send(more.repeat(StrictRequestDecoder.PIPELINED_MAX / more.length()));
      assertThat(wire.channel.config().isAutoRead()).isTrue();

      wire.send(more.repeat(2));
      assertThat(wire.channel.config().isAutoRead()).isFalse();
      assertThat(wire.flow.calls).hasSize(1);

      wire.flow.onWhole = call -> call.answer("{}");
      wire.flow.last().answer("{}");
      assertThat(wire.channel.config().isAutoRead()).isTrue();
      assertThat(wire.flow.calls).hasSizeGreaterThan(1_000);
      wire.received();
    }
  }

  @Test
  void aBodySentByteByByteIsHandedOnInPiecesWorthTheirBuffers() {
    try (Wire wire = new Wire()) {
      String body = "x".repeat(5_000);
      wire.sendByteByByte(
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);

      assertThat(wire.flow.last().body.toString()).isEqualTo(body);
      assertThat(wire.flow.last().pieces.get()).isLessThanOrEqualTo(6);
      wire.received();
    }
    try (Wire wire = new Wire()) {
      wire.send(
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "1\r\nx\r\n".repeat(5_000)
              + "0\r\n\r\n");

      assertThat(wire.flow.last().body).hasSize(5_000);
      assertThat(wire.flow.last().pieces.get()).isLessThanOrEqualTo(3);
      wire.received();
    }
  }

  @Test
  void chunksOfAnySizeGiveTheBodyTheyWereCutFrom() {
    long seed = 7L;
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 300; round++) {
      StringBuilder body = new StringBuilder();
      StringBuilder sent =
          new StringBuilder("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int chunk = random.nextInt(12); chunk > 0; chunk--) {
        int size = random.nextInt(1, random.nextBoolean() ? 20 : 6_000);
        String data = ("" + (char) random.nextInt(0, 256)).repeat(size);
        body.append(data);
        sent.append(Integer.toHexString(size)).append("\r\n").append(data).append("\r\n");
      }
      sent.append("0\r\n\r\n");
      try (Wire wire = new Wire()) {
        wire.flow.onWhole = call -> call.answer("{}");
        for (int at = 0; at < sent.length(); ) {
          int next = Math.min(sent.length(), at + random.nextInt(1, 3_000));
          wire.send(sent.substring(at, next));
          at = next;
        }
        assertThat(wire.flow.last().isWhole).as("seed %d round %d", seed, round).isTrue();
        assertThat(wire.flow.last().body.toString())
            .as("seed %d round %d", seed, round)
            .isEqualTo(body.toString());
      }
    }
  }

  @Test
  void anAbsoluteTargetBecomesAPathAndItsHostReplacesTheField() {
    try (Wire wire = new Wire()) {
      wire.send("GET http://Other.example:81/v1/x?y=1 HTTP/1.1\r\nHost: h\r\n\r\n");
      wire.send("GET HTTPS://other.example HTTP/1.1\r\nHost: h\r\n\r\n");
      wire.send("GET http://other.example?q HTTP/1.1\r\nHost: h\r\n\r\n");
      wire.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");

      assertThat(wire.flow.calls)
          .extracting(call -> call.head.uri())
          .containsExactly("/v1/x?y=1", "/", "/?q", "*");
      assertThat(wire.flow.calls.getFirst().head.headers().getAll("host"))
          .containsExactly("Other.example:81");
      wire.received();
    }
  }

  @Test
  void anOfferOfClearTextHttp2IsIgnored() {
    try (Wire wire = new Wire()) {
      wire.send(
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
              + "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n\r\n");

      assertThat(wire.received()).startsWith("HTTP/1.1 200 OK\r\n");
      assertThat(wire.isOpen()).isTrue();
    }
  }

  @Test
  void boundsAreReachedExactly() {
    int max = Wire.SETTINGS.requestLineMaxBytes();
    String line = "GET /" + "a".repeat(max - 14) + " HTTP/1.1\r\n";
    try (Wire wire = new Wire()) {
      wire.send(line + "Host: h\r\n" + "A: b\r\n".repeat(99) + "\r\n");
      assertThat(wire.flow.calls).hasSize(1);
      wire.received();
    }
    try (Wire wire = new Wire()) {
      wire.send("GET /" + "a".repeat(max - 13) + " HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 414 ");
    }
    // "Host: h" and its end take 9 of the head's bytes, the name and end of the other field 5.
    int value = Wire.SETTINGS.headMaxBytes() - 9 - 5;
    try (Wire wire = new Wire()) {
      wire.send("GET / HTTP/1.1\r\nHost: h\r\nA: " + "b".repeat(value) + "\r\n\r\n");
      assertThat(wire.flow.calls).hasSize(1);
      wire.received();
    }
    try (Wire wire = new Wire()) {
      wire.send("GET / HTTP/1.1\r\nHost: h\r\nA: " + "b".repeat(value + 1) + "\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 431 ");
    }
  }

  static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }
}
