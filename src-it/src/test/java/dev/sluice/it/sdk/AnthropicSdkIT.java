package dev.sluice.it.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.Timeout;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.AnthropicException;
import com.anthropic.errors.InternalServerException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.RateLimitException;
import com.anthropic.errors.SseException;
import com.anthropic.errors.UnauthorizedException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The official Anthropic SDK, unmodified, with the gateway as its base URL. */
@ExtendWith(NoLeaks.class)
class AnthropicSdkIT {

  private static ScriptedProvider provider;
  private static GatewayUnderTest gateway;
  private static AnthropicClient anthropic;

  @BeforeAll
  static void start() {
    provider = ScriptedProvider.start(0, Script.PLAIN);
    gateway = GatewayUnderTest.start(provider.baseUrl(), GatewayUnderTest.QUICK);
    anthropic = client(gateway.url(), gateway.key(), Duration.ofSeconds(30));
  }

  private static AnthropicClient client(String url, String key, Duration readLimit) {
    return AnthropicOkHttpClient.builder()
        .apiKey(key)
        .baseUrl(url)
        .maxRetries(0)
        .timeout(Timeout.builder().read(readLimit).request(Duration.ofSeconds(30)).build())
        .build();
  }

  @AfterAll
  static void stop() {
    anthropic.close();
    gateway.close();
    provider.close();
  }

  @BeforeEach
  void forget() {
    provider.forget();
  }

  private static MessageCreateParams messages(String script) {
    return MessageCreateParams.builder()
        .model("scripted-1")
        .maxTokens(200)
        .addUserMessage("What is the weather in Turku?")
        .putAdditionalHeader("x-script", script)
        .build();
  }

  private static List<RawMessageStreamEvent> stream(AnthropicClient client, String script) {
    try (StreamResponse<RawMessageStreamEvent> stream =
        client.messages().createStreaming(messages(script))) {
      return stream.stream().toList();
    }
  }

  private static List<RawMessageStreamEvent> stream(String script) {
    return stream(anthropic, script);
  }

  private static String text(List<RawMessageStreamEvent> events) {
    return events.stream()
        .flatMap(event -> event.contentBlockDelta().stream())
        .flatMap(delta -> delta.delta().text().stream())
        .map(piece -> piece.text())
        .collect(Collectors.joining());
  }

  private static ReceivedRequest received() throws InterruptedException {
    return Objects.requireNonNull(provider.take(Duration.ofSeconds(5)), "nothing was forwarded");
  }

  @Test
  void aWholeAnswerArrives() {
    Message answer = anthropic.messages().create(messages("events=4;size=6"));
    assertThat(answer.content().getFirst().asText().text()).isEqualTo("w0 xxxw1 xxxw2 xxxw3 xxx");
    assertThat(answer.usage().outputTokens()).isEqualTo(4);
  }

  @Test
  void aStreamArrivesWhole() {
    assertThat(text(stream("events=40;size=6;split=5"))).startsWith("w0 xxx").endsWith("w39 xx");
  }

  @Test
  void aToolCallIsPutTogetherFromItsPieces() {
    MessageAccumulator pieces = MessageAccumulator.create();
    stream("tool;events=6;size=3;split=9").forEach(pieces::accumulate);
    assertThat(pieces.message().content().getFirst().asToolUse()._input().toString())
        .contains("xxxxxxxxxxxxTurku");
  }

  @Test
  void tokensAreCounted() {
    assertThat(
            anthropic
                .messages()
                .countTokens(
                    MessageCountTokensParams.builder()
                        .model("scripted-1")
                        .addUserMessage("How many?")
                        .build())
                .inputTokens())
        .isPositive();
  }

  @Test
  void versionAndOwnFieldsReachTheProviderAndTheClientsKeyDoesNot() throws Exception {
    anthropic.messages().create(messages("events=1"));
    ReceivedRequest request = received();
    assertThat(request.headers().get("anthropic-version")).isNotBlank();
    assertThat(request.headers().get("x-stainless-lang")).isEqualTo("java");
    assertThat(request.headers().toString()).contains("provider-secret");
    assertThat(request.headers().toString()).doesNotContain(gateway.key());
  }

  @Test
  void theRequestIdIsTheProviders() {
    try (var raw = anthropic.withRawResponse().messages().create(messages("events=1"))) {
      assertThat(raw.requestId().orElseThrow()).startsWith("req_");
    }
  }

  @Test
  void errorsOfTheProviderKeepTheirClass() {
    assertThatThrownBy(() -> stream("at=head:status:401"))
        .isInstanceOf(UnauthorizedException.class);
    assertThatThrownBy(() -> stream("at=head:status:404")).isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> stream("at=head:status:429")).isInstanceOf(RateLimitException.class);
    assertThatThrownBy(() -> stream("at=head:status:529"))
        .isInstanceOf(InternalServerException.class);
  }

  @Test
  void aRefusalOfTheGatewayIsATypedException() {
    AnthropicClient stranger = client(gateway.url(), "wrong", Duration.ofSeconds(10));
    assertThatThrownBy(() -> stranger.messages().create(messages("events=1")))
        .isInstanceOf(UnauthorizedException.class)
        .hasMessageContaining("authentication_error");
    stranger.close();
  }

  @Test
  void anErrorInsideAStreamIsRaised() {
    assertThatThrownBy(() -> stream("events=9;at=between@5:error"))
        .isInstanceOf(SseException.class);
  }

  @Test
  void aStreamThatBreaksOffIsRaisedAndNeverTakenForWhole() {
    assertThatThrownBy(() -> stream("events=9;at=between@5:reset"))
        .isInstanceOf(AnthropicException.class);
    assertThatThrownBy(() -> stream("events=9;at=inside@5:close"))
        .isInstanceOf(AnthropicException.class);
    assertThatThrownBy(() -> stream("events=9;at=end:nomark"))
        .isInstanceOf(AnthropicException.class);
  }

  @Test
  void aLateFailureIsRaised() {
    assertThatThrownBy(() -> stream("first=700ms;at=head:status:529"))
        .isInstanceOf(SseException.class);
  }

  @Test
  void aClientThatClosesItsStreamClosesTheProviders() throws Exception {
    try (StreamResponse<RawMessageStreamEvent> stream =
        anthropic.messages().createStreaming(messages("events=9;gap=1m@6"))) {
      Iterator<RawMessageStreamEvent> events = stream.stream().iterator();
      events.next();
      events.next();
    }
    assertThat(received().ended().get(5, TimeUnit.SECONDS))
        .isEqualTo(ReceivedRequest.Outcome.PEER_GONE);
  }

  @Test
  void aSilenceThreeTimesTheReadLimitIsBridgedByCommentsAndByPings() {
    Duration limit = Duration.ofSeconds(1);
    for (String style : List.of("comment", "native")) {
      String yaml =
          GatewayUnderTest.PATIENT.replace("interval:", "style: " + style + ", interval:");
      try (GatewayUnderTest each = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
        AnthropicClient impatient = client(each.url(), each.key(), limit);
        assertThat(text(stream(impatient, "events=9;size=4;gap=3s@7"))).endsWith("w8 x");
        assertThat(text(stream(impatient, "events=9;size=4;first=3s"))).endsWith("w8 x");
        impatient.close();
      }
    }
    // The control: straight to the provider the same silence is too long for it.
    AnthropicClient unhelped = client(provider.baseUrl().toString(), "any", limit);
    assertThatThrownBy(() -> stream(unhelped, "events=9;gap=3s@7"))
        .isInstanceOf(AnthropicException.class);
    unhelped.close();
  }
}
