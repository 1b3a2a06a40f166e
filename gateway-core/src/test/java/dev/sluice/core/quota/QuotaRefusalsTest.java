package dev.sluice.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.admission.Decision;
import dev.sluice.billing.admission.Limit;
import dev.sluice.billing.admission.Standing;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.Refusal;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuotaRefusalsTest {

  private static final TeamId TEAM = new TeamId("batch");

  private static Refusal of(Limit limit, long retryAfterMillis, Random random) {
    Decision.Refused refused =
        new Decision.Refused(
            limit,
            Counts.INPUT_TOKENS,
            retryAfterMillis * 1_000_000,
            200_000,
            3_100,
            new Standing("claude", List.of()));
    return QuotaRefusals.of(refused, TEAM, "claude", random);
  }

  @Test
  void aRefusalSaysWhoWhereWhichLimitAndWhen() {
    assertThat(of(Limit.TEAM_CEILING, 4_000, new Random(1)).message())
        .isEqualTo(
            "Team \"batch\" is at its ceiling of 200000 input tokens per minute on pool \"claude\"."
                + " The request counts as 3100 of them; there is room for it in about 4 s.");
  }

  @ParameterizedTest
  @EnumSource
  void everyLimitHasItsWordsAndItsCode(Limit limit) {
    Refusal refusal = of(limit, 900, new Random(2));
    assertThat(refusal.status()).isEqualTo(429);
    assertThat(refusal.kind()).isEqualTo(Refusal.Kind.RATE_LIMIT);
    assertThat(refusal.code()).isEqualTo(limit.label().replace('-', '_'));
    assertThat(refusal.message()).contains("claude").contains("counts as 3100");
    assertThat(refusal.mayRetry()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 20, 900, 30_000, 48_000, 55_000, 60_000, 61_000, 3_600_000})
  void aWaitIsNeverTooShortNorAboveAMinute(long millis) {
    Random random = new Random(3);
    for (int i = 0; i < 1_000; i++) {
      Refusal refusal = of(Limit.POOL, millis, random);
      assertThat(refusal.retryAfterMillis()).isBetween(Math.clamp(millis, 1L, 60_000L), 60_000L);
      assertThat(refusal.mayRetry()).isEqualTo(millis <= 60_000);
    }
  }

  @Test
  void thoseRefusedTogetherDoNotComeBackTogether() {
    Random random = new Random(4);
    Set<Long> waits = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      waits.add(of(Limit.POOL, 2_000, random).retryAfterMillis());
    }
    assertThat(waits).hasSizeGreaterThan(80);
  }
}
