package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.pool.Counting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolCountingTest {

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "api.openai.com, auto, OPENAI",
    "API.Anthropic.com, auto, ANTHROPIC",
    "generativelanguage.googleapis.com, auto, GEMINI",
    "my-team.openai.azure.com, auto, AZURE",
    "bedrock-runtime.eu-west-1.amazonaws.com, auto, BEDROCK",
    "api.groq.com, auto, GROQ",
    "notanthropic.com, auto, PLAIN",
    "127.0.0.1, auto, PLAIN",
    "api.openai.com, plain, PLAIN",
    "127.0.0.1, anthropic, ANTHROPIC",
  })
  void aPoolCountsAsItsProvidersHostDoesUnlessItSaysOtherwise(
      String host, String said, Counting counting) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("gateway.yaml"),
            """
            teams: {chat: {}}
            providers: {p: {base-url: "https://%s", key: some-key}}
            pools: {p: {provider: p, tokens-per-minute: 2M, counting: %s}}
            routes: {r: {api: openai, provider: p, clients: open, team: chat}}
            """
                .formatted(host, said));
    var loaded = (ConfigFile.Loaded) ConfigFile.load(file, name -> null);
    assertThat(loaded.config().pools().getFirst().settings().counting()).isEqualTo(counting);
  }
}
