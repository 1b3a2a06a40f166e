package dev.sluice.admin.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The scripted provider's cache as its clients see it. */
class PromptCacheIT {

  private static final String CACHE = "cache;events=2;first=300ms;read=20ms";
  private static final String RULES = "rule ".repeat(2_000);
  private static final String ANTHROPIC =
      "{\"model\":\"m\",\"stream\":true,\"system\":[{\"type\":\"text\",\"text\":\""
          + RULES
          + "\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"?\"}]}";
  private static final String CHAT =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\""
          + RULES
          + "\"},{\"role\":\"user\",\"content\":\"?\"}]}";
  private static final String RESPONSES =
      "{\"model\":\"m\",\"instructions\":\"" + RULES + "\",\"input\":\"?\"}";

  private final ScriptedProvider provider = ScriptedProvider.start(0, Script.PLAIN);
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @AfterEach
  void stop() {
    http.close();
    provider.close();
  }

  private CompletableFuture<HttpResponse<String>> send(String path, String body, String script) {
    return http.sendAsync(
        HttpRequest.newBuilder(URI.create(provider.baseUrl() + path))
            .header("x-script", script)
            .header("x-api-key", "k")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private String ask(String path, String body) {
    return send(path, body, CACHE).join().body();
  }

  @Test
  void writersAtTheSameTimeAllWriteAndWhoComesLaterReads() {
    CompletableFuture<HttpResponse<String>> one = send("/v1/messages", ANTHROPIC, CACHE);
    CompletableFuture<HttpResponse<String>> two = send("/v1/messages", ANTHROPIC, CACHE);
    assertThat(one.join().body()).contains("\"cache_read_input_tokens\":0,");
    assertThat(two.join().body())
        .containsPattern("\"ephemeral_5m_input_tokens\":25\\d\\d,")
        .contains("\"cache_read_input_tokens\":0,");
    String third = ask("/v1/messages", ANTHROPIC);
    assertThat(third)
        .containsPattern("\"cache_read_input_tokens\":25\\d\\d,")
        .contains("\"cache_creation_input_tokens\":0,");
    assertThat(provider.cacheBook().entries())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.writes()).isEqualTo(2);
              assertThat(entry.reads()).isEqualTo(1);
              assertThat(entry.writersPeak()).isEqualTo(2);
            });
    CacheBook.Use last = provider.cacheBook().uses().getLast();
    assertThat(last.begunNanos() - last.arrivedNanos()).isBetween(20_000_000L, 280_000_000L);
    assertThat(provider.invoice().total().cachedTokens()).isEqualTo(last.cachedTokens());
    assertThat(provider.invoice().total().written5mTokens()).isEqualTo(2 * last.cachedTokens());
  }

  @Test
  void openAisAnswersTellWhatWasReadAndWritten() {
    assertThat(ask("/v1/chat/completions", CHAT))
        .contains("\"cached_tokens\":0,")
        .containsPattern("\"cache_write_tokens\":25\\d\\d");
    assertThat(ask("/v1/chat/completions", CHAT)).containsPattern("\"cached_tokens\":25\\d\\d,");
    String keyed = "{\"prompt_cache_key\":\"k\"," + CHAT.substring(1);
    assertThat(ask("/v1/chat/completions", keyed)).contains("\"cached_tokens\":0,");
    assertThat(ask("/v1/responses", RESPONSES)).contains("\"cached_tokens\":0,");
    assertThat(ask("/v1/responses", RESPONSES)).containsPattern("\"cached_tokens\":25\\d\\d,");
  }

  @Test
  void aRefusedRequestWritesNothingAndOneThatBreaksOffBeforeItsAnswerLeavesNothingToRead() {
    assertThat(send("/v1/messages", ANTHROPIC, CACHE + ";at=head:status:529").join().statusCode())
        .isEqualTo(529);
    assertThat(provider.cacheBook().uses()).isEmpty();
    assertThat(send("/v1/messages", ANTHROPIC, CACHE + ";at=head:reset"))
        .failsWithin(java.time.Duration.ofSeconds(5));
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    assertThat(ask("/v1/messages", ANTHROPIC)).contains("\"cache_read_input_tokens\":0,");
  }

  @Test
  void withoutTheScriptsWordThereIsNoCache() {
    send("/v1/messages", ANTHROPIC, "events=1").join();
    assertThat(send("/v1/messages", ANTHROPIC, "events=1").join().body())
        .contains("\"cache_read_input_tokens\":0,")
        .contains("\"cache_creation_input_tokens\":0,");
    assertThat(provider.cacheBook().uses()).isEmpty();
  }

  @Test
  void theBooksAreServed() {
    ask("/v1/messages", ANTHROPIC);
    String text =
        http.sendAsync(
                HttpRequest.newBuilder(URI.create(provider.baseUrl() + "/scripted/cache")).build(),
                HttpResponse.BodyHandlers.ofString())
            .join()
            .body();
    assertThat(CacheBook.Use.parse(text.strip())).isEqualTo(provider.cacheBook().uses().getFirst());
  }
}
