package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.AnthropicException;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.prove.IdleCutter;
import java.time.Duration;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The official SDKs, unmodified, send no id with their retries: one call all the same. */
@ExtendWith(NoLeaks.class)
class SdkRetryIT {

  private static final Duration SHORT = Duration.ofMillis(500);
  private static final String SLOW = "events=5;size=6;first=1100ms";
  private static final String GAP = "events=9;size=6;gap=1200ms@6";

  private static Counted provider;
  private static GatewayUnderTest gateway;
  private static IdleCutter cutter;

  @BeforeAll
  static void start() {
    provider = new Counted();
    // Without keep-alive, so that something breaks.
    gateway =
        GatewayUnderTest.start(
            provider.baseUrl(),
            GatewayUnderTest.QUICK.replace(
                "keep-alive: {interval: 100ms", "keep-alive: {enabled: false, interval: 100ms"));
    cutter = new IdleCutter(gateway.port(), Duration.ofMillis(400));
  }

  @AfterAll
  static void stop() {
    cutter.close();
    gateway.close();
    provider.close();
  }

  @BeforeEach
  void forget() {
    provider.forget();
  }

  private static OpenAIClient openai(int port, Duration readLimit) {
    return OpenAIOkHttpClient.builder()
        .apiKey(gateway.key())
        .baseUrl("http://127.0.0.1:" + port + "/v1")
        .timeout(
            com.openai.core.Timeout.builder()
                .read(readLimit)
                .request(Duration.ofSeconds(30))
                .build())
        .build();
  }

  private static AnthropicClient anthropic(int port, Duration readLimit) {
    return AnthropicOkHttpClient.builder()
        .apiKey(gateway.key())
        .baseUrl("http://127.0.0.1:" + port)
        .timeout(
            com.anthropic.core.Timeout.builder()
                .read(readLimit)
                .request(Duration.ofSeconds(30))
                .build())
        .build();
  }

  private static ChatCompletionCreateParams.Builder chat(String prompt, String script) {
    return ChatCompletionCreateParams.builder()
        .model("scripted-1")
        .addUserMessage(prompt)
        .putAdditionalHeader("x-script", script);
  }

  private static MessageCreateParams.Builder messages(String prompt, String script) {
    return MessageCreateParams.builder()
        .model("scripted-1")
        .maxTokens(99)
        .addUserMessage(prompt)
        .putAdditionalHeader("x-script", script);
  }

  private static String text(OpenAIClient client, ChatCompletionCreateParams params) {
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(params)) {
      return stream.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .flatMap(choice -> choice.delta().content().stream())
          .collect(Collectors.joining());
    }
  }

  private static String text(AnthropicClient client, MessageCreateParams params) {
    try (var stream = client.messages().createStreaming(params)) {
      return stream.stream()
          .flatMap(event -> event.contentBlockDelta().stream())
          .flatMap(delta -> delta.delta().text().stream())
          .map(piece -> piece.text())
          .collect(Collectors.joining());
    }
  }

  @Test
  void openAisRetryAfterItsTimeOutGetsTheAnswerOfTheFirstCall() {
    OpenAIClient client = openai(gateway.port(), SHORT);
    var answer = client.chat().completions().create(chat("slow chat", SLOW).build());
    assertThat(answer.choices().getFirst().message().content().orElseThrow())
        .isEqualTo("w0 xxxw1 xxxw2 xxxw3 xxxw4 xxx");
    client.close();
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void anthropicsRetryAfterItsTimeOutGetsTheAnswerOfTheFirstCall() {
    AnthropicClient client = anthropic(gateway.port(), SHORT);
    var answer = client.messages().create(messages("slow messages", SLOW).build());
    assertThat(answer.content().getFirst().asText().text())
        .isEqualTo("w0 xxxw1 xxxw2 xxxw3 xxxw4 xxx");
    client.close();
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void aBrokenOpenAiStreamIsAskedForAgainByItsKey() {
    OpenAIClient cut = openai(cutter.port(), Duration.ofSeconds(20));
    OpenAIClient direct = openai(gateway.port(), Duration.ofSeconds(20));
    ChatCompletionCreateParams params =
        chat("broken chat", GAP).putAdditionalHeader("Idempotency-Key", "broken-chat").build();
    assertThatThrownBy(() -> text(cut, params)).isInstanceOf(OpenAIException.class);
    assertThat(text(direct, params)).startsWith("w0 xxxw1 xxx").endsWith("w8 xxx");
    cut.close();
    direct.close();
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void aBrokenAnthropicStreamIsAskedForAgainByItsKey() {
    AnthropicClient cut = anthropic(cutter.port(), Duration.ofSeconds(20));
    AnthropicClient direct = anthropic(gateway.port(), Duration.ofSeconds(20));
    MessageCreateParams params =
        messages("broken messages", GAP)
            .putAdditionalHeader("Idempotency-Key", "broken-messages")
            .build();
    assertThatThrownBy(() -> text(cut, params)).isInstanceOf(AnthropicException.class);
    assertThat(text(direct, params)).startsWith("w0 xxxw1 xxx").endsWith("w8 xxx");
    cut.close();
    direct.close();
    assertThat(provider.calls()).isEqualTo(1);
  }
}
