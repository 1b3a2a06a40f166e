package dev.sluice.billing.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.team.TeamId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class PoolSettingsTest {

  private static final TeamId CHAT = new TeamId("chat");
  private static final TeamId DOCS = new TeamId("docs");
  private static final Meter REQUESTS = new Meter(Counts.REQUESTS, 1_000, 100);
  private static final Meter INPUT = new Meter(Counts.INPUT_TOKENS, 2_000_000, 200_000);
  private static final Meter TOTAL = new Meter(Counts.TOTAL_TOKENS, 2_000_000, 200_000);

  private static Quota guaranteed(long perMinute, long ceiling, long burst) {
    return new Quota(
        perMinute, ceiling, 1, Lane.INTERACTIVE, Duration.ofSeconds(5), burst, Mode.ENFORCE);
  }

  private static PoolSettings pool(List<Meter> meters, Map<TeamId, Quota> quotas) {
    return new PoolSettings(
        "gpt",
        meters,
        Counting.OPENAI,
        Mode.ENFORCE,
        quotas,
        Quota.borrowing(Duration.ofSeconds(3)),
        100);
  }

  private static void refused(ThrowingCallable making, String message) {
    assertThatThrownBy(making).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  @Test
  void aNumberThatIsRefusedIsNamedWithWhatIsAllowed() {
    refused(
        () -> new Meter(Counts.REQUESTS, 0, 1),
        "requests.per-minute is 0; allowed is 1 to 1000000000.");
    refused(
        () -> new Meter(Counts.TOTAL_TOKENS, 1, 100_000_001),
        "tokens.burst is 100000001; allowed is 1 to 100000000.");
    refused(
        () -> new Quota(0, 0, 0, Lane.BATCH, Duration.ZERO, 0, Mode.ENFORCE),
        "weight is 0; allowed is 1 to 1000.");
    refused(
        () -> new Quota(0, 0, 1, Lane.BATCH, Duration.ofSeconds(-1), 0, Mode.ENFORCE),
        "max-wait is PT-1S; allowed is PT0S to PT1H.");
    refused(() -> guaranteed(-1, 0, 0), "guaranteed is -1; allowed is 0 to 1000000000.");
  }

  @Test
  void whatContradictsItselfIsRefused() {
    refused(
        () -> guaranteed(620_000, 400_000, 0),
        "ceiling is 400000, below its guaranteed 620000. Raise ceiling, or lower guaranteed.");
    refused(
        () -> guaranteed(0, 0, 5),
        "burst is 5 where nothing is guaranteed. Set guaranteed, or leave burst out.");
    refused(
        () -> pool(List.of(), Map.of()),
        "Pool \"gpt\": it has no meters. Name at least one of its provider's limits.");
    refused(
        () -> pool(List.of(INPUT, INPUT), Map.of()),
        "Pool \"gpt\": two meters count input-tokens. Keep one.");
    refused(
        () ->
            new PoolSettings(
                "gpt",
                List.of(INPUT),
                Counting.OPENAI,
                Mode.ENFORCE,
                Map.of(),
                guaranteed(1, 0, 0),
                1),
        "Pool \"gpt\": others.guaranteed is 1; only 0 is possible, for nobody knows how many"
            + " others there are.");
  }

  @Test
  void guaranteesThatCannotBeKeptTogetherAreRefusedWithTheirSums() {
    Map<TeamId, Quota> quotas = new LinkedHashMap<>();
    quotas.put(CHAT, guaranteed(1_500_000, 0, 0));
    quotas.put(DOCS, guaranteed(500_001, 0, 0));
    refused(
        () -> pool(List.of(TOTAL), quotas),
        "Pool \"gpt\": guarantees add up to 2000001 of tokens per minute, above the 2000000 there"
            + " are. Lower some.");
    quotas.put(DOCS, guaranteed(500_000, 0, 50_001));
    refused(
        () -> pool(List.of(TOTAL), quotas),
        "Pool \"gpt\": bursts of guarantees add up to 200001 of tokens, above the 200000 there"
            + " are. Lower some, or raise the meter's.");
    quotas.put(DOCS, guaranteed(500_000, 0, 0));
    assertThat(pool(List.of(REQUESTS, TOTAL), quotas).quotas()).containsOnlyKeys(CHAT, DOCS);
  }

  @Test
  void aGuaranteeIsAShareOfEveryMeterAndNeverNothing() {
    PoolSettings pool = pool(List.of(REQUESTS, INPUT, TOTAL), Map.of());
    assertThat(pool.mainMeter()).isEqualTo(TOTAL);
    Quota tenth = guaranteed(200_000, 400_000, 0);
    assertThat(pool.guaranteedPerMinute(tenth, REQUESTS)).isEqualTo(100);
    assertThat(pool.guaranteedBurst(tenth, REQUESTS)).isEqualTo(10);
    assertThat(pool.guaranteedBurst(tenth, TOTAL)).isEqualTo(20_000);
    assertThat(pool.ceilingPerMinute(tenth, INPUT)).isEqualTo(400_000);
    assertThat(pool.ceilingBurst(tenth, REQUESTS)).isEqualTo(20);
    Quota tiny = guaranteed(100, 100, 0);
    assertThat(pool.guaranteedPerMinute(tiny, REQUESTS)).isEqualTo(1);
    assertThat(pool.guaranteedBurst(tiny, REQUESTS)).isEqualTo(1);
    Quota saving = guaranteed(200_000, 200_000, 100_000);
    assertThat(pool.guaranteedBurst(saving, REQUESTS)).isEqualTo(50);
    assertThat(pool.ceilingBurst(saving, REQUESTS)).as("never below what is saved").isEqualTo(50);
  }

  @Test
  void theMainMeterIsTheMostTelling() {
    Meter output = new Meter(Counts.OUTPUT_TOKENS, 5, 5);
    assertThat(pool(List.of(REQUESTS), Map.of()).mainMeter()).isEqualTo(REQUESTS);
    assertThat(pool(List.of(REQUESTS, output), Map.of()).mainMeter()).isEqualTo(output);
    assertThat(pool(List.of(output, INPUT), Map.of()).mainMeter()).isEqualTo(INPUT);
  }

  @Test
  void aQuotaSaysWhatItComesTo() {
    PoolSettings pool = pool(List.of(TOTAL), Map.of(CHAT, guaranteed(600_000, 0, 20_000)));
    // 20,000 at 600,000 a minute are 2 s; 180,000 that nobody saves, at 2,000,000, are 5.4 s.
    assertThat(pool.promise(CHAT))
        .isEqualTo(new QuotaPromise(600_000, 0, 20_000, Duration.ofMillis(7_400)));
    assertThat(pool.promise(DOCS)).isEqualTo(new QuotaPromise(0, 0, 0, Duration.ofSeconds(3)));
  }
}
