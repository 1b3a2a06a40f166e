package dev.sluice.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.admission.ProviderLimits.Said;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProviderWordTest {

  private static final long NOW = Instant.parse("2026-11-26T10:00:00Z").toEpochMilli();

  private static HttpHeaders fields(String... pairs) {
    HttpHeaders fields = new DefaultHttpHeaders();
    for (int i = 0; i < pairs.length; i += 2) {
      fields.add(pairs[i], pairs[i + 1]);
    }
    return fields;
  }

  private static List<Said> said(Counting counting, String... pairs) {
    return Objects.requireNonNull(ProviderWord.of(counting, 200, fields(pairs), NOW).limits())
        .said();
  }

  private static long pause(int status, String... pairs) {
    return ProviderWord.of(Counting.OPENAI, status, fields(pairs), NOW).pauseMillis();
  }

  @Test
  void anthropicSpeaksOfEachLimitAndItsPlainTokensAreNotRead() {
    assertThat(
            said(
                Counting.ANTHROPIC,
                "anthropic-ratelimit-requests-limit",
                "1000",
                "anthropic-ratelimit-requests-remaining",
                "999",
                "anthropic-ratelimit-input-tokens-remaining",
                "1998000",
                "anthropic-ratelimit-tokens-remaining",
                "5"))
        .containsExactly(
            new Said(Counts.REQUESTS, 1000, 999), new Said(Counts.INPUT_TOKENS, -1, 1_998_000));
  }

  @Test
  void openAiSpeaksOfAllTokensAndGroqsRequestsPerDayAreNotRead() {
    String[] fields = {
      "x-ratelimit-limit-requests", "14400",
      "x-ratelimit-limit-tokens", "18000",
      "x-ratelimit-remaining-tokens", "17997"
    };
    assertThat(said(Counting.OPENAI, fields))
        .containsExactly(
            new Said(Counts.REQUESTS, 14_400, -1), new Said(Counts.TOTAL_TOKENS, 18_000, 17_997));
    assertThat(said(Counting.GROQ, fields))
        .containsExactly(new Said(Counts.TOTAL_TOKENS, 18_000, 17_997));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "1e6", "many", "9999999999999999999"})
  void whatIsNoNumberIsNotSaid(String text) {
    assertThat(
            ProviderWord.of(Counting.OPENAI, 200, fields("x-ratelimit-remaining-tokens", text), NOW)
                .limits())
        .isNull();
  }

  @Test
  void onlyA429ThatNamesATimeAsksForAPause() {
    assertThat(pause(429, "retry-after", "7")).isEqualTo(7_000);
    assertThat(pause(429, "retry-after-ms", "250", "retry-after", "7")).isEqualTo(250);
    assertThat(pause(429, "retry-after", "Thu, 26 Nov 2026 10:00:05 GMT")).isEqualTo(5_000);
    assertThat(pause(429, "retry-after", "Thu, 26 Nov 2026 09:00:05 GMT")).isZero();
    assertThat(pause(429, "retry-after", "soon")).isZero();
    assertThat(pause(429)).isZero();
    assertThat(pause(200, "retry-after", "7")).isZero();
    assertThat(pause(503, "retry-after", "7")).isZero();
    assertThat(pause(429, "retry-after", "99999999")).isEqualTo(3_600_000);
  }

  @Test
  void overloadIsToldByItsStatus() {
    for (int status : new int[] {503, 529}) {
      assertThat(ProviderWord.of(Counting.ANTHROPIC, status, fields(), NOW).isOverloaded())
          .isTrue();
    }
    for (int status : new int[] {200, 429, 500, 502}) {
      assertThat(ProviderWord.of(Counting.ANTHROPIC, status, fields(), NOW).isOverloaded())
          .isFalse();
    }
  }
}
