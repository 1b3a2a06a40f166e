package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sse.journal.Ending;
import dev.sluice.sse.journal.JournalHead;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a client receives for what the flow writes, and in how few writes. */
@SuppressWarnings("StringConcatToTextBlock") // line ends are what is tested
class ResponseSinkTest {

  private static final String KEPT = "Connection: keep-alive\r\nKeep-Alive: timeout=57\r\n";
  private static final String GET = StrictRequestDecoderTest.get("/");

  /** A request has been sent, and nothing answered yet. */
  private static RecordingFlow.Call ask(Wire wire, String request) {
    wire.flow.onWhole = call -> {};
    wire.send(request);
    wire.counter.reset();
    return wire.flow.last();
  }

  private static ByteBuf bytes(Wire wire, String text) {
    return wire.channel.alloc().buffer().writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void aSmallAnswerOfKnownLengthIsOneWriteAndOneFlush() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      call.port.writeHead(RecordingFlow.head(200, 8));
      call.port.writeBody(bytes(wire, "{\"a\":"));
      call.port.writeBody(bytes(wire, "\"\"}"));
      call.port.end(new Ending.Complete());

      assertThat(wire.counter.writes).isEqualTo(1);
      assertThat(wire.counter.flushes).isEqualTo(1);
      assertThat(wire.received())
          .isEqualTo(
              "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 8\r\n"
                  + KEPT
                  + "\r\n{\"a\":\"\"}");
      assertThat(wire.isOpen()).isTrue();
    }
  }

  @Test
  void theLastEventAndTheLastChunkLeaveInOneWrite() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      call.port.writeHead(RecordingFlow.events());
      call.port.flush();
      assertThat(wire.received())
          .isEqualTo(
              "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                  + "Transfer-Encoding: chunked\r\n"
                  + KEPT
                  + "\r\n");
      call.port.writeBody(bytes(wire, "data: 1\n\n"));
      call.port.flush();
      assertThat(wire.counter.writes).isEqualTo(2);
      assertThat(wire.received()).isEqualTo("9\r\ndata: 1\n\n\r\n");

      wire.counter.reset();
      call.port.writeBody(bytes(wire, "data: [DONE]\n\n"));
      assertThat(wire.counter.writes).isZero();
      call.port.end(new Ending.Complete());

      assertThat(wire.counter.writes).isEqualTo(1);
      assertThat(wire.counter.flushes).isEqualTo(1);
      assertThat(wire.received()).isEqualTo("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
    }
  }

  @Test
  void aLargeLastPieceAndTheLastChunkStillLeaveInOneFlush() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      String large = "x".repeat(10_000);
      call.port.writeHead(RecordingFlow.events());
      call.port.writeBody(bytes(wire, large));
      call.port.end(new Ending.Failed("x", new byte[0]));

      assertThat(wire.counter.flushes).isEqualTo(1);
      assertThat(wire.counter.writes).isEqualTo(3);
      assertThat(wire.received()).endsWith("\r\n\r\n2710\r\n" + large + "\r\n0\r\n\r\n");
    }
  }

  @Test
  void manyPiecesOfABatchLeaveInOneFlush() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      call.port.writeHead(RecordingFlow.events());
      for (int i = 0; i < 50; i++) {
        call.port.writeBody(bytes(wire, "data: x\n\n"));
      }
      call.port.flush();

      assertThat(wire.counter.flushes).isEqualTo(1);
      assertThat(wire.counter.writes).isEqualTo(1);
      assertThat(wire.received().split("9\r\ndata: x\n\n\r\n", -1)).hasSize(51);
      call.port.end(new Ending.Complete());
    }
  }

  @Test
  void headHasTheFieldsOfGetAndNoBody() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET.replace("GET", "HEAD"));
      call.port.writeHead(RecordingFlow.head(200, 5));
      call.port.writeBody(bytes(wire, "hello"));
      call.port.end(new Ending.Complete());
      assertThat(wire.received()).contains("Content-Length: 5\r\n").endsWith("\r\n\r\n");

      call = ask(wire, GET.replace("GET", "HEAD"));
      call.port.writeHead(RecordingFlow.events());
      call.port.writeBody(bytes(wire, "hello"));
      call.port.end(new Ending.Complete());
      assertThat(wire.received()).doesNotContain("chunked", "Length", "hello").endsWith("\r\n\r\n");
      assertThat(wire.isOpen()).isTrue();

      call = ask(wire, GET.replace("GET", "HEAD"));
      call.answer("{\"n\":1}");
      assertThat(wire.received()).contains("Content-Length: 7\r\n").endsWith("\r\n\r\n");
    }
  }

  @Test
  void statusesWithoutABodyHaveNoneAndNoLength() {
    for (int status : new int[] {204, 304}) {
      try (Wire wire = new Wire()) {
        RecordingFlow.Call call = ask(wire, GET);
        call.port.writeHead(RecordingFlow.head(status, 5));
        call.port.writeBody(bytes(wire, "hello"));
        call.port.end(new Ending.Complete());

        assertThat(wire.received())
            .startsWith("HTTP/1.1 " + status + " ")
            .doesNotContain("Length", "chunked", "hello")
            .endsWith("\r\n\r\n");
        assertThat(wire.isOpen()).isTrue();
      }
    }
  }

  @Test
  void http10GetsNoChunksAndIsKeptOnlyIfItAsksAndTheLengthIsKnown() {
    String get10 = "GET / HTTP/1.0\r\n\r\n";
    String kept10 = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, kept10);
      call.port.writeHead(RecordingFlow.events());
      call.port.writeBody(bytes(wire, "hello"));
      call.port.end(new Ending.Complete());
      assertThat(wire.received())
          .contains("Connection: close\r\n")
          .doesNotContain("chunked")
          .endsWith("\r\n\r\nhello");
      assertThat(wire.isOpen()).isFalse();
    }
    try (Wire wire = new Wire()) {
      ask(wire, kept10).answer("{}");
      assertThat(wire.received()).contains(KEPT);
      assertThat(wire.isOpen()).isTrue();
      ask(wire, get10).answer("{}");
      assertThat(wire.received()).contains("Connection: close\r\n").endsWith("{}");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void aCutBodyEndsWithTheConnectionAndWithoutTheLastChunk() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      call.port.writeHead(RecordingFlow.events());
      call.port.writeBody(bytes(wire, "data: 1\n\n"));
      call.port.end(new Ending.Cut("provider_reset", null));

      assertThat(wire.received()).endsWith("9\r\ndata: 1\n\n\r\n");
      assertThat(wire.isOpen()).isFalse();
      assertThat(call.gone).isEmpty();
    }
  }

  @Test
  void aBodyShorterThanAnnouncedIsCutAlsoWhenItCallsItselfComplete() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      call.port.writeHead(RecordingFlow.head(200, 10));
      call.port.writeBody(bytes(wire, "hello"));
      call.port.end(new Ending.Complete());

      assertThat(wire.received()).endsWith("\r\n\r\nhello");
      assertThat(wire.isOpen()).isFalse();
      assertThat(call.gone).isEmpty();
    }
  }

  @Test
  void aBodyLongerThanAnnouncedNeverRunsIntoTheNextAnswer() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      call.port.writeHead(RecordingFlow.head(200, 5));
      call.port.writeBody(bytes(wire, "hel"));
      call.port.writeBody(bytes(wire, "loHTTP/1.1 200 OK"));
      call.port.writeBody(bytes(wire, "more"));

      assertThat(wire.received()).endsWith("\r\n\r\nhel");
      assertThat(wire.isOpen()).isFalse();
      assertThat(call.gone).containsExactly("body_longer_than_announced");
    }
  }

  @Test
  void noFieldCanStartALineOfItsOwn() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      call.port.answer(
          new JournalHead(
              200,
              List.of(
                  Map.entry("x-a", "b\r\nSet-Cookie: c"),
                  Map.entry("x\r\nb", "c\0d\u007f"),
                  Map.entry("x-latin", "\u00e9\tx \u20ac")),
              JournalHead.Form.OPAQUE,
              -1),
          new byte[0],
          false);

      assertThat(wire.received())
          .startsWith(
              "HTTP/1.1 200 OK\r\nx-a: b  Set-Cookie: c\r\nx  b: c d \r\n"
                  + "x-latin: \u00e9\tx ?\r\nContent-Length: 0\r\n");
    }
  }

  @Test
  void aLateCallForAnAnsweredRequestTouchesNothing() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call first = ask(wire, GET);
      first.answer("{}");
      wire.received();
      RecordingFlow.Call second = ask(wire, GET);

      first.port.writeBody(bytes(wire, "late"));
      first.port.flush();
      first.port.end(new Ending.Cut("late", null));
      first.port.abort("late");
      first.port.answer(RecordingFlow.head(500, -1), new byte[3], true);
      assertThat(first.port.isWritable()).isFalse();
      assertThat(wire.received()).isEmpty();

      second.answer("{\"n\":2}");
      assertThat(wire.received()).endsWith("{\"n\":2}").contains("HTTP/1.1 200 OK");
      assertThat(wire.isOpen()).isTrue();
    }
  }

  @Test
  void whatIsWrittenForAClientThatHasGoneIsReleased() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      call.port.writeHead(RecordingFlow.events());
      call.port.writeBody(bytes(wire, "not flushed yet"));
      var _ = wire.channel.close();

      call.port.writeBody(bytes(wire, "late"));
      call.port.flush();
      call.port.end(new Ending.Complete());
      assertThat(call.gone).containsExactly("client_closed");
    }
  }

  @Test
  void mistakesOfTheFlowAreSaid() {
    try (Wire wire = new Wire()) {
      RecordingFlow.Call call = ask(wire, GET);
      assertThatThrownBy(() -> call.port.writeBody(bytes(wire, "x")))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> call.port.writeHead(RecordingFlow.head(103, -1)))
          .isInstanceOf(IllegalArgumentException.class);
      call.port.writeHead(RecordingFlow.events());
      assertThatThrownBy(() -> call.port.writeHead(RecordingFlow.events()))
          .isInstanceOf(IllegalStateException.class);
      call.port.abort("test");
      assertThat(wire.isOpen()).isFalse();
      assertThat(call.gone).isEmpty();
    }
  }
}
