package dev.sluice.it.policy;

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
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Each setting of a route does what its sentence in the table of settings says. */
@ExtendWith(NoLeaks.class)
class RouteSettingsIT {

  private static final String YAML =
      """
      listen: {address: 127.0.0.1, port: 0, event-loops: 1}
      admin: {port: 0}
      log: {calls: false}
      streams: {keep-alive: {interval: 100ms, first-byte-after: 300ms}}
      teams: {testers: {keys: ["${KEY_HASH}"]}, guests: {}}
      providers:
        keyed: {base-url: "${PROVIDER}", key: provider-secret}
        bare: {base-url: "${PROVIDER}/v1"}
        plain: {base-url: "${PROVIDER}"}
      # Equal questions are asked again and again here, and some are left in the middle.
      dedupe: {adopt-window: 0s}
      routes:
        plain: {api: openai, provider: keyed}
        local: {api: openai, provider: bare, prefix: /local, clients: open, team: guests}
        passing: {api: openai, provider: plain, prefix: /pass, clients: pass-through, team: guests}
        unasked: {api: openai, provider: keyed, prefix: /unasked, ask-for-usage: false}
        json: {api: openai, provider: keyed, prefix: /json, keep-alive: {json: true}}
        native: {api: anthropic, provider: keyed, keep-alive: {style: native}}
        silent: {api: openai, provider: keyed, prefix: /silent, keep-alive: {enabled: false}}
        brief: {api: openai, provider: keyed, prefix: /brief, total-timeout: 1s}
        small: {api: openai, provider: keyed, prefix: /small, body: 1KiB, models: ["small-*"]}
      """;

  private static ScriptedProvider provider;
  private static GatewayUnderTest gateway;

  @BeforeAll
  static void start() {
    provider = ScriptedProvider.start(0, Script.PLAIN);
    gateway = GatewayUnderTest.start(provider.baseUrl(), YAML);
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

  private static RawAnswer ask(String path, String body, String script, String key)
      throws IOException {
    try (RawClient client = new RawClient(gateway.port())) {
      return client
          .post(path, body, "Authorization: Bearer " + key, "x-script: " + script)
          .answer();
    }
  }

  private static RawAnswer ask(String path, String body, String script) throws IOException {
    return ask(path, body, script, gateway.key());
  }

  private static ReceivedRequest received() throws InterruptedException {
    return Objects.requireNonNull(provider.take(Duration.ofSeconds(5)), "nothing was received");
  }

  @Test
  void aPrefixAndABaseUrlReachAnyCompatibleServer() throws Exception {
    RawAnswer answer = ask("/local/chat/completions", Bodies.CHAT, "events=1", "whatever");
    assertThat(answer.status()).isEqualTo(200);
    ReceivedRequest request = received();
    assertThat(request.target()).isEqualTo("/v1/chat/completions");
    assertThat(request.headers().contains("Authorization")).isFalse();
  }

  @Test
  void aKeyThatIsPassedThroughArrivesAsItCame() throws Exception {
    ask("/pass/v1/chat/completions", Bodies.CHAT, "events=1", "sk-their-own");
    assertThat(received().headers().getAll("Authorization")).containsExactly("Bearer sk-their-own");
  }

  @Test
  void whereUsageIsNotAskedForTheBodyStaysAsItCame() throws Exception {
    ask("/unasked/v1/chat/completions", Bodies.CHAT_STREAM, "events=1");
    assertThat(received().bodyText()).isEqualTo(Bodies.CHAT_STREAM);
  }

  @Test
  void aJsonAnswerIsKeptAliveByWhiteSpaceInFrontOfIt() throws Exception {
    String plain = ask("/v1/chat/completions", Bodies.CHAT, "events=2").body();
    RawAnswer kept = ask("/json/v1/chat/completions", Bodies.CHAT, "events=2;first=1s");
    assertThat(kept.status()).isEqualTo(200);
    assertThat(kept.end()).isEqualTo(RawAnswer.End.WHOLE);
    assertThat(kept.body()).startsWith("\n").hasSizeGreaterThan(plain.length() + 2);
    assertThat(kept.body().stripLeading()).isEqualTo(plain);
  }

  /** A body of an error behind a 200 would pass for an answer with several SDKs. */
  @Test
  void aLateFailureOfAJsonAnswerCutsTheConnection() throws Exception {
    RawAnswer cut = ask("/json/v1/chat/completions", Bodies.CHAT, "first=800ms;at=head:status:503");
    assertThat(cut.status()).isEqualTo(200);
    assertThat(cut.end()).isEqualTo(RawAnswer.End.CUT);
    assertThat(cut.body()).isBlank();
  }

  @Test
  void theNativeStyleWritesTheDialectsOwnEvent() throws Exception {
    RawAnswer kept = ask("/v1/messages", Bodies.MESSAGES_STREAM, "events=4;gap=700ms@3");
    assertThat(kept.body()).contains("event: ping\n").doesNotContain(": keep-alive");
    assertThat(kept.end()).isEqualTo(RawAnswer.End.WHOLE);
  }

  @Test
  void withoutKeepAliveNothingIsAdded() throws Exception {
    String plain = ask("/v1/chat/completions", Bodies.CHAT_STREAM, "events=4").body();
    RawAnswer silent =
        ask("/silent/v1/chat/completions", Bodies.CHAT_STREAM, "events=4;gap=700ms@3");
    assertThat(silent.body()).isEqualTo(plain);
  }

  @Test
  void aCallEndsAtItsTotalTimeHoweverBusyItIs() throws Exception {
    RawAnswer cut = ask("/brief/v1/chat/completions", Bodies.CHAT_STREAM, "events=500;pace=20ms");
    assertThat(cut.end()).isEqualTo(RawAnswer.End.CUT);
    assertThat(cut.body()).contains("total_timeout");
  }

  @Test
  void aBodyOverTheRoutesLimitAndAModelItDoesNotOfferAreRefusedUnforwarded() throws Exception {
    String model = Bodies.CHAT.replace("scripted-1", "small-1");
    assertThat(ask("/small/v1/chat/completions", model, "events=1").status()).isEqualTo(200);
    received();
    String tooLong = model.replace("?", "?".repeat(2_000));
    assertThat(ask("/small/v1/chat/completions", tooLong, "events=1").status()).isEqualTo(413);
    RawAnswer unknown = ask("/small/v1/chat/completions", Bodies.CHAT, "events=1");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body()).contains("model_not_found").contains("small-*");
    assertThat(provider.take(Duration.ofMillis(200))).isNull();
  }

