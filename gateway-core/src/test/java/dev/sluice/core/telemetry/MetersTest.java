package dev.sluice.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.estimate.ContentClass;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.UsageSource;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetersTest {

  private static final TeamId CHAT = new TeamId("chat");

  private final Meters meters = new Meters();

  @AfterEach
  void close() {
    meters.close();
  }

  private String scrape() {
    return new String(meters.scrape(null).body(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.startsWith("#"))
        .collect(Collectors.joining("\n"));
  }

  private long series(String metric) {
    return scrape().lines().filter(line -> line.startsWith(metric + "{")).count();
  }

  @Test
  void aCallIsCountedOncePerMetric() {
    meters.ended(Calls.complete());
    assertThat(scrape())
        .contains(
            "sluice_calls_total{dialect=\"openai.chat\",outcome=\"complete\",provider=\"openai-main\",reason=\"complete\",route=\"openai\",team=\"chat\"}"
                + " 1.0")
        .contains(
            "kind=\"uncached_input\",model=\"gpt-5.2-2026-01-01\",route=\"openai\",team=\"chat\"}"
                + " 700.0")
        .contains(
            "kind=\"cache_read\",model=\"gpt-5.2-2026-01-01\",route=\"openai\",team=\"chat\"}"
                + " 100.0")
        .contains(
            "kind=\"cache_write\",model=\"gpt-5.2-2026-01-01\",route=\"openai\",team=\"chat\"}"
                + " 12.0")
        .contains(
            "kind=\"output\",model=\"gpt-5.2-2026-01-01\",route=\"openai\",team=\"chat\"} 950.0")
        .contains(
            "kind=\"reasoning\",model=\"gpt-5.2-2026-01-01\",route=\"openai\",team=\"chat\"} 50.0")
        .contains("sluice_usage_source_total{provider=\"openai-main\",source=\"provider\"} 1.0")
        .contains("sluice_keepalives_total{route=\"openai\"} 2.0")
        .contains("sluice_late_errors_total{provider=\"openai-main\",route=\"openai\"} 1.0")
        .contains("sluice_stream_longest_silence_seconds_bucket{route=\"openai\",le=\"15.0\"} 0")
        .contains("sluice_stream_longest_silence_seconds_bucket{route=\"openai\",le=\"19.0\"} 1")
        .contains(
            "gen_ai_client_operation_duration_seconds_sum{gen_ai_operation_name=\"chat\","
                + "gen_ai_provider_name=\"openai-main\",outcome=\"complete\"} 31.24")
        .contains(
            "gen_ai_client_operation_time_to_first_chunk_seconds_bucket{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai-main\",le=\"0.64\"}"
                + " 1")
        .contains(
            "gen_ai_client_token_usage_sum{gen_ai_operation_name=\"chat\","
                + "gen_ai_provider_name=\"openai-main\",gen_ai_token_type=\"input\"} 812.0");
  }

  @Test
  void whatWasNotPaidForTwiceIsCountedPerTeamAndRoute() {
    meters.replayed(CHAT, "openai", "joined");
    meters.replayed(CHAT, "openai", "joined");
    meters.replayed(CHAT, "openai", "replayed");
    meters.replayed(new TeamId("batch"), "openai", "adopted");
    meters.duplicateTokensAvoided(CHAT, "openai", 700, 50, usd(2_500_000));
    meters.duplicateTokensAvoided(CHAT, "openai", 100, 0, Cost.UNKNOWN);
    meters.duplicateTokensAvoided(CHAT, "gemini", 0, -1, Cost.NONE);
    meters.orphan("openai", "openai-main", "returned");
    meters.orphan("openai", "openai-main", "budget_spent");
    meters.orphan("openai", "openai-main", "budget_spent");
    assertThat(scrape())
        .contains("sluice_replays_total{how=\"joined\",route=\"openai\",team=\"chat\"} 2.0")
        .contains("sluice_replays_total{how=\"replayed\",route=\"openai\",team=\"chat\"} 1.0")
        .contains("sluice_replays_total{how=\"adopted\",route=\"openai\",team=\"batch\"} 1.0")
        .contains(
            "sluice_duplicate_tokens_avoided_total{kind=\"input\",route=\"openai\",team=\"chat\"}"
                + " 800.0")
        .contains(
            "sluice_duplicate_tokens_avoided_total{kind=\"output\",route=\"openai\",team=\"chat\"}"
                + " 50.0")
        .contains(
            "sluice_duplicate_cost_avoided_usd_total{route=\"openai\",team=\"chat\"} 0.0025\n")
        .contains(
            "sluice_duplicate_tokens_avoided_total{kind=\"output\",route=\"gemini\",team=\"chat\"}"
                + " 0.0")
        .contains(
            "sluice_orphans_total{outcome=\"returned\",provider=\"openai-main\",route=\"openai\"}"
                + " 1.0")
        .contains(
            "sluice_orphans_total{outcome=\"budget_spent\",provider=\"openai-main\",route=\"openai\"}"
                + " 2.0");
  }

  @Test
  void wordsOfReplaysAndOrphansAreBoundedToo() {
    for (int i = 0; i < 1_000; i++) {
      meters.replayed(CHAT, "openai", "how_" + i);
      meters.orphan("openai", "openai-main", "outcome_" + i);
    }
    assertThat(series("sluice_replays_total") + series("sluice_orphans_total"))
        .isLessThanOrEqualTo(102);
  }

  @Test
  void callBucketsDoubleFromTenMillisecondsTo82Seconds() {
    meters.ended(Calls.complete());
    Set<String> bounds = new HashSet<>();
    scrape()
        .lines()
        .filter(line -> line.startsWith("gen_ai_client_operation_duration_seconds_bucket"))
        .forEach(line -> bounds.add(line.replaceAll(".*le=\"([^\"]*)\".*", "$1")));
    assertThat(bounds)
        .containsExactlyInAnyOrder(
            "0.01", "0.02", "0.04", "0.08", "0.16", "0.32", "0.64", "1.28", "2.56", "5.12", "10.24",
            "20.48", "40.96", "81.92", "+Inf");
  }

  @Test
  void refusedCallsDoNotPassForFastOnes() {
    meters.ended(Calls.of("m", null, Outcome.REFUSED, "unknown_model", UsageSource.NONE));
    assertThat(scrape())
        .contains("reason=\"unknown_model\"")
        .contains(
            "gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name=\"chat\","
                + "gen_ai_provider_name=\"openai-main\",outcome=\"refused\"} 0");
  }

  @Test
  void tenThousandInventedModelNamesAreOneSeries() {
    for (int i = 0; i < 10_000; i++) {
      meters.ended(
          Calls.of("invented-" + i, null, Outcome.CLIENT_GONE, "reset", UsageSource.ESTIMATE));
    }
    assertThat(series("sluice_tokens_total")).isEqualTo(5);
    assertThat(scrape())
        .contains("kind=\"output\",model=\"other\",route=\"openai\",team=\"chat\"} 9500000.0");
    // They took no place from one that exists.
    meters.ended(Calls.complete());
    assertThat(scrape()).contains("model=\"gpt-5.2-2026-01-01\"");
  }

  @Test
  void evenAProviderThatEchoesEveryNameFillsTwoHundredSeriesOnly() {
    for (int i = 0; i < 10_000; i++) {
      meters.ended(
          Calls.of("echo", "echoed-" + i, Outcome.COMPLETE, "complete", UsageSource.PROVIDER));
    }
    assertThat(series("sluice_tokens_total")).isEqualTo(5 * (Meters.MODELS_MAX + 1));
  }

  @Test
  void modelNamesAreHarmlessInLabels() {
    meters.ended(
        Calls.of(null, "a\"} 1\nforged{x=\"é", Outcome.COMPLETE, "complete", UsageSource.PROVIDER));
    meters.ended(
        Calls.of(null, "x".repeat(5_000), Outcome.COMPLETE, "complete", UsageSource.PROVIDER));
    assertThat(scrape())
        .contains("model=\"a___1_forged_x___\"")
        .contains("model=\"other\"")
        .doesNotContain("xxxxx");
  }

  @Test
  void reasonsAreBoundedToo() {
    for (int i = 0; i < 1_000; i++) {
      meters.ended(Calls.of("m", null, Outcome.PROVIDER_FAILED, "reason_" + i, UsageSource.NONE));
    }
    assertThat(series("sluice_calls_total")).isEqualTo(101);
  }

  @Test
  void whatTokensCostIsSummedExactlyAndWhatHasNoPriceIsNotNothing() {
    for (int i = 0; i < 3; i++) {
      meters.ended(
          Calls.costing(new Cost(Cost.State.KNOWN, 100_000_001, 20, 3, 400, 180, 1, "v1")));
    }
    meters.ended(Calls.costing(new Cost(Cost.State.APPROXIMATE, 7, 0, 0, 1, 0, 0, "v1")));
    meters.ended(Calls.costing(Cost.UNKNOWN));
    String series = "model=\"gpt-5.2-2026-01-01\",route=\"openai\",team=\"chat\"} ";
    assertThat(scrape())
        .contains("sluice_cost_usd_total{kind=\"uncached_input\"," + series + "0.30000001\n")
        .contains("sluice_cost_usd_total{kind=\"cache_read\"," + series + "6.0E-8\n")
        .contains("sluice_cost_usd_total{kind=\"cache_write\"," + series + "9.0E-9\n")
        .contains("sluice_cost_usd_total{kind=\"output\"," + series + "1.201E-6\n")
        .contains("sluice_prompt_cache_saved_usd_total{" + series + "5.4E-7\n")
        .contains("sluice_prompt_cache_write_extra_usd_total{" + series + "3.0E-9\n")
        .contains("sluice_approximate_cost_usd_total{" + series + "8.0E-9\n")
        .contains("sluice_unpriced_tokens_total{" + series + "1762.0\n");
  }

  @Test
  void aStreamsPaceIsItsTimeAfterTheFirstByteOverItsOtherTokens() {
    meters.ended(Calls.complete()); // 950 tokens in 31.24 s, of which 0.42 s to the first byte
    String series = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai-main\"";
    assertThat(scrape())
        .contains("gen_ai_server_time_per_output_token_seconds_count{" + series + "} 1\n")
        .contains("gen_ai_server_time_per_output_token_seconds_sum{" + series + "} 0.03247629\n");
  }

  private static Cost usd(long nanoUsd) {
    return Cost.plain(nanoUsd, 0, "v1");
  }

  @Test
  void everyOwnMetricOfAScrapeIsInTheCatalogue() {
    meters.ended(Calls.complete());
    meters.gauge(MeterName.ACTIVE_CALLS, () -> 3);
    meters.gauge(MeterName.JOURNAL, () -> 8);
    meters.gauge(MeterName.HELD_ANSWERS, () -> 9);
    meters.gauge(MeterName.ACCOUNTS_WRITABLE, () -> 1);
    meters.replayed(CHAT, "openai", "joined");
    meters.duplicateTokensAvoided(CHAT, "openai", 1, 1, usd(1));
    meters.orphan("openai", "openai-main", "returned");
    meters.accountSpilled("openai-main", "refused");
    meters.tokenizerDrift("openai-main", "gpt-5", ContentClass.CODE);
    meters.ended(Calls.follower());
    meters.accountSpilled("openai-main", "pool");
    meters.countDollars(MeterName.KEEP_WARM_COST, () -> 1);
    meters.countDollars(MeterName.KEEP_WARM_SAVED, () -> 1);
    meters.count(MeterName.KEEP_WARM_REFRESHES, () -> 1, "read");
    meters.gauge(MeterName.KEEP_WARM_BOOKING, () -> 1);
    meters.gauge(MeterName.PREFIXES, () -> 1);
    meters.gauge(MeterName.PREFIX_STATE, () -> 2, "support");
    meters.count(MeterName.PREFIX_WRITES, () -> 1, "support");
    meters.countDollars(MeterName.PREFIX_WASTE, () -> 1, "support");
    meters.countDollars(MeterName.PREFIX_SAVED, () -> 1, "support");
    meters.gauge(MeterName.POOL_LEVEL, () -> 1, "shared", "tokens");
    meters.gauge(MeterName.POOL_RATE, () -> 1, "shared", "tokens");
    meters.gauge(MeterName.POOL_PAUSED, () -> 1, "shared");
    meters.gauge(MeterName.POOL_WAITING, () -> 1, "shared", "chat");
    LongSupplier four = () -> 4_500_000_000L;
    meters.count(MeterName.POOL_TOKENS, four, "shared", "chat", "borrowed");
    meters.count(MeterName.POOL_REFUSED, four, "shared", "chat", "pool");
    meters.count(MeterName.POOL_SHADOW, four, "shared", "chat", "wait");
    meters.countSeconds(MeterName.BLAME, four, "shared", "chat", "batch");
    meters.gauge(MeterName.CLIENT_CONNECTIONS, () -> 4);
    meters.gauge(MeterName.UPSTREAM_CONNECTIONS, () -> 5, "openai-main", "idle");
    meters.gauge(MeterName.BODIES_HELD, () -> 6);
    meters.gauge(MeterName.LOOP_HELD_NOW, () -> 0.5, "0");
    meters.loopTimer("0");
    meters.allocator(PooledByteBufAllocator.DEFAULT);
    meters.gauge(MeterName.LEDGER_UP, () -> 1);
    meters.gauge(MeterName.LEDGER_OPEN, () -> 1);
    meters.gauge(MeterName.LEDGER_QUEUE, () -> 1);
    meters.gauge(MeterName.LEDGER_LAG, () -> 1);
    meters.count(MeterName.LEDGER_ROWS, four);
    meters.count(MeterName.LEDGER_LOST, four, "calls");
    meters.count(MeterName.LEDGER_UNBOOKED, four, "no_slot");
    meters.count(MeterName.LEDGER_RECOVERED, four, "settled");
    meters.gauge(MeterName.BUDGET_AMOUNT, () -> 1, "chat", "all", "usd");
    meters.gauge(MeterName.BUDGET_SPENT, () -> 1, "chat", "all", "usd");
    meters.gauge(MeterName.BUDGET_HELD, () -> 1, "chat", "all", "usd");
    meters.count(MeterName.BUDGET_STOPPED, four, "chat", "all");
    meters.count(MeterName.BUDGET_UNPRICED, four, "chat", "all");
    LongSupplier seven = () -> 7;
    meters.count(MeterName.LOG_LINES_DROPPED, seven);
    Set<String> scraped =
        scrape()
            .lines()
            .filter(line -> line.startsWith("sluice_") || line.startsWith("gen_ai_"))
            .map(line -> line.replaceAll("[{ ].*", ""))
            .collect(Collectors.toSet());
    Set<String> catalogue = new HashSet<>();
    for (MeterName name : MeterName.values()) {
      catalogue.addAll(name.series());
    }
    assertThat(scraped).isEqualTo(catalogue);
    assertThat(scrape())
        .contains(
            "sluice_throttle_blame_seconds_total{cause=\"batch\",pool=\"shared\",victim=\"chat\"}"
                + " 4.5\n");
    assertThat(scrape())
        .contains(
            "sluice_prompt_cache_gate_saved_usd_total{provider=\"openai-main\",role=\"follower\","
                + "route=\"openai\"} 0.0805\n");
    assertThat(scrape()).contains("sluice_journal_bytes 8.0", "sluice_held_answers 9.0");
    assertThat(scrape()).contains("sluice_active_calls 3.0", "sluice_log_lines_dropped_total 7.0");
  }

  @Test
  void aGaugeIsAskedAtEachScrapeAndOutlivesCollections() {
    var calls = new AtomicLong(1);
    meters.gauge(MeterName.ACTIVE_CALLS, () -> calls.get());
    meters.count(MeterName.LOG_LINES_DROPPED, () -> calls.get());
    System.gc();
    calls.set(9);
    assertThat(scrape()).contains("sluice_active_calls 9.0", "sluice_log_lines_dropped_total 9.0");
  }

  @Test
  void wrongLabelsAreRefused() {
    assertThatThrownBy(() -> meters.gauge(MeterName.UPSTREAM_CONNECTIONS, () -> 1, "only one"))
        .hasMessageContaining("[provider, state]");
  }

  @Test
  void theProcessTellsOfItself() {
    assertThat(scrape())
        .contains(
            "jvm_memory_used_bytes", "jvm_gc_", "process_cpu_usage", "process_uptime_seconds");
  }

  @Test
  void openMetricsIsGivenToThoseWhoAskForIt() {
    assertThat(
            meters
                .scrape("application/openmetrics-text; version=1.0.0,text/plain;q=0.5")
                .contentType())
        .startsWith("application/openmetrics-text");
    assertThat(meters.scrape("*/*").contentType()).startsWith("text/plain; version=0.0.4");
  }
}
