package dev.sluice.admin.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.reconcile.Reconciliation.Row;
import dev.sluice.admin.reconcile.Reconciliation.Verdict;
import dev.sluice.billing.ledger.CostSums;
import dev.sluice.billing.ledger.ModelDay;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReconciliationTest {

  private static final LocalDate DAY = LocalDate.parse("2026-11-01");
  private static final Usage TOKENS = new Usage(1000, 200, 30, 0, 4, 0, 500, 100);

  private final List<ModelDay> ledger = new ArrayList<>();
  private final List<UsageExport.Row> export = new ArrayList<>();

  private static UsageSums sums(long calls, Usage usage, long nanoUsd) {
    return new UsageSums(calls, usage, new CostSums(nanoUsd, 0, 0, 0, 0, 0), 0, 0, 0, 0, 0, 0, 0);
  }

  private void ledger(String model, Usage usage, long nanoUsd) {
    ledger.add(new ModelDay(DAY, model, sums(3, usage, nanoUsd)));
  }

  private void provider(String model, Usage usage) {
    export.add(new UsageExport.Row(DAY, model, usage, -1, null, 0));
  }

  private void provider(String model, long nanoUsd, long doubt) {
    export.add(new UsageExport.Row(DAY, model, null, -1, nanoUsd, doubt));
  }

  private Reconciliation compare(String provider, String tolerance) {
    return Reconciliation.of(
        new UsageExport(
            provider,
            Instant.parse("2026-11-01T00:00:00Z"),
            Instant.parse("2026-11-02T00:00:00Z"),
            export,
            List.of("a note")),
        List.of(provider),
        ledger,
        new BigDecimal(tolerance));
  }

  private Row row() {
    return compare("anthropic", "0").rows().getFirst();
  }

  private static Usage plain(long input, long output) {
    return new Usage(input, 0, 0, 0, 0, 0, output, 0);
  }

  @Test
  void whatBothSayIsEqualWhateverOfTheOutputWasReasoning() {
    ledger("claude-a", TOKENS, 77);
    provider("claude-a", new Usage(1000, 200, 30, 0, 4, 0, 500, 0));
    Reconciliation all = compare("anthropic", "0");
    assertThat(all.rows()).singleElement().extracting(Row::verdict).isEqualTo(Verdict.EQUAL);
    assertThat(all.isEqual()).isTrue();
    assertThat(all.total().ledgerTokens()).isEqualTo(1734);
    assertThat(all.total().providerTokens()).isEqualTo(1734);
    assertThat(all.total().providerCostNanoUsd()).as("no money in the report").isNull();
    assertThat(all.notes()).containsExactly("a note");
  }

  @ParameterizedTest
  @CsvSource({
    "1001, 500, GATEWAY_MORE, 1, 0.0667",
    "1000, 499, PROVIDER_MORE, -1, -0.0667",
    "1001, 499, OTHER_METERS, 0, 0.0000"
  })
  void theVerdictSaysWhoHasMore(
      long input, long output, Verdict verdict, long difference, String percent) {
    ledger("claude-a", plain(input, output), 0);
    provider("claude-a", plain(1000, 500));
    assertThat(row().verdict()).isEqualTo(verdict);
    assertThat(row().tokenDifference()).isEqualTo(difference);
    assertThat(row().percent()).isEqualTo(percent);
    assertThat(compare("anthropic", "0").total().differing()).isEqualTo(1);
  }

  @Test
  void whatOneSideHasAloneIsSaidToBeSo() {
    ledger("claude-a", plain(10, 1), 5);
    provider("claude-b", plain(20, 2));
    Reconciliation all = compare("anthropic", "0");
    assertThat(all.rows())
        .extracting(Row::model, Row::verdict, Row::tokenDifference, Row::percent)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("claude-a", Verdict.ONLY_IN_LEDGER, 11L, null),
            org.assertj.core.groups.Tuple.tuple(
                "claude-b", Verdict.ONLY_AT_PROVIDER, -22L, new BigDecimal("-100.0000")));
    assertThat(all.total().tokenDifference()).isEqualTo(-11);
  }

  @Test
  void refusedCallsAreNoDifference() {
    ledger("claude-a", Usage.NONE, 0);
    assertThat(compare("anthropic", "0").rows()).isEmpty();
  }

  @Test
  void cacheWritesOfAnotherLifetimeAreOtherMetersUnlessTheReportDoesNotTellThemApart() {
    ledger("m", new Usage(10, 0, 5, 0, 0, 0, 1, 0), 0);
    provider("m", new Usage(10, 0, 0, 0, 5, 0, 1, 0));
    assertThat(row().verdict()).isEqualTo(Verdict.OTHER_METERS);

    ledger.clear();
    export.clear();
    ledger("m", new Usage(10, 0, 0, 3, 0, 2, 1, 0), 0);
    provider("m", new Usage(10, 0, 0, 5, 0, 0, 1, 0));
    assertThat(compare("openai", "0").isEqual()).isTrue();
  }

  // ---- names

  @Test
  void snapshotsThatBothHaveAreComparedOneByOne() {
    ledger("gpt-4o-2024-05-13", plain(1, 0), 0);
    ledger("gpt-4o-2024-08-06", plain(2, 0), 0);
    provider("gpt-4o-2024-05-13", plain(2, 0));
    provider("gpt-4o-2024-08-06", plain(1, 0));
    assertThat(compare("openai", "0").rows())
        .extracting(Row::model, Row::verdict)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("gpt-4o-2024-05-13", Verdict.PROVIDER_MORE),
            org.assertj.core.groups.Tuple.tuple("gpt-4o-2024-08-06", Verdict.GATEWAY_MORE));
  }

  @Test
  void snapshotsThatOneSideCallsByThePlainNameAreTakenTogether() {
    ledger("gpt-4o", plain(100, 0), 0);
    ledger("gpt-4o-2024-08-06", plain(50, 0), 0);
    provider("gpt-4o-2024-08-06", plain(150, 0));
    ledger("gpt-4o-mini", plain(7, 0), 0);
    provider("gpt-4o-mini-2024-07-18", plain(7, 0));
    Reconciliation all = compare("openai", "0");
    assertThat(all.rows())
        .extracting(Row::model, Row::verdict)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("gpt-4o", Verdict.EQUAL),
            org.assertj.core.groups.Tuple.tuple("gpt-4o-mini", Verdict.EQUAL));
  }

  @Test
  void aSnapshotThatOnlyOneSideHasKeepsItsName() {
    ledger("gpt-4o-2024-08-06", plain(50, 0), 0);
    assertThat(compare("openai", "0").rows())
        .extracting(Row::model)
        .containsExactly("gpt-4o-2024-08-06");
  }

  @Test
  void anotherDayIsAnotherRow() {
    ledger.add(new ModelDay(DAY.minusDays(1), "m", sums(1, plain(5, 0), 0)));
    provider("m", plain(5, 0));
    assertThat(compare("openai", "0").rows())
        .extracting(Row::verdict)
        .containsExactly(Verdict.ONLY_IN_LEDGER, Verdict.ONLY_AT_PROVIDER);
  }

  // ---- tolerance and money

  @ParameterizedTest
  @CsvSource({
    "1010, 1, EQUAL",
    "1011, 1, GATEWAY_MORE",
    "991, 1, EQUAL",
    "989, 1, PROVIDER_MORE",
    "1001, 0, GATEWAY_MORE"
  })
  void theToleranceIsAShareOfTheLargerForEachMeter(long input, String tolerance, Verdict verdict) {
    ledger("m", plain(input, 0), 0);
    provider("m", plain(1000, 0));
    assertThat(compare("openai", tolerance).rows().getFirst().verdict()).isEqualTo(verdict);
  }

  @Test
  void aDifferenceOfMoneyIsOneWhereTheReportHasMoney() {
    ledger("m", plain(10, 1), 1_000);
    provider("m", plain(10, 1));
    provider("m", 1_001, 0);
    Row row = row();
    assertThat(row.tokenDifference()).isZero();
    assertThat(row.costDifferenceNanoUsd()).isEqualTo(-1);
    assertThat(row.verdict()).isEqualTo(Verdict.PROVIDER_MORE);
    assertThat(compare("anthropic", "0").total().costDifferenceNanoUsd()).isEqualTo(-1);
    assertThat(compare("anthropic", "0.1").isEqual()).isTrue();
  }

  @Test
  void moneyThatTheProviderRoundedIsNoDifference() {
    ledger("m", plain(10, 1), 73_000_000);
    provider("m", 70_000_000, 5_000_000);
    assertThat(row().verdict()).isEqualTo(Verdict.EQUAL);
    assertThat(row().tokenDifference()).as("the report has no tokens").isNull();
    ledger("m", plain(10, 1), 3_000_000);
    assertThat(row().verdict()).isEqualTo(Verdict.GATEWAY_MORE);
  }

  @Test
  void severalRowsOfADayAndModelAreAddedUp() {
    ledger("m", plain(10, 1), 4);
    ledger("m", plain(20, 2), 6);
    provider("m", plain(30, 3));
    Row row = row();
    assertThat(row.verdict()).isEqualTo(Verdict.EQUAL);
    assertThat(java.util.Objects.requireNonNull(row.ledger()).calls()).isEqualTo(6);
    assertThat(row.ledger().costNanoUsd()).isEqualTo(10);
  }

  // ---- kept

  @Test
  void theLastImportOfEachProviderIsWhatMetricsShow() {
    Reconciliations kept = new Reconciliations();
    ledger("m", plain(10, 0), 0);
    provider("m", plain(11, 0));
    for (int i = 0; i < Reconciliations.KEPT_MAX + 5; i++) {
      kept.add(Instant.EPOCH, 1, compare("openai", "0"));
    }
    kept.add(Instant.EPOCH, 1, compare("anthropic", "0"));
    assertThat(kept.last()).hasSize(Reconciliations.KEPT_MAX);
    assertThat(kept.last().getFirst().number()).isEqualTo(26);
    assertThat(kept.modelTokens())
        .containsExactly(
            new Reconciliations.ModelTokens("anthropic", "m", 10, 11),
            new Reconciliations.ModelTokens("openai", "m", 10, 11));
  }

  @Test
  void modelsBeyondTheBoundShareAFigure() {
    for (int i = 0; i < 250; i++) {
      ledger("model-%03d".formatted(i), plain(1, 0), 0);
    }
    Reconciliations kept = new Reconciliations();
    kept.add(Instant.EPOCH, 1, compare("openai", "0"));
    assertThat(kept.modelTokens()).hasSize(Reconciliations.MODELS_MAX + 1);
    assertThat(kept.modelTokens()).anySatisfy(m -> assertThat(m.ledgerTokens()).isEqualTo(50));
  }
}
