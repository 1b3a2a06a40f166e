package dev.sluice.it.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Timeout;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
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

/** The official OpenAI SDK, unmodified, with the gateway as its base URL. */
@ExtendWith(NoLeaks.class)
class OpenAiSdkIT {

  private static ScriptedProvider provider;
  private static GatewayUnderTest gateway;
  private static OpenAIClient openai;

  @BeforeAll
  static void start() {
    provider = ScriptedProvider.start(0, Script.PLAIN);
    gateway = GatewayUnderTest.start(provider.baseUrl(), GatewayUnderTest.QUICK);
    openai = client(gateway.url(), gateway.key(), Duration.ofSeconds(30));
  }

  private static OpenAIClient client(String url, String key, Duration readLimit) {
    return OpenAIOkHttpClient.builder()
        .apiKey(key)
        .baseUrl(url + "/v1")
        .maxRetries(0)
        .timeout(Timeout.builder().read(readLimit).request(Duration.ofSeconds(30)).build())
        .build();
  }

  @AfterAll
  static void stop() {
    openai.close();
    gateway.close();
    provider.close();
  }

  @BeforeEach
  void forget() {
    provider.forget();
  }

  private static ChatCompletionCreateParams.Builder chat(String script) {
    return ChatCompletionCreateParams.builder()
        .model("scripted-1")
        .addUserMessage("What is the weather in Turku?")
        .putAdditionalHeader("x-script", script);
  }

  private static List<ChatCompletionChunk> stream(ChatCompletionCreateParams params) {
    return stream(openai, params);
  }

