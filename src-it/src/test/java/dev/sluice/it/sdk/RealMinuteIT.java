package dev.sluice.it.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Timeout;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.GatewayUnderTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The promise in real time: a minute of silence, the default keep-alive of 15 s, an SDK that gives
 * up after 30 s without a byte. Too slow for every build; {@code mvn verify -Dsluice.minute=true}
 * runs it. The same in compressed time is in {@link OpenAiSdkIT}.
 */
@EnabledIfSystemProperty(named = "sluice.minute", matches = "true")
class RealMinuteIT {

  private static OpenAIClient client(GatewayUnderTest gateway) {
    return OpenAIOkHttpClient.builder()
        .apiKey(gateway.key())
        .baseUrl(gateway.url() + "/v1")
        .maxRetries(0)
        .timeout(Timeout.builder().read(Duration.ofSeconds(30)).build())
        .build();
  }

  @Test
  void aMinuteOfSilenceIsBridgedWithDefaultSettings() {
    String yaml =
        """
        listen: {port: 0}
        admin: {port: 0}
        teams: {testers: {keys: ["${KEY_HASH}"]}}
        providers: {scripted: {base-url: "${PROVIDER}"}}
        routes: {openai: {api: openai, provider: scripted}}
        """;
    try (ScriptedProvider provider = ScriptedProvider.start(0, Script.parse("gap=60s@4"));
        GatewayUnderTest gateway = GatewayUnderTest.start(provider.baseUrl(), yaml);
        StreamResponse<ChatCompletionChunk> stream =
            client(gateway)
                .chat()
                .completions()
                .createStreaming(
                    ChatCompletionCreateParams.builder()
                        .model("scripted-1")
                        .addUserMessage("?")
                        .build())) {
      assertThat(stream.stream().count()).isEqualTo(22);
    }
  }
}
