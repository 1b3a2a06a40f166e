package dev.sluice.it.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawAnswer.End;
import dev.sluice.it.fixtures.RawClient;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Goal: whatever a provider does, the client's answer ends in a defined way, within seconds, and
 * the gateway is as it was. Method: a table of faults, each against streams of all APIs and against
 * JSON.
 */
@ExtendWith(NoLeaks.class)
class MisbehavingProviderIT {

  /** What happens, and how a stream and a JSON answer end. */
  record Case(String script, End stream, int jsonStatus, End json) {}

  /** Before the head nothing is committed: a status of the gateway, whole. */
  private static Case early(String script) {
    return new Case(script, End.WHOLE, 502, End.WHOLE);
  }

  static final List<Case> CASES =
      List.of(
          early("at=head:reset"),
          early("at=head:close"),
          early("at=head:garbage"),
          early("at=head:bomb:200000"),
          early("at=head:interim:1000"),
          early("at=head:raw:HTTP/9.9 200 OK%0D%0A%0D%0A"),
          early("at=head:raw:HTTP/1.1 abc%0D%0A%0D%0A"),
          new Case("at=body:reset", End.CUT, 200, End.CUT),
          new Case("at=body:close", End.CUT, 200, End.CUT),
          new Case("at=inside@1:reset", End.CUT, 200, End.CUT),
          new Case("at=inside@1:close", End.CUT, 200, End.CUT),
          new Case("at=head:interim:3", End.WHOLE, 200, End.WHOLE),
          new Case("at=end:trailers", End.WHOLE, 200, End.WHOLE),
          new Case("at=head:gzip", End.WHOLE, 200, End.WHOLE),
          new Case("at=head:status:529", End.WHOLE, 529, End.WHOLE));

  private static ScriptedProvider provider;
  private static GatewayUnderTest gateway;

  @BeforeAll
  static void start() {
    provider = ScriptedProvider.start(0, Script.PLAIN);
    gateway = GatewayUnderTest.start(provider.baseUrl(), GatewayUnderTest.QUICK);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  private static RawAnswer ask(String path, String body, String script) throws IOException {
    try (RawClient client = new RawClient(gateway.port())) {
      return client
          .post(
              path,
              body,
              "Authorization: Bearer " + gateway.key(),
              "x-goog-api-key: " + gateway.key(),
              "x-script: " + script)
          .answer();
    }
  }

  /** The gateway is as it was. */
  @AfterEach
  void theNextCallIsServed() throws IOException {
    RawAnswer next = ask(Bodies.CHAT_PATH, Bodies.CHAT, "events=1");
    assertThat(next.status()).isEqualTo(200);
    assertThat(next.end()).isEqualTo(End.WHOLE);
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void aStreamEndsAsItMust(Case fault) throws Exception {
    for (Bodies.Stream stream : Bodies.STREAMS) {
      RawAnswer answer = ask(stream.path(), stream.body(), "events=5;" + fault.script());
      assertThat(answer.end()).as(stream.path()).isEqualTo(fault.stream());
      if (answer.end() == End.CUT) {
        assertThat(answer.body()).as("told in the stream's own form").contains("\"error\"");
      } else {
        assertThat(answer.status()).as(stream.path()).isEqualTo(fault.jsonStatus());
      }
    }
  }

  @ParameterizedTest
  @FieldSource("CASES")
  void aJsonAnswerEndsAsItMust(Case fault) throws Exception {
    RawAnswer answer = ask(Bodies.CHAT_PATH, Bodies.CHAT, "events=5;" + fault.script());
    assertThat(answer.status()).isEqualTo(fault.jsonStatus());
    assertThat(answer.end()).isEqualTo(fault.json());
    if (answer.status() == 502) {
      assertThat(answer.body()).contains("\"error\"").contains("\"code\"");
      assertThat(answer.field("Sluice-Refused-By")).startsWith("gateway;reason=");
    }
  }

  @Test
  void aWrongLengthIsACutNeverAWholeAnswer() throws Exception {
    assertThat(ask(Bodies.CHAT_PATH, Bodies.CHAT, "events=5;at=head:length:10").end())
        .isEqualTo(End.CUT);
  }

  @Test
  void anErrorThatTheProviderTellsItselfIsToldOnce() throws Exception {
    for (Bodies.Stream stream : Bodies.STREAMS) {
      RawAnswer through = ask(stream.path(), stream.body(), "events=5;at=between@3:error");
      try (RawClient direct = new RawClient(provider.port())) {
        RawAnswer told =
            direct
                .post(stream.path(), stream.body(), "x-script: events=5;at=between@3:error")
                .answer();
        assertThat(through.withoutComments()).isEqualTo(told.body());
        assertThat(through.end()).isEqualTo(told.end());
      }
    }
  }

  @Test
  void oneByteAtATimeIsAnAnswerLikeAnyOther() throws Exception {
    RawAnswer answer = ask(Bodies.CHAT_PATH, Bodies.CHAT_STREAM_ASKING, "events=2;split=bytes");
    assertThat(answer.end()).isEqualTo(End.WHOLE);
  }

  @Test
  void aThousandAbortsLeaveNoCallBehind() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      try (RawClient client = new RawClient(gateway.port())) {
        client.post(
            Bodies.CHAT_PATH,
            Bodies.CHAT_STREAM,
            "Authorization: Bearer " + gateway.key(),
            "x-script: events=50;pace=5ms");
      }
    }
    try (RawClient admin = new RawClient(gateway.adminPort())) {
      org.awaitility.Awaitility.await()
          .atMost(java.time.Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                admin.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
                String metrics = admin.answer().body();
                assertThat(metrics).contains("sluice_active_calls 0.0");
                assertThat(metrics).contains("sluice_bodies_held_bytes 0.0");
              });
    }
  }
}