  private static List<ChatCompletionChunk> stream(
      OpenAIClient client, ChatCompletionCreateParams params) {
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params)) {
      return stream.stream().toList();
    }
  }

  private static String text(List<ChatCompletionChunk> chunks) {
    return chunks.stream()
        .flatMap(chunk -> chunk.choices().stream())
        .flatMap(choice -> choice.delta().content().stream())
        .collect(Collectors.joining());
  }

  private static ReceivedRequest received() throws InterruptedException {
    return Objects.requireNonNull(provider.take(Duration.ofSeconds(5)), "nothing was forwarded");
  }

  @Test
  void aWholeAnswerArrives() {
    ChatCompletion answer =
        openai.chat().completions().create(chat("events=5;size=6;reasoning=2").build());
    assertThat(answer.choices().getFirst().message().content().orElseThrow())
        .isEqualTo("w0 xxxw1 xxxw2 xxxw3 xxxw4 xxx");
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(7);
  }

  @Test
  void aStreamArrivesWhole() {
    List<ChatCompletionChunk> chunks = stream(chat("events=50;size=6;split=3").build());
    assertThat(text(chunks)).startsWith("w0 xxxw1 xxx").endsWith("w49 xx");
  }

  @Test
  void usageThatWasNotAskedForIsNotShown() throws Exception {
    List<ChatCompletionChunk> chunks = stream(chat("events=3").build());
    assertThat(chunks).allMatch(chunk -> !chunk.choices().isEmpty());
    assertThat(received().bodyText()).contains("\"include_usage\":true");
  }

  @Test
  void usageThatWasAskedForIsShownOnce() {
    List<ChatCompletionChunk> chunks =
        stream(
            chat("events=3")
                .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build());
    assertThat(chunks).filteredOn(chunk -> chunk.usage().isPresent()).hasSize(1);
    assertThat(chunks.getLast().usage().orElseThrow().completionTokens()).isEqualTo(3);
  }

  @Test
  void aToolCallIsPutTogetherFromItsPieces() {
    ChatCompletionAccumulator pieces = ChatCompletionAccumulator.create();
    stream(chat("tool;events=6;size=3;split=9").build()).forEach(pieces::accumulate);
    var call =
        pieces
            .chatCompletion()
            .choices()
            .getFirst()
            .message()
            .toolCalls()
            .orElseThrow()
            .getFirst()
            .asFunction()
            .function();
    assertThat(call.name()).isEqualTo("weather");
    assertThat(call.arguments()).isEqualTo("{\"city\":\"xxxxxxxxxxxxTurku\"}");
  }

  @Test
  void aResponsesStreamArrivesWhole() {
    List<ResponseStreamEvent> events = responses("events=12;size=6");
    assertThat(
            events.stream()
                .flatMap(event -> event.outputTextDelta().stream())
                .map(delta -> delta.delta())
                .collect(Collectors.joining()))
        .startsWith("w0 xxx")
        .endsWith("w11 xx");
    assertThat(events.getLast().asCompleted().response().usage().orElseThrow().outputTokens())
        .isEqualTo(12);
  }

  private static List<ResponseStreamEvent> responses(String script) {
    try (StreamResponse<ResponseStreamEvent> stream =
        openai
            .responses()
            .createStreaming(
                ResponseCreateParams.builder()
                    .model("scripted-1")
                    .input("?")
                    .putAdditionalHeader("x-script", script)
                    .build())) {
      return stream.stream().toList();
    }
  }

  @Test
  void embeddingsArriveInTheEncodingThatTheSdkAskedFor() throws Exception {
    CreateEmbeddingResponse answer =
        openai
            .embeddings()
            .create(EmbeddingCreateParams.builder().model("scripted-e").input("text").build());
    assertThat(answer.data().getFirst().embedding()).containsExactly(0.25f, -0.5f, 0.125f, 1.0f);
    assertThat(received().bodyText()).contains("base64");
  }

  @Test
  void modelsAreListedThroughTheGateway() {
    assertThat(openai.models().list().data()).hasSize(1);
  }

  @Test
  void theProvidersKeyReplacesTheClients() throws Exception {
    openai.chat().completions().create(chat("events=1").build());
    ReceivedRequest request = received();
    assertThat(request.headers().getAll("Authorization")).containsExactly("Bearer provider-secret");
    assertThat(request.headers().toString()).doesNotContain(gateway.key());
  }

  @Test
  void theRequestIdIsTheProviders() {
    try (var raw = openai.withRawResponse().chat().completions().create(chat("events=1").build())) {
      assertThat(raw.requestId().orElseThrow()).startsWith("req_");
      assertThat(raw.headers().values("sluice-request-id")).hasSize(1);
    }
  }

  @Test
  void errorsOfTheProviderKeepTheirClass() {
    assertThatThrownBy(() -> stream(chat("at=head:status:401").build()))
        .isInstanceOf(UnauthorizedException.class);
    assertThatThrownBy(() -> stream(chat("at=head:status:404").build()))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> stream(chat("at=head:status:429").build()))
        .isInstanceOfSatisfying(
            RateLimitException.class,
            e -> assertThat(e.code().orElseThrow()).isEqualTo("rate_limit_exceeded"));
    assertThatThrownBy(() -> stream(chat("at=head:status:500").build()))
        .isInstanceOf(InternalServerException.class);
  }

  @Test
  void aRefusalOfTheGatewayIsATypedException() {
    OpenAIClient stranger = client(gateway.url(), "slk_wrong", Duration.ofSeconds(10));
    assertThatThrownBy(() -> stranger.chat().completions().create(chat("events=1").build()))
        .isInstanceOfSatisfying(
            UnauthorizedException.class,
            e -> {
              assertThat(e.statusCode()).isEqualTo(401);
              assertThat(e.code()).isPresent();
              assertThat(e.getMessage()).doesNotContain("slk_wrong");
            });
    stranger.close();
  }

  @Test
  void anErrorInsideAStreamIsRaised() {
    assertThatThrownBy(() -> stream(chat("events=9;at=between@3:error").build()))
        .isInstanceOf(SseException.class);
  }

  @Test
  void aStreamThatBreaksOffIsRaisedAndNeverTakenForWhole() {
    assertThatThrownBy(() -> stream(chat("events=9;at=between@3:reset").build()))
        .isInstanceOf(OpenAIException.class);
    assertThatThrownBy(() -> stream(chat("events=9;at=inside@3:close").build()))
        .isInstanceOf(OpenAIException.class);
    assertThatThrownBy(() -> responses("events=9;at=between@5:close"))
        .isInstanceOf(OpenAIException.class);
  }

  /** Some servers send no {@code [DONE]}; with a finish reason the answer is whole all the same. */
  @Test
  void anAnswerWithAFinishReasonIsWholeWithoutTheEndMarker() {
    assertThat(text(stream(chat("events=9;at=end:nomark").build())))
        .isEqualTo(text(stream(chat("events=9").build())));
  }

  @Test
  void aLateFailureIsRaised() {
    assertThatThrownBy(() -> stream(chat("first=700ms;at=head:status:503").build()))
        .isInstanceOf(SseException.class);
    assertThatThrownBy(() -> responses("first=700ms;at=head:status:503"))
        .isInstanceOf(OpenAIException.class);
  }

  @Test
  void aClientThatClosesItsStreamClosesTheProviders() throws Exception {
    try (StreamResponse<ChatCompletionChunk> stream =
        openai.chat().completions().createStreaming(chat("events=9;gap=1m@4").build())) {
      Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();
      chunks.next();
      chunks.next();
    }
    assertThat(received().ended().get(5, TimeUnit.SECONDS))
        .isEqualTo(ReceivedRequest.Outcome.PEER_GONE);
  }

  /**
   * The SDK's read limit is far shorter than the silence: only what the gateway writes keeps the
   * connection alive.
   */
  @Test
  void aSilenceThreeTimesTheReadLimitIsBridged() {
    Duration limit = Duration.ofSeconds(1);
    try (GatewayUnderTest patient =
        GatewayUnderTest.start(provider.baseUrl(), GatewayUnderTest.PATIENT)) {
      OpenAIClient impatient = client(patient.url(), patient.key(), limit);
      for (String script : List.of("events=9;size=4;gap=3s@5", "events=9;size=4;first=3s")) {
        assertThat(text(stream(impatient, chat(script).build())))
            .startsWith("w0 x")
            .endsWith("w8 x");
      }
      impatient.close();
    }
    // The control: straight to the provider the same silence is too long for it.
    OpenAIClient unhelped = client(provider.baseUrl().toString(), "any", limit);
    assertThatThrownBy(() -> stream(unhelped, chat("events=9;gap=3s@5").build()))
        .isInstanceOf(OpenAIException.class);
    unhelped.close();
  }
}
