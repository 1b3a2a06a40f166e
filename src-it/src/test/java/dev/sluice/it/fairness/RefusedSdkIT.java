package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the official SDKs, unmodified, make of a quota's no. */
@ExtendWith(NoLeaks.class)
class RefusedSdkIT {

  /** The others get a request in each second and a half; the testers none for half a minute. */
  private static final String YAML =
      PoolsYaml.HEAD
          + """
          teams:
            testers: {keys: ["${KEY_HASH}"], quotas: {main: {ceiling: 2, max-wait: 0s}}}
            others: {keys: ["${OTHER_HASH}"], quotas: {main: {ceiling: 40, max-wait: 0s}}}
          pools:
            main: {provider: scripted, requests-per-minute: 6k, burst: 500ms}
          providers:
            scripted: {base-url: "${PROVIDER}"}
          routes:
            openai: {api: openai, provider: scripted}
            anthropic: {api: anthropic, provider: scripted}
          """;

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  @BeforeAll
  static void start() throws Exception {
    assertThat(Team.of(gateway).ask(Team.freshJson(), "").status()).isEqualTo(200);
  }

  private static OpenAIOkHttpClient.Builder openai(String key) {
    return OpenAIOkHttpClient.builder().apiKey(key).baseUrl(gateway.url() + "/v1");
  }

  private static AnthropicOkHttpClient.Builder anthropic(String key) {
    return AnthropicOkHttpClient.builder().apiKey(key).baseUrl(gateway.url());
  }

  private static final ChatCompletionCreateParams CHAT = chat("?");
  private static final MessageCreateParams MESSAGE = message("?");

  private static ChatCompletionCreateParams chat(String prompt) {
    return ChatCompletionCreateParams.builder().model("scripted-1").addUserMessage(prompt).build();
  }

  private static MessageCreateParams message(String prompt) {
    return MessageCreateParams.builder()
        .model("scripted-1")
        .maxTokens(99)
        .addUserMessage(prompt)
        .build();
  }

  private static final ResponseCreateParams RESPONSE =
      ResponseCreateParams.builder().model("scripted-1").input("?").build();

  private static void chatStream(OpenAIClient client) {
    try (var stream = client.chat().completions().createStreaming(CHAT)) {
      assertThat(stream.stream()).isNotEmpty();
    }
  }

  private static void responseStream(OpenAIClient client) {
    try (var stream = client.responses().createStreaming(RESPONSE)) {
      assertThat(stream.stream()).isNotEmpty();
    }
  }

  private static void messageStream(AnthropicClient client) {
    try (var stream = client.messages().createStreaming(MESSAGE)) {
      assertThat(stream.stream()).isNotEmpty();
    }
  }

  private static long refused() throws IOException {
    return PoolPort.of(gateway, "main")
        .team("others")
        .path("refused")
        .path("team-ceiling")
        .asLong();
  }

  @Test
  void openAisSdkRaisesItsRateLimitException() {
    OpenAIClient client = openai(gateway.key()).maxRetries(0).build();
    List<Runnable> calls =
        List.of(
            () -> client.chat().completions().create(CHAT),
            () -> client.responses().create(RESPONSE),
            () -> chatStream(client),
            () -> responseStream(client));
    for (Runnable call : calls) {
      var no = catchThrowableOfType(com.openai.errors.RateLimitException.class, call::run);
      assertThat(no.statusCode()).isEqualTo(429);
      assertThat(no.code()).contains("team_ceiling");
      assertThat(no.getMessage())
          .contains("testers", "\"main\"", "ceiling of 2 requests per minute");
      assertThat(no.headers().values("sluice-refused-by"))
          .containsExactly("gateway;limit=team-ceiling");
      assertThat(no.headers().values("x-ratelimit-limit-requests")).containsExactly("2");
    }
    client.close();
    assertThat(provider.calls()).isZero();
  }

  @Test
  void anthropicsSdkRaisesItsRateLimitException() {
    AnthropicClient client = anthropic(gateway.key()).maxRetries(0).build();
    List<Runnable> calls =
        List.of(() -> client.messages().create(MESSAGE), () -> messageStream(client));
    for (Runnable call : calls) {
      var no = catchThrowableOfType(com.anthropic.errors.RateLimitException.class, call::run);
      assertThat(no.statusCode()).isEqualTo(429);
      assertThat(no.getMessage())
          .contains("rate_limit_error", "testers", "ceiling of 2 requests per minute");
      assertThat(no.headers().values("sluice-refused-by"))
          .containsExactly("gateway;limit=team-ceiling");
      assertThat(no.headers().values("anthropic-ratelimit-requests-limit")).containsExactly("2");
    }
    client.close();
    assertThat(provider.calls()).isZero();
  }

  /** From now on, nothing passes for more than a second. */
  private static void emptyTheBucket() throws IOException {
    while (Team.other(gateway).ask(Team.freshJson(), "").status() == 200) {
      assertThat(provider.calls()).isLessThan(20);
    }
  }

  @Test
  void openAisOwnRetryGetsThroughWhenTheBucketHasRefilled() throws Exception {
    OpenAIClient client = openai(gateway.otherKey()).build();
    client.chat().completions().create(chat("warm up")); // its first call takes it seconds
    emptyTheBucket();
    long calls = provider.calls();
    long before = refused();
    var answer = client.chat().completions().create(chat("retried"));
    assertThat(answer.choices().getFirst().message().content()).isPresent();
    assertThat(refused()).isGreaterThan(before);
    assertThat(provider.calls()).isEqualTo(calls + 1);
    client.close();
  }

  @Test
  void anthropicsOwnRetryGetsThroughWhenTheBucketHasRefilled() throws Exception {
    AnthropicClient client = anthropic(gateway.otherKey()).build();
    client.messages().create(message("warm up")); // its first call takes it seconds
    emptyTheBucket();
    long calls = provider.calls();
    long before = refused();
    assertThat(client.messages().create(message("retried")).content()).isNotEmpty();
    assertThat(refused()).isGreaterThan(before);
    assertThat(provider.calls()).isEqualTo(calls + 1);
    client.close();
  }

  /**
   * Asking the same twice is asking for two answers: the retry of the second, which was refused,
   * must not be answered with the first.
   */
  @Test
  void theRetryOfARefusedCallIsNotAnsweredWithAnEarlierOne() throws Exception {
    OpenAIClient client = openai(gateway.otherKey()).build();
    client.chat().completions().create(chat("twice"));
    emptyTheBucket();
    long calls = provider.calls();
    long before = refused();
    try (var second = client.withRawResponse().chat().completions().create(chat("twice"))) {
      assertThat(refused()).isGreaterThan(before);
      assertThat(second.headers().values("sluice-replay")).containsExactly("live");
    }
    assertThat(provider.calls()).isEqualTo(calls + 1);
    client.close();
  }
}
