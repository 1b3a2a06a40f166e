package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.CacheControlEphemeral;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.TextBlockParam;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.LongPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The official SDKs, unmodified, many at a time on one cold prompt. */
@ExtendWith(NoLeaks.class)
class SdkCacheIT {

  private static final int CLIENTS = 12;

  @RegisterExtension private static final Rig rig = new Rig(Gated.yaml("on", "8s"));

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  private static final AnthropicClient anthropic = anthropic(gateway.url(), gateway.key());
  private static final OpenAIClient openai = openai(gateway.url(), gateway.key());

  private static AnthropicClient anthropic(String url, String key) {
    return AnthropicOkHttpClient.builder().apiKey(key).baseUrl(url).maxRetries(0).build();
  }

  private static OpenAIClient openai(String url, String key) {
    return OpenAIOkHttpClient.builder().apiKey(key).baseUrl(url + "/v1").maxRetries(0).build();
  }

  @AfterAll
  static void stop() {
    openai.close();
    anthropic.close();
  }

  /** What one client was told. */
  private record Told(String text, long read, long written, String role) {}

  private interface Client {
    Told ask(int question);
  }

  private static List<Told> together(Client client) throws Exception {
    List<Callable<Told>> calls = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      int question = 10 + i;
      calls.add(() -> client.ask(question));
    }
    List<Told> told = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Told> each : threads.invokeAll(calls)) {
        told.add(each.get());
      }
    }
    return told;
  }

  private static MessageCreateParams messages(String system, int question) {
    return MessageCreateParams.builder()
        .model(LongPrompt.MODEL)
        .maxTokens(200)
        .systemOfTextBlockParams(
            List.of(
                TextBlockParam.builder()
                    .text(system)
                    .cacheControl(CacheControlEphemeral.builder().build())
                    .build()))
        .addUserMessage("Question " + question)
        .putAdditionalHeader("x-script", Gated.SLOW)
        .build();
  }

  private static Told ask(AnthropicClient client, MessageCreateParams params) {
    try (var raw = client.withRawResponse().messages().create(params)) {
      Message answer = raw.parse();
      return new Told(
          answer.content().getFirst().asText().text(),
          answer.usage().cacheReadInputTokens().orElse(0L),
          answer.usage().cacheCreationInputTokens().orElse(0L),
          String.join(",", raw.headers().values("Sluice-Cache")));
    }
  }

  @Test
  void anthropicsClientsWriteAColdPromptOnceAndEachHasItsOwnAnswer() throws Exception {
    String system = Gated.prompt("anthropic-java").text();
    List<Told> told = together(question -> ask(anthropic, messages(system, question)));
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    assertThat(told).filteredOn(each -> each.written() > 0).hasSize(1);
    assertThat(told).filteredOn(each -> each.read() > 4_000).hasSize(CLIENTS - 1);
    assertThat(told).filteredOn(each -> each.role().equals("leader")).hasSize(1);
    assertThat(told).filteredOn(each -> each.role().equals("follower")).hasSize(CLIENTS - 1);
    // The text ends in a checksum of the question: the provider says the same to it directly.
    AnthropicClient direct = anthropic(provider.baseUrl().toString(), "any");
    for (int i = 0; i < CLIENTS; i++) {
      assertThat(told.get(i).text()).isEqualTo(ask(direct, messages(system, 10 + i)).text());
    }
    direct.close();
  }

  private static ChatCompletionCreateParams chat(String system, int question) {
    return ChatCompletionCreateParams.builder()
        .model("gpt-5.6")
        .addSystemMessage(system)
        .addUserMessage("Question " + question)
        .putAdditionalHeader("x-script", Gated.SLOW)
        .build();
  }

  private static Told ask(OpenAIClient client, ChatCompletionCreateParams params) {
    try (var raw = client.withRawResponse().chat().completions().create(params)) {
      ChatCompletion answer = raw.parse();
      long cached =
          answer
              .usage()
              .flatMap(usage -> usage.promptTokensDetails())
              .flatMap(details -> details.cachedTokens())
              .orElse(0L);
      return new Told(
          answer.choices().getFirst().message().content().orElseThrow(),
          cached,
          cached == 0 ? 1 : 0,
          String.join(",", raw.headers().values("Sluice-Cache")));
    }
  }

  @Test
  void openAisClientsWriteAColdPromptOnceAndEachHasItsOwnAnswer() throws Exception {
    String system = Gated.prompt("openai-java").text();
    List<Told> told = together(question -> ask(openai, chat(system, question)));
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    assertThat(told).filteredOn(each -> each.read() > 4_000).hasSize(CLIENTS - 1);
    assertThat(told).filteredOn(each -> each.role().equals("leader")).hasSize(1);
    OpenAIClient direct = openai(provider.baseUrl().toString(), "any");
    for (int i = 0; i < CLIENTS; i++) {
      assertThat(told.get(i).text()).isEqualTo(ask(direct, chat(system, 10 + i)).text());
    }
    direct.close();
  }
}
