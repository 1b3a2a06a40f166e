package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import com.knuddels.jtokkit.api.EncodingType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PublicTokenizerTest {

  private static final String CHAT =
      "{\"model\":\"gpt-4o\",\"messages\":[{\"role\" : \"user\",\"content\":\"Say"
          + " \\\"h\\u00e9llo\\\"\\n"
          + "<|endoftext|>\"}]}";

  @ParameterizedTest
  @CsvSource({
    "gpt-4o, O200K_BASE",
    "gpt-4o-mini-2024-07-18, O200K_BASE",
    "openai/gpt-4.1-mini, O200K_BASE",
    "chatgpt-4o-latest, O200K_BASE",
    "GPT-5, O200K_BASE",
    "gpt-5.2-codex, O200K_BASE",
    "gpt-6.1-terra, O200K_BASE",
    "gpt-oss-120b, O200K_BASE",
    "o1, O200K_BASE",
    "o3-mini, O200K_BASE",
    "gpt-4, CL100K_BASE",
    "gpt-4-turbo, CL100K_BASE",
    "gpt-3.5-turbo, CL100K_BASE",
    "text-embedding-3-small, CL100K_BASE",
    "claude-sonnet-4-5,",
    "gemini-2.5-pro,",
    "gpt-2,",
    "ollama,",
    ",",
  })
  void eachModelHasItsOwnVocabularyOrNone(@Nullable String model, @Nullable EncodingType type) {
    assertThat(PublicTokenizer.encoding(model)).isEqualTo(type);
    assertThat(PublicTokenizer.isKnown(model)).isEqualTo(type != null);
  }

  @Test
  void nothingIsCountedOnTheCallersThread() {
    List<Runnable> later = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    PublicTokenizer tokenizer = new PublicTokenizer(later::add);
    tokenizer.count("gpt-4o", bytes(CHAT), false, counts::add);
    assertThat(counts).isEmpty();
    later.forEach(Runnable::run);
    // Say "héllo"⏎<|endoftext|>⏎ is 14 as plain text, and a message is 4.
    assertThat(counts).hasSize(1);
    assertThat(counts.getFirst()).isBetween(16L, 19L);
  }

  @Test
  void dataIsCountedWithItsKeys() {
    List<Long> counts = new ArrayList<>();
    PublicTokenizer tokenizer = new PublicTokenizer(Runnable::run);
    tokenizer.count("gpt-4o", bytes(CHAT), true, counts::add);
    tokenizer.count("gpt-4o", bytes(CHAT), false, counts::add);
    assertThat(counts.getFirst()).isGreaterThan(counts.getLast() + 8);
  }

  @Test
  void onlyAFewBodiesWait() {
    List<Runnable> later = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    PublicTokenizer tokenizer = new PublicTokenizer(later::add);
    for (int i = 0; i < 10; i++) {
      assertThat(tokenizer.isBusy()).isEqualTo(i >= 4);
      tokenizer.count("gpt-4o", bytes(CHAT), false, counts::add);
    }
    later.forEach(Runnable::run);
    assertThat(counts).hasSize(4);
    assertThat(tokenizer.isBusy()).isFalse();
  }

  @Test
  void anExecutorThatIsFullIsNoError() {
    PublicTokenizer tokenizer =
        new PublicTokenizer(
            task -> {
              throw new RejectedExecutionException();
            });
    for (int i = 0; i < 10; i++) {
      tokenizer.count("gpt-4o", bytes(CHAT), false, count -> {});
    }
    assertThat(tokenizer.isBusy()).isFalse();
  }

  @Test
  void textsAreTheValuesWithoutTheFrame() {
    JsonTexts texts = JsonTexts.of(bytes(CHAT));
    assertThat(texts.text()).isEqualTo("Say \"héllo\"\n<|endoftext|>\n");
    assertThat(texts.messages()).isEqualTo(1);
    assertThat(JsonTexts.of(bytes("{\"a\":\"cut \\u00")).text()).isEqualTo("cut u00\n");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
