package dev.sluice.it.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What crosses the gateway crosses it byte for byte, whoever speaks and however it is cut up. */
@ExtendWith(NoLeaks.class)
class WireIT {

  private static ScriptedProvider provider;
  private static GatewayUnderTest gateway;
  static final List<Bodies.Stream> STREAMS = Bodies.STREAMS;

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

  @BeforeEach
  void forget() {
    provider.forget();
  }

  private static RawAnswer through(String path, String body, String script, String... fields)
      throws IOException {
    try (RawClient client = new RawClient(gateway.port())) {
      return client.post(path, body, with(fields, "x-script: " + script)).answer();
    }
  }

  private static RawAnswer asTeam(Bodies.Stream stream, String script) throws IOException {
    return through(
        stream.path(),
        stream.body(),
        script,
        "Authorization: Bearer " + gateway.key(),
        "x-goog-api-key: " + gateway.key());
  }

  private static RawAnswer direct(Bodies.Stream stream, String script) throws IOException {
    try (RawClient client = new RawClient(provider.port())) {
      return client.post(stream.path(), stream.body(), "x-script: " + script).answer();
    }
  }

  private static String[] with(String[] fields, String one) {
    String[] all = java.util.Arrays.copyOf(fields, fields.length + 1);
    all[fields.length] = one;
    return all;
  }

  private static ReceivedRequest received() throws InterruptedException {
    return Objects.requireNonNull(provider.take(Duration.ofSeconds(5)), "nothing was received");
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aStreamCutUpAnywhereArrivesAsItWasSent(Bodies.Stream stream) throws Exception {
    String whole = direct(stream, "events=12").body();
    for (int seed = 0; seed < 25; seed++) {
      RawAnswer answer = asTeam(stream, "events=12;split=" + seed);
      assertThat(answer.end()).as("seed %d", seed).isEqualTo(RawAnswer.End.WHOLE);
      assertThat(answer.withoutComments()).as("seed %d", seed).isEqualTo(whole);
    }
    String crlf = direct(stream, "events=5;eol=crlf").body();
    assertThat(asTeam(stream, "events=5;eol=crlf;split=bytes").withoutComments()).isEqualTo(crlf);
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void theRequestBodyReachesTheProviderAsItCame(Bodies.Stream stream) throws Exception {
    asTeam(stream, "events=1");
    assertThat(received().bodyText()).isEqualTo(stream.body());
  }

  /** Whitespace, key order, escapes: nothing of it is the gateway's to change. */
  @Test
  void theOneRewriteChangesNothingElse() throws Exception {
    String body = "{ \"stream\" : true,\t\"x\":[1.50e+1,\"\\u00e9\\/\"] , \"model\":\"m\" }";
    through(Bodies.CHAT_PATH, body, "events=1", "Authorization: Bearer " + gateway.key());
    assertThat(received().bodyText())
        .isEqualTo("{\"stream_options\":{\"include_usage\":true}," + body.substring(1));
  }

  @Test
  void theUsageThatNobodyAskedForIsTakenOutExactly() throws Exception {
    String asked = direct(STREAMS.getFirst(), "events=9").body();
    int usage = asked.lastIndexOf("data: {");
    String without = asked.substring(0, usage) + asked.substring(asked.indexOf("data: [DONE]"));
    for (int seed = 0; seed < 25; seed++) {
      RawAnswer answer =
          through(
              Bodies.CHAT_PATH,
              Bodies.CHAT_STREAM,
              "events=9;split=" + seed,
              "Authorization: Bearer " + gateway.key());
      assertThat(answer.withoutComments()).as("seed %d", seed).isEqualTo(without);
    }
  }

  @Test
  void whoAskedForUsageGetsIt() throws Exception {
    RawAnswer answer = asTeam(STREAMS.getFirst(), "events=3");
    assertThat(answer.body()).contains("\"choices\":[],\"usage\":{");
  }

  /** SDKs that see the end marker without the end of the body throw the connection away. */
  @Test
  void theLastEventAndTheEndOfTheBodyArriveTogether() throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      RawAnswer answer =
          client
              .post(
                  Bodies.CHAT_PATH,
                  Bodies.CHAT_STREAM_ASKING,
                  "Authorization: Bearer " + gateway.key(),
                  "x-script: events=3;at=end:silence:50ms")
              .answer();
      assertThat(answer.end()).isEqualTo(RawAnswer.End.WHOLE);
      assertThat(client.reads().getLast()).contains("data: [DONE]").endsWith("0\r\n\r\n");
    }
  }