  @Test
  void anUploadThatIsNoJsonPassesAsItCame() throws Exception {
    String form =
        "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n{not json\r\n--b--\r\n";
    try (RawClient client = new RawClient(gateway.port())) {
      client
          .send(
              "POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                  + gateway.key()
                  + "\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: "
                  + form.length()
                  + "\r\n\r\n"
                  + form)
          .answer();
    }
    ReceivedRequest request = received();
    assertThat(request.bodyText()).isEqualTo(form);
    assertThat(request.headers().get("Content-Type")).isEqualTo("multipart/form-data; boundary=b");
  }

  /**
   * Goal: a client that does not read holds back its provider, and memory stays where it was.
   * Method: 40 MB, far more than all kernel buffers on the way; read once, to know how long they
   * take, then not read for twice as long.
   */
  @Test
  void aClientThatDoesNotReadPausesItsProvider() throws Exception {
    String script = "events=10000;size=4000;burst=64";
    long begun = System.nanoTime();
    RawAnswer whole = ask("/v1/chat/completions", Bodies.CHAT_STREAM, script);
    Duration reading = Duration.ofNanos(System.nanoTime() - begun);
    assertThat(whole.end()).isEqualTo(RawAnswer.End.WHOLE);
    assertThat(whole.body()).hasSizeGreaterThan(40_000_000);
    received();

    long before = direct();
    try (RawClient client = new RawClient(gateway.port())) {
      client.post(
          "/v1/chat/completions",
          Bodies.CHAT_STREAM,
          "Authorization: Bearer " + gateway.key(),
          "x-script: " + script);
      ReceivedRequest request = received();
      assertThat(request.ended())
          .as("sent 40 MB to a client that read nothing")
          .failsWithin(reading.multipliedBy(2))
          .withThrowableOfType(TimeoutException.class);
      assertThat(direct() - before).as("bytes held for it").isLessThan(16L << 20);
    }
  }

  private static long direct() throws IOException {
    try (RawClient admin = new RawClient(gateway.adminPort())) {
      String metrics = admin.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").answer().body();
      return metrics
          .lines()
          .filter(line -> line.startsWith("sluice_allocator_used_bytes{kind=\"direct\"}"))
          .map(line -> (long) Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void theSilenceAtWhichClientsVanishIsReported() throws Exception {
    for (int i = 0; i < 6; i++) {
      try (RawClient client = new RawClient(gateway.port())) {
        client.post(
            "/silent/v1/chat/completions",
            Bodies.CHAT_STREAM,
            "Authorization: Bearer " + gateway.key(),
            "x-script: events=9;gap=30s@2");
        received();
      }
    }
    org.awaitility.Awaitility.await()
        .untilAsserted(
            () -> {
              try (RawClient admin = new RawClient(gateway.adminPort())) {
                String report =
                    admin
                        .send("GET /admin/v1/idle-limits HTTP/1.1\r\nHost: x\r\n\r\n")
                        .answer()
                        .body();
                assertThat(report).contains("loopback").contains("\"vanished\":");
              }
            });
  }
}
