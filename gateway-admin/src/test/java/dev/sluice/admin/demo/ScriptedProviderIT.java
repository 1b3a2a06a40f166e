package dev.sluice.admin.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The provider itself, before anything is believed that was tested with it. */
class ScriptedProviderIT {

  private static ScriptedProvider provider;
  private static HttpClient http;

  @BeforeAll
  static void start() {
    provider = ScriptedProvider.start(0, Script.PLAIN);
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void stop() {
    http.close();
    provider.close();
  }

  @BeforeEach
  void forget() {
    provider.forget();
  }

  private static final String CHAT = "/v1/chat/completions";
  private static final String STREAM =
      "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";

  private HttpResponse<String> post(String path, String body, String script)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(provider.baseUrl() + path))
            .header("x-script", script)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Everything that comes on a raw connection until it closes. */
  private static String raw(String path, String body, String script) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), provider.port())) {
      socket.setSoTimeout(5_000);
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST "
                  + path
                  + " HTTP/1.1\r\nHost: x\r\nx-script: "
                  + script
                  + "\r\nContent-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body)
              .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void aChatStreamHasItsEventsItsUsageAndItsMarker() throws Exception {
    String body = post(CHAT, STREAM, "events=3;size=8").body();
    assertThat(body.split("\n\n")).hasSize(7);
    assertThat(body).contains("\"content\":\"w0 xxxxx\"").contains("\"choices\":[]");
    assertThat(body).contains("\"completion_tokens\":3").endsWith("data: [DONE]\n\n");
  }

  @Test
  void anotherTokenizerCountsMoreForTheSameBody() throws Exception {
    String body = "{\"model\":\"scaled\",\"input\":\"%s\"}".formatted("x".repeat(371));
    assertThat(body).hasSize(400);
    assertThat(post("/v1/responses", body, "events=1").body()).contains("\"input_tokens\":100");
    assertThat(post("/v1/responses", body, "events=1;factor=1.3").body())
        .contains("\"input_tokens\":130");
    assertThat(provider.invoice().of("scaled").inputTokens()).isEqualTo(230);
    assertThat(post("/v1/responses", body, "factor=0").statusCode()).isEqualTo(400);
  }

  @Test
  void usageComesInAChatStreamOnlyWhenAsked() throws Exception {
    String body = post(CHAT, "{\"stream\":true,\"model\":\"m\"}", "events=3").body();
    assertThat(body).doesNotContain("usage").endsWith("data: [DONE]\n\n");
  }

  @Test
  void everyApiEndsItsStreamsInItsOwnWay() throws Exception {
    assertThat(post("/v1/messages", STREAM, "events=2").body())
        .startsWith("event: message_start\n")
        .endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    assertThat(post("/v1/responses", STREAM, "events=2").body())
        .startsWith("event: response.created\n")
        .contains("event: response.completed\n");
    assertThat(post("/v1beta/models/g:streamGenerateContent?alt=sse", "{}", "events=2").body())
        .startsWith("data: {\"candidates\"")
        .contains("\"finishReason\":\"STOP\"")
        .contains("\"modelVersion\":\"g\"");
  }

  @Test
  void theInvoiceCountsWhatWasProduced() throws Exception {
    post(CHAT, STREAM.replace("\"m\"", "\"billed\""), "events=7;reasoning=5;cached=3");
    Invoice.Line line = provider.invoice().of("billed");
    assertThat(line.calls()).isEqualTo(1);
    assertThat(line.outputTokens()).isEqualTo(12);
    assertThat(line.cachedTokens()).isEqualTo(3);
    assertThat(
            http.send(
                    HttpRequest.newBuilder(URI.create(provider.baseUrl() + "/scripted/invoice"))
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .body())
        .contains("\"billed\":{\"calls\":1,");
  }

  @Test
  void inputIsDividedIntoTheMetersThatEachApiHas() throws Exception {
    String script = "events=2;input=1000;cached=300;written=200;written1h=100;tier=flex";
    String anthropic = post("/v1/messages", STREAM.replace("\"m\"", "\"an\""), script).body();
    assertThat(anthropic)
        .contains("\"input_tokens\":400,\"cache_creation_input_tokens\":300,")
        .contains("\"cache_read_input_tokens\":300,")
        .contains("\"ephemeral_5m_input_tokens\":200,\"ephemeral_1h_input_tokens\":100}")
        .contains("\"service_tier\":\"flex\"");
    assertThat(provider.invoice().of("an", "flex"))
        .isEqualTo(new Invoice.Line(1, 400, 300, 200, 0, 100, 2, 0, 0));

    String chat = post(CHAT, STREAM.replace("\"m\"", "\"op\""), script).body();
    assertThat(chat)
        .contains("\"prompt_tokens\":1000,")
        .contains("\"cached_tokens\":300,\"audio_tokens\":0,\"cache_write_tokens\":200}")
        .contains("\"service_tier\":\"flex\"")
        .doesNotContain("default");
    String responses = post("/v1/responses", "{\"model\":\"op\"}", script).body();
    assertThat(responses)
        .contains("{\"cached_tokens\":300,\"cache_write_tokens\":200}")
        .contains("\"service_tier\":\"flex\"");
    assertThat(provider.invoice().of("op", "flex"))
        .isEqualTo(new Invoice.Line(2, 1000, 600, 0, 400, 0, 4, 0, 0));

    String gemini = post("/v1beta/models/ge:generateContent", "{}", script).body();
    assertThat(gemini)
        .contains("\"cachedContentTokenCount\":300,")
        .contains(",\"trafficType\":\"ON_DEMAND_FLEX\"}");
    assertThat(provider.invoice().of("ge", "flex"))
        .isEqualTo(new Invoice.Line(1, 700, 300, 0, 0, 0, 2, 0, 0));

    String embeddings = post("/v1/embeddings", "{\"model\":\"em\"}", script).body();
    assertThat(embeddings).contains("\"prompt_tokens\":1000,").doesNotContain("flex");
    assertThat(provider.invoice().of("em", Invoice.STANDARD))
        .isEqualTo(new Invoice.Line(1, 1000, 0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void metersNeverAddUpToMoreThanTheInput() throws Exception {
    String script = "events=1;input=10;cached=8;written=8;written1h=8";
    assertThat(post("/v1/messages", "{\"model\":\"less\"}", script).body())
        .contains("\"input_tokens\":0,\"cache_creation_input_tokens\":2,");
    assertThat(provider.invoice().of("less"))
        .isEqualTo(new Invoice.Line(1, 0, 8, 2, 0, 0, 1, 0, 0));
  }

  @Test
  void aCallWithAnIdIsOnTheInvoiceByItself() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(provider.baseUrl() + CHAT))
            .header("x-script", "events=4;reasoning=3;input=50;cached=20")
            .header("x-call", "one of two")
            .POST(HttpRequest.BodyPublishers.ofString(STREAM.replace("\"m\"", "\"by id\"")))
            .build();
    http.send(request, HttpResponse.BodyHandlers.ofString());
    http.send(request, HttpResponse.BodyHandlers.ofString());
    post(CHAT, STREAM.replace("\"m\"", "\"by id\""), "events=1");
    Invoice.Line line = new Invoice.Line(1, 30, 20, 0, 0, 0, 7, 3, 0);
    Invoice.Call call = new Invoice.Call("one of two", "by id", "standard", line);
    assertThat(provider.invoice().calls()).containsExactly(call, call);
    assertThat(provider.invoice().of("by id").calls()).isEqualTo(3);
    assertThat(
            http.send(
                    HttpRequest.newBuilder(URI.create(provider.baseUrl() + "/scripted/calls"))
                        .build(),
                    HttpResponse.BodyHandlers.ofString())
                .body())
        .isEqualTo("one_of_two by_id standard 30 20 0 0 0 7\n".repeat(2));
  }

  @Test
  void aStreamThatIsCutIsBilledForWhatWasProduced() throws Exception {
    String body = STREAM.replace("\"m\"", "\"cut\"");
    // The first event has the role only.
    raw(CHAT, body, "events=9;reasoning=2;at=between@4:close");
    assertThat(provider.invoice().of("cut").outputTokens()).isEqualTo(3);
    assertThat(provider.invoice().of("cut").reasoningTokens()).isZero();
    assertThat(provider.invoice().of("cut").cancelled()).isZero();
  }

  @Test
  void aClientThatLeavesIsBilledForWhatWasProducedAndSeen() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), provider.port())) {
      String body = "{\"model\":\"left\",\"stream\":true}";
      socket
          .getOutputStream()
          .write(
              ("POST "
                      + CHAT
                      + " HTTP/1.1\r\nHost: x\r\nx-script: events=5;gap=1m@4\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
    }
    ReceivedRequest request =
        Objects.requireNonNull(provider.take(Duration.ofSeconds(5)), "the request never came");
    assertThat(request.ended().get(5, TimeUnit.SECONDS))
        .isEqualTo(ReceivedRequest.Outcome.PEER_GONE);
    assertThat(provider.invoice().of("left").cancelled()).isEqualTo(1);
    assertThat(provider.invoice().of("left").outputTokens()).isBetween(0L, 2L);
  }

  @Test
  void aResetIsAReset() {
    assertThatThrownBy(() -> raw(CHAT, STREAM, "at=between@2:reset"))
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void aCloseInsideAnEventLeavesHalfOfIt() throws Exception {
    String wire = raw(CHAT, STREAM, "at=inside@2:close");
    assertThat(wire).doesNotContain("\r\n0\r\n").doesNotEndWith("\n\n\r\n");
    assertThat(wire.split("data: ", -1)).hasSize(3);
  }

  @Test
  void randomCutsChangeNoByteOfTheBody() throws Exception {
    String whole = post(CHAT, STREAM, "events=30").body();
    for (int seed = 0; seed < 20; seed++) {
      assertThat(post(CHAT, STREAM, "events=30;split=" + seed).body())
          .as("seed %d", seed)
          .isEqualTo(whole);
    }
    assertThat(post(CHAT, STREAM, "events=30;split=bytes").body()).isEqualTo(whole);
  }

  @Test
  void theHeadCanLieAboutTheLength() throws Exception {
    String wire = raw(CHAT, "{\"model\":\"m\"}", "events=1;at=head:length:7;at=end:close");
    int length = Integer.parseInt(wire.replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
    assertThat(wire.length() - wire.indexOf("\r\n\r\n") - 4).isEqualTo(length - 7);
  }

  @Test
  void errorsWearTheEnvelopeOfTheirApi() throws Exception {
    HttpResponse<String> chat = post(CHAT, STREAM, "at=head:status:429;header=Retry-After%3A 2");
    assertThat(chat.statusCode()).isEqualTo(429);
    assertThat(chat.headers().firstValue("retry-after")).hasValue("2");
    assertThat(chat.body()).contains("\"code\":\"rate_limit_exceeded\"");
    assertThat(post("/v1/messages", STREAM, "at=head:status:529").body())
        .contains("\"type\":\"overloaded_error\"");
    assertThat(post("/v1beta/models/g:generateContent", "{}", "at=head:status:503").body())
        .contains("\"status\":\"UNAVAILABLE\"");
  }

  @Test
  void queuedScriptsComeBeforeTheDefaultAndOnce() throws Exception {
    provider.next(Script.parse("at=head:status:500"));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(provider.baseUrl() + CHAT))
            .POST(HttpRequest.BodyPublishers.ofString(STREAM))
            .build();
    assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(500);
    assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(200);
  }

  @Test
  void aHugeEventIsAsHugeAsToldAndHasNoLineEnd() throws Exception {
    String body = post(CHAT, STREAM, "events=1;at=between@1:huge:3000000").body();
    assertThat(body.lines().mapToInt(String::length).max().orElse(0)).isGreaterThan(3_000_000);
    assertThat(body).endsWith("data: [DONE]\n\n");
  }

  @Test
  void aScriptThatIsNotUnderstoodIsRefusedByName() throws Exception {
    HttpResponse<String> response = post(CHAT, STREAM, "events=3;gap=later");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("gap=later");
    assertThatThrownBy(() -> Script.parse("at=nowhere:reset"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no such point");
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), provider.port())) {
      socket.setSoTimeout(5_000);
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        requests.append("GET /v1/models/m").append(i).append(" HTTP/1.1\r\nHost: x\r\n");
        requests.append(i == 49 ? "x-script: framing=close\r\n\r\n" : "\r\n");
      }
      socket.getOutputStream().write(requests.toString().getBytes(StandardCharsets.US_ASCII));
      String wire = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      int at = 0;
      for (int i = 0; i < 50; i++) {
        at = wire.indexOf("\"id\":\"m" + i + "\"", at);
        assertThat(at).as("answer %d", i).isPositive();
      }
    }
  }
}
