package dev.sluice.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.admission.MeterStanding;
import dev.sluice.billing.admission.ProviderLimits;
import dev.sluice.billing.admission.ProviderLimits.Said;
import dev.sluice.billing.admission.Standing;
import dev.sluice.billing.pool.Counts;
import dev.sluice.core.dialect.Route;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuotaFieldsTest {

  private static final Instant NOW = Instant.parse("2026-11-26T10:00:00.400Z");

  private static final Standing STANDING =
      new Standing(
          "claude",
          List.of(
              new MeterStanding(Counts.INPUT_TOKENS, 620_000, 101_500, 750_000_000L),
              new MeterStanding(Counts.OUTPUT_TOKENS, 80_000, 0, 366_000_000_000L),
              new MeterStanding(Counts.REQUESTS, 1_000, 166, 20_000_000L)));

  private static Map<String, String> fields(Route.Family family, Standing standing) {
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    QuotaFields.add(fields, family, standing, NOW);
    Map<String, String> byName = new LinkedHashMap<>();
    fields.forEach(field -> assertThat(byName.put(field.getKey(), field.getValue())).isNull());
    return byName;
  }

  @Test
  void openAiClientsReadOneFigureForTokensAndResetsAsGoWritesThem() {
    assertThat(fields(Route.Family.OPENAI, STANDING))
        .containsEntry("x-ratelimit-limit-tokens", "620000")
        .containsEntry("x-ratelimit-remaining-tokens", "101500")
        .containsEntry("x-ratelimit-reset-tokens", "750ms")
        .containsEntry("x-ratelimit-limit-requests", "1000")
        .containsEntry("x-ratelimit-remaining-requests", "166")
        .containsEntry("x-ratelimit-reset-requests", "20ms")
        .doesNotContainKey("anthropic-ratelimit-requests-limit");
    Standing slow =
        new Standing("p", List.of(new MeterStanding(Counts.TOTAL_TOKENS, 1, 0, 366_000_000_000L)));
    assertThat(fields(Route.Family.OPENAI, slow)).containsEntry("x-ratelimit-reset-tokens", "6m6s");
  }

  @Test
  void anthropicClientsReadEachLimitAndResetsAsInstants() {
    assertThat(fields(Route.Family.ANTHROPIC, STANDING))
        .containsEntry("anthropic-ratelimit-input-tokens-limit", "620000")
        .containsEntry("anthropic-ratelimit-input-tokens-remaining", "101500")
        .containsEntry("anthropic-ratelimit-input-tokens-reset", "2026-11-26T10:00:02Z")
        .containsEntry("anthropic-ratelimit-output-tokens-reset", "2026-11-26T10:06:07Z")
        .containsEntry("anthropic-ratelimit-requests-limit", "1000")
        .doesNotContainKey("x-ratelimit-limit-tokens");
  }

  @Test
  void everyDialectGetsTheDraftsFieldsWithTheUnitInAParameter() {
    assertThat(fields(Route.Family.GEMINI, STANDING))
        .containsOnlyKeys("RateLimit-Policy", "RateLimit")
        .containsEntry(
            "RateLimit-Policy",
            "\"input-tokens\";q=620000;w=60;sluice-unit=\"tokens\","
                + " \"output-tokens\";q=80000;w=60;sluice-unit=\"tokens\","
                + " \"requests\";q=1000;w=60;sluice-unit=\"requests\"")
        .containsEntry(
            "RateLimit",
            "\"input-tokens\";r=101500;t=1, \"output-tokens\";r=0;t=366,"
                + " \"requests\";r=166;t=1");
  }

  @Test
  void aCallOnNoPoolSaysNothing() {
    assertThat(fields(Route.Family.OPENAI, new Standing("", List.of()))).isEmpty();
  }

  @Test
  void onlyFieldsOfTheAccountsLimitsAreReplaced() {
    assertThat(QuotaFields.isReplaced("X-RateLimit-Remaining-Tokens")).isTrue();
    assertThat(QuotaFields.isReplaced("anthropic-ratelimit-requests-reset")).isTrue();
    assertThat(QuotaFields.isReplaced("retry-after")).isFalse();
    assertThat(QuotaFields.isReplaced("x-request-id")).isFalse();
  }

  @Test
  void aStandingAgesAndNeverSaysMoreThanTheProviderHasSaidSince() {
    ProviderLimits said =
        new ProviderLimits(
            List.of(new Said(Counts.INPUT_TOKENS, 500_000, 7), new Said(Counts.REQUESTS, -1, 900)));
    assertThat(QuotaFields.asOfNow(STANDING, 700_000_000L, said).meters())
        .containsExactly(
            new MeterStanding(Counts.INPUT_TOKENS, 500_000, 7, 50_000_000L),
            new MeterStanding(Counts.OUTPUT_TOKENS, 80_000, 0, 365_300_000_000L),
            new MeterStanding(Counts.REQUESTS, 1_000, 166, 0));
    assertThat(QuotaFields.asOfNow(STANDING, 0, null)).isEqualTo(STANDING);
  }
}
