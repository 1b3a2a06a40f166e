package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.journal.Ending;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The life of a connection: who is told what, when it is kept, and when it ends by itself. */
class RequestHandlerTest {

  private static final String GET = StrictRequestDecoderTest.get("/");
  private static final String POST = "POST / HTTP/1.1\r\nHost: h\r\n";

  private static Duration seconds(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1_000));
  }

  // ---- Expect

  @Test
  void aClientThatExpectsIsToldToContinueBeforeItsBodyAndOnlyThen() {
    try (Wire wire = new Wire()) {
      wire.send(POST + "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n");
      assertThat(wire.received()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      wire.send("hello");
      assertThat(wire.received()).startsWith("HTTP/1.1 200 OK\r\n").contains("keep-alive");

      wire.send(POST + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n");
      assertThat(wire.received()).startsWith("HTTP/1.1 200 OK\r\n");
      wire.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
      assertThat(wire.received()).isEmpty();
      wire.send("ab");
      assertThat(wire.received()).startsWith("HTTP/1.1 200 OK\r\n");
    }
  }

  @Test
  void aRefusedExpectationGetsTheFinalAnswerAndTheConnectionEnds() {
    try (Wire wire = new Wire()) {
      wire.flow.onAccept = call -> call.answer("{\"no\":1}");
      wire.send(POST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");

      assertThat(wire.received()).startsWith("HTTP/1.1 200 OK\r\n").contains("Connection: close");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void noPromiseToContinueStandsInsideAnAnswerThatHasBegun() {
    try (Wire wire = new Wire()) {
      wire.flow.onAccept =
          call -> {
            call.port.writeHead(RecordingFlow.head(503, 2));
            call.port.flush();
          };
      wire.send(POST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");

      assertThat(wire.received()).startsWith("HTTP/1.1 503 ").doesNotContain("100 Continue");
      wire.flow.last().port.abort("test");
    }
  }

  // ---- early answers

  @Test
  void aShortBodyBehindAnEarlyAnswerIsSkippedAndTheConnectionKept() {
    try (Wire wire = new Wire()) {
      wire.flow.onAccept = call -> call.answer("{\"no\":1}");
      wire.send(POST + "Content-Length: 2000\r\n\r\n" + "a".repeat(1_500));
      assertThat(wire.received()).contains("keep-alive");
      wire.send("a".repeat(500) + GET.replace("/ ", "/next "));

      assertThat(wire.flow.calls).hasSize(2);
      assertThat(wire.flow.calls.getFirst().isWhole).isFalse();
      assertThat(wire.flow.calls.getFirst().body).isEmpty();
      assertThat(wire.flow.last().head.uri()).isEqualTo("/next");
      assertThat(wire.received()).contains("{\"no\":1}");
    }
  }

  @Test
  void aSkippedBodyThatDoesNotComeEndsTheConnectionWithoutASecondAnswer() {
    try (Wire wire = new Wire()) {
      wire.flow.onAccept = call -> call.answer("{\"no\":1}");
      wire.send(POST + "Content-Length: 2000\r\n\r\n");
      assertThat(wire.received()).contains("keep-alive");
      wire.pass(seconds(9));
      assertThat(wire.isOpen()).isTrue();
      wire.pass(seconds(2));
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.received()).isEmpty();
    }
  }

  @Test
  void aLongOrUnknownBodyBehindAnEarlyAnswerEndsTheConnection() {
    for (String framing : new String[] {"Content-Length: 300000", "Transfer-Encoding: chunked"}) {
      try (Wire wire = new Wire()) {
        wire.flow.onAccept = call -> call.answer("{\"no\":1}");
        wire.send(POST + framing + "\r\n\r\n");

        assertThat(wire.received()).contains("Connection: close\r\n").endsWith("{\"no\":1}");
        assertThat(wire.isOpen()).isFalse();
      }
    }
  }

  @Test
  void anAnswerInTheMiddleOfABodyIsTheLastWordOfItsRequest() {
    try (Wire wire = new Wire()) {
      wire.send(POST + "Content-Length: 5000\r\n\r\n" + "a".repeat(2_000));
      RecordingFlow.Call call = wire.flow.last();
      assertThat(call.body).hasSize(2_000);
      call.answer("{\"too\":1}");
      assertThat(wire.received()).contains("{\"too\":1}");
      wire.send("a".repeat(3_000) + GET);

      assertThat(call.body).hasSize(2_000);
      assertThat(call.isWhole).isFalse();
      assertThat(wire.flow.calls).hasSize(2);
      wire.received();
    }
  }

  // ---- keeping

  @Test
  void aClientThatWantsToCloseIsClosedAfterItsAnswer() {
    try (Wire wire = new Wire()) {
      wire.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n");
      assertThat(wire.received()).contains("Connection: close\r\n").doesNotContain("keep-alive");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void theLastRequestOfAConnectionIsAnnounced() {
    try (Wire wire = new Wire(Wire.settings(3, 1_000))) {
      wire.send(GET).send(GET);
      assertThat(wire.received()).doesNotContain("Connection: close");
      wire.send(GET + GET);
      assertThat(wire.received()).containsOnlyOnce("HTTP/1.1").contains("Connection: close");
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.flow.calls).hasSize(3);
    }
  }

  @Test
  void anAnswerThatIsTheLastOnItsConnectionClosesIt() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole =
          call -> call.port.answer(RecordingFlow.head(413, -1), new byte[] {'x'}, true);
      wire.send(GET);
      assertThat(wire.received()).contains("Connection: close\r\n");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  // ---- leaving

  @Test
  void aClientThatLeavesInTheMiddleIsReportedOnce() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole = call -> {};
      wire.send(GET);
      var _ = wire.channel.close();
      assertThat(wire.flow.last().gone).containsExactly("client_closed");
    }
    try (Wire wire = new Wire()) {
      wire.send(POST + "Content-Length: 5\r\n\r\nhe");
      var _ = wire.channel.close();
      assertThat(wire.flow.last().gone).containsExactly("client_closed");
      assertThat(wire.flow.last().isWhole).isFalse();
    }
  }

  @Test
  void aClientThatLeavesInsideAChunkedBodyLeavesNothingBehind() {
    try (Wire wire = new Wire()) {
      wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
      var _ = wire.channel.close();
      assertThat(wire.flow.last().gone).containsExactly("client_closed");
    }
  }

  @Test
  void aResetIsToldFromAClose() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole = call -> {};
      wire.send(GET);
      wire.channel.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
      wire.isOpen();
      assertThat(wire.flow.last().gone).containsExactly("client_reset");
    }
  }

  @Test
  void aClientThatClosesAfterTheEndOfItsAnswerHasNotLeft() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole = call -> {};
      wire.send(GET);
      wire.flow.last().port.writeHead(RecordingFlow.events());
      wire.flow.last().port.end(new Ending.Complete());
      var _ = wire.channel.close();
      assertThat(wire.flow.last().gone).isEmpty();
    }
  }

  @Test
  void aBugOfTheFlowEndsTheConnectionAndIsReported() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole =
          call -> {
            throw new IllegalStateException("a bug, for the test");
          };
      wire.send(GET);
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.flow.last().gone).containsExactly("connection_failed");
    }
  }

  // ---- time

  @Test
  void aFreshConnectionThatSaysNothingIsClosed() {
    try (Wire wire = new Wire()) {
      wire.pass(seconds(29));
      assertThat(wire.isOpen()).isTrue();
      wire.pass(seconds(2));
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.received()).isEmpty();
    }
  }

  @Test
  void aSlowHeadIsAnswered408() {
    try (Wire wire = new Wire()) {
      wire.pass(seconds(20));
      wire.send("POST /v1/x HTTP/1.1\r\n");
      for (int i = 0; i < 9; i++) {
        wire.pass(seconds(1));
        wire.send("A: b\r\n");
      }
      assertThat(wire.isOpen()).isTrue();
      wire.pass(seconds(1.2));
      assertThat(wire.received()).startsWith("HTTP/1.1 408 ").contains("head_too_slow");
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.flow.calls).isEmpty();
    }
  }

  @Test
  void aSlowHeadOnAKeptConnectionIsAnswered408() {
    try (Wire wire = new Wire()) {
      wire.send(GET);
      wire.received();
      wire.pass(seconds(40));
      wire.send("GET");
      wire.pass(seconds(10.2));
      assertThat(wire.received()).startsWith("HTTP/1.1 408 ");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void aHeadHasItsWholeTimeFromItsOwnFirstByte() {
    try (Wire wire = new Wire()) {
      // Answered late, so that the timer comes up in the middle of the next head.
      wire.flow.onWhole = call -> {};
      wire.send(GET);
      wire.flow.last().answer("{}");
      wire.received();
      wire.pass(seconds(4));
      wire.send("GET");
      wire.pass(seconds(2));
      wire.pass(seconds(5));
      assertThat(wire.isOpen()).isTrue();
      wire.pass(seconds(3.2));
      assertThat(wire.received()).startsWith("HTTP/1.1 408 ");
    }
  }

  @Test
  void aBodySlowerThanTheMinimumIsAnswered408AndTheFlowIsTold() {
    try (Wire wire = new Wire()) {
      wire.send(POST + "Content-Length: 100000\r\n\r\n");
      for (int second = 1; second <= 30; second++) {
        // 1,100 bytes/s is enough.
        wire.send("a".repeat(1_100));
        wire.pass(seconds(1));
      }
      assertThat(wire.isOpen()).isTrue();
      assertThat(wire.flow.last().gone).isEmpty();
      // 33,000 bytes are enough until second 33.
      wire.pass(seconds(2.5));
      assertThat(wire.isOpen()).isTrue();
      wire.pass(seconds(1));
      assertThat(wire.received()).startsWith("HTTP/1.1 408 ").contains("body_too_slow");
      assertThat(wire.flow.last().gone).containsExactly("body_too_slow");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void aBodyThatStopsAtOnceIsGivenTheHeadTime() {
    try (Wire wire = new Wire()) {
      wire.send(POST + "Content-Length: 100000\r\n\r\n");
      wire.pass(seconds(9.8));
      assertThat(wire.isOpen()).isTrue();
      wire.pass(seconds(0.4));
      assertThat(wire.received()).startsWith("HTTP/1.1 408 ");
    }
  }

  @Test
  void anIdleConnectionIsClosedAfterTheIdleTimeAndNotBefore() {
    try (Wire wire = new Wire()) {
      wire.send(GET);
      wire.pass(seconds(30));
      wire.send(GET);
      wire.received();
      wire.pass(seconds(59));
      assertThat(wire.isOpen()).isTrue();
      wire.pass(seconds(1.2));
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.received()).isEmpty();
    }
  }

  @Test
  void anAnswerMayTakeAsLongAsItWants() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole = call -> {};
      wire.send(GET);
      for (int i = 0; i < 100; i++) {
        wire.pass(seconds(60));
      }
      assertThat(wire.isOpen()).isTrue();
      wire.flow.last().answer("{}");
      assertThat(wire.received()).endsWith("{}");
      wire.pass(seconds(61));
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void aClientThatTakesNothingIsLetGoAfterTheStallTimeAndOneThatTakesLittleIsNot() {
    try (Wire wire = new Wire()) {
      wire.flow.onWhole = call -> {};
      wire.send(GET);
      RecordingFlow.Call call = wire.flow.last();
      wire.takes(0);
      call.port.writeHead(RecordingFlow.events());
      call.port.flush();
      for (int i = 0; i < 20; i++) {
        call.port.writeBody(wire.channel.alloc().buffer().writeZero(9));
        call.port.flush();
      }
      for (int i = 0; i < 10; i++) {
        wire.pass(seconds(14));
        wire.takes(1);
      }
      assertThat(wire.isOpen()).isTrue();
      assertThat(call.gone).isEmpty();

      wire.pass(seconds(5));
      wire.pass(seconds(14));
      assertThat(call.gone).isEmpty();
      // New bytes, such as keep-alive comments, are no progress.
      call.port.writeBody(wire.channel.alloc().buffer().writeZero(9));
      call.port.flush();
      wire.pass(seconds(6));
      wire.pass(seconds(6));
      assertThat(call.gone).containsExactly("write_stall");
      assertThat(wire.isOpen()).isFalse();
    }
  }

  @Test
  void aClientThatDoesNotTakeTheEndOfItsAnswerIsLetGoWithoutAWord() {
    try (Wire wire = new Wire()) {
      wire.takes(0);
      wire.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      wire.pass(seconds(6));
      wire.pass(seconds(15));
      assertThat(wire.isOpen()).isTrue();
      wire.pass(seconds(6));
      assertThat(wire.isOpen()).isFalse();
      assertThat(wire.flow.last().gone).isEmpty();
    }
  }

  @Test
  void oneTimerServesAConnectionForItsWholeLife() {
    try (Wire wire = new Wire()) {
      for (int i = 0; i < 1_000; i++) {
        wire.send(GET);
        wire.received();
        wire.pass(seconds(0.2));
        assertThat(wire.timers()).isEqualTo(1);
      }
    }
  }

  // ---- volume

  @Test
  void tenThousandRequestsOnOneConnection() {
    try (Wire wire = new Wire()) {
      byte[] request =
          (POST + "Content-Length: 5\r\n\r\nhello").getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < 10_000; i++) {
        wire.send(request);
        assertThat(wire.received()).endsWith("\"body\":\"hello\"}");
      }
      assertThat(wire.counter.flushesWithBytes).isEqualTo(10_000);
      assertThat(wire.counter.writes).isEqualTo(10_000);
      assertThat(wire.flow.calls).hasSize(10_000);
      assertThat(wire.isOpen()).isTrue();
    }
  }
}