  @Test
  void aProviderThatForgetsToEndItsBodyDoesNotKeepTheClient() throws Exception {
    long begun = System.nanoTime();
    RawAnswer answer = asTeam(STREAMS.getFirst(), "events=3;at=end:silence:forever");
    assertThat(answer.end()).isEqualTo(RawAnswer.End.WHOLE);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void bothWaysOfNamingAKeyAreTakenAndTheProvidersKeyIsPutIn() throws Exception {
    for (String field : List.of("x-api-key: ", "Authorization: Bearer ")) {
      RawAnswer answer =
          through(
              "/v1/messages",
              Bodies.MESSAGES,
              "events=1",
              field + gateway.key(),
              "anthropic-version: 2026-10-21");
      assertThat(answer.status()).as(field).isEqualTo(200);
      ReceivedRequest request = received();
      assertThat(request.headers().get("x-api-key")).isEqualTo("provider-secret");
      assertThat(request.headers().get("anthropic-version")).isEqualTo("2026-10-21");
      assertThat(request.headers().toString()).doesNotContain(gateway.key());
    }
  }

  @Test
  void messagesWithoutVersionIsAnAlias() throws Exception {
    RawAnswer answer =
        through("/messages", Bodies.MESSAGES, "events=1", "x-api-key: " + gateway.key());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(received().target()).isEqualTo("/v1/messages");
  }

  @Test
  void geminiIsServedOnBothItsVersions() throws Exception {
    for (String version : List.of("/v1beta", "/v1")) {
      String path = version + "/models/scripted-1:generateContent";
      RawAnswer answer =
          through(path, Bodies.GEMINI, "events=1", "x-goog-api-key: " + gateway.key());
      assertThat(answer.status()).as(path).isEqualTo(200);
      assertThat(received().target()).isEqualTo(path);
    }
  }

  @Test
  void aKeyInTheQueryIsTakenOutOfIt() throws Exception {
    RawAnswer answer =
        through(
            "/v1beta/models/scripted-1:generateContent?key=" + gateway.key(),
            Bodies.GEMINI,
            "events=1");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(received().target()).doesNotContain(gateway.key());
  }

  @Test
  void whatIsTheGatewaysOwnCrossesInNeitherDirection() throws Exception {
    RawAnswer answer =
        through(
            Bodies.CHAT_PATH,
            Bodies.CHAT,
            "events=1;header=Sluice-Spoof%3A 1;header=X-Kept%3A 1;header=Keep-Alive%3A timeout=1",
            "Authorization: Bearer " + gateway.key(),
            "Sluice-Run-Id: 7",
            "X-Forwarded-For: 10.0.0.1",
            "Connection: keep-alive, X-Hop",
            "X-Hop: 1",
            "X-Custom: kept");
    assertThat(answer.field("X-Kept")).isEqualTo("1");
    assertThat(answer.field("Sluice-Spoof")).isEmpty();
    assertThat(answer.field("Keep-Alive")).doesNotContain("timeout=1,").isNotEqualTo("timeout=1");
    assertThat(answer.field("Sluice-Request-Id")).startsWith("req_");
    assertThat(answer.field("x-request-id")).isEqualTo(answer.field("request-id")).isNotEmpty();
    ReceivedRequest request = received();
    assertThat(request.headers().get("X-Custom")).isEqualTo("kept");
    assertThat(request.headers().names())
        .doesNotContain("Sluice-Run-Id", "X-Forwarded-For", "X-Hop");
  }

  /** Over 64 KiB an event is passed in pieces; its usage is read all the same. */
  @Test
  void anEventTooLongToBeHeldArrivesWholeAndIsNoFailure() throws Exception {
    String script = "events=4;at=between@2:huge:200000";
    for (Bodies.Stream stream : STREAMS) {
      RawAnswer answer = asTeam(stream, script);
      assertThat(answer.end()).as(stream.path()).isEqualTo(RawAnswer.End.WHOLE);
      assertThat(answer.withoutComments()).isEqualTo(direct(stream, script).body());
    }
    String repeated = "events=40;size=4000";
    Bodies.Stream responses = STREAMS.get(1);
    RawAnswer answer = asTeam(responses, repeated);
    assertThat(answer.end()).isEqualTo(RawAnswer.End.WHOLE);
    assertThat(answer.withoutComments()).isEqualTo(direct(responses, repeated).body());
  }

  @Test
  void drainingLetsAStreamFinishAndTellsTheOthers() throws Exception {
    GatewayUnderTest own = GatewayUnderTest.start(provider.baseUrl(), GatewayUnderTest.QUICK);
    try (RawClient shortOne = new RawClient(own.port());
        RawClient longOne = new RawClient(own.port())) {
      String key = "Authorization: Bearer " + own.key();
      shortOne.post(
          Bodies.CHAT_PATH, Bodies.CHAT_STREAM_ASKING, key, "x-script: events=5;gap=400ms@3");
      longOne.post(
          Bodies.CHAT_PATH,
          Bodies.CHAT_STREAM_ASKING,
          key,
          "x-script: events=5;at=between@3:comment:x;pace=400ms;events=500");
      received();
      received();
      own.drain();
      assertThat(shortOne.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
      RawAnswer told = longOne.answer();
      assertThat(told.end()).isEqualTo(RawAnswer.End.CUT);
      assertThat(told.body()).contains("gateway_draining");
    } finally {
      own.close();
    }
  }
}
