package dev.sluice.admin.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.ledger.CostSums;
import dev.sluice.billing.ledger.UsageGroup;
import dev.sluice.billing.ledger.UsageGroup.Field;
import dev.sluice.billing.ledger.UsageHour;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.price.Price;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.price.Rates;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Cost.State;
import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FocusExportTest {

  private static final Price PRICE =
      Price.plain(
          "anthropic",
          "claude-a",
          new Rates(3_000_000_000L, 300_000_000L, null, null, null, null, 15_000_000_000L, null));
  private static final PriceTable PRICES = PriceTable.of(List.of(PRICE));

  private final StringBuilder text = new StringBuilder();

  private static UsageSums sums(Usage usage, long input, long cacheRead, long output) {
    CostSums cost = new CostSums(input, cacheRead, 0, output, 0, 0);
    return new UsageSums(1, usage, cost, 0, 0, 0, 0, 0, 0, 0);
  }

  private static UsageHour hour(
      String at, String key, String version, State state, UsageSums sums) {
    return new UsageHour(
        Instant.parse(at), "chat", key, "anthropic", "claude-a", version, state, sums);
  }

  private List<String> export(UsageHour... hours) {
    FocusExport export = new FocusExport(PRICES, text::append);
    for (UsageHour hour : hours) {
      export.add(hour);
    }
    export.end();
    return text.toString().lines().toList();
  }

  @Test
  void aRowForEachMeterInTheColumnsOfTheSpecification() {
    List<String> lines =
        export(
            hour(
                "2026-11-26T17:00:00Z",
                "key_a",
                PRICE.version(),
                State.KNOWN,
                sums(
                    new Usage(1000, 10_000, 0, 0, 0, 0, 400, 100),
                    3_000_000,
                    3_000_000,
                    4_000_000)),
            hour(
                "2026-11-26T17:00:00Z",
                "key_b",
                PRICE.version(),
                State.KNOWN,
                sums(new Usage(0, 0, 0, 0, 0, 0, 200, 0), 0, 0, 5_000_000)));
    assertThat(String.join("\n", lines))
        .isEqualTo(
            """
            BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,\
            BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,ChargeFrequency,\
            ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,ContractedCost,\
            EffectiveCost,InvoiceIssuerName,ListCost,PricingCategory,PricingQuantity,PricingUnit,\
            ProviderName,PublisherName,ServiceCategory,ServiceName,ServiceSubcategory,SkuId,\
            SkuMeter,SkuPriceId,SubAccountId,SubAccountName,Tags,x_CostNanoUsd,x_CostState,\
            x_Tokens,x_UnpricedTokens
            0.003,sluice,Sluice,USD,2026-12-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,,\
            Input tokens of claude-a,Usage-Based,2026-11-26T18:00:00Z,2026-11-26T17:00:00Z,1000,\
            Tokens,0.003,0.003,anthropic,0.003,Standard,0.001,1000000 Tokens,anthropic,anthropic,\
            AI and Machine Learning,anthropic API,Generative AI,anthropic/claude-a/input,\
            Input Tokens,VERSION/input,chat,chat,"{""team"":""chat""}",3000000,known,1000,0
            0.003,sluice,Sluice,USD,2026-12-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,,\
            Cache Read Input tokens of claude-a,Usage-Based,2026-11-26T18:00:00Z,\
            2026-11-26T17:00:00Z,10000,Tokens,0.003,0.003,anthropic,0.003,Standard,0.01,\
            1000000 Tokens,anthropic,anthropic,AI and Machine Learning,anthropic API,\
            Generative AI,anthropic/claude-a/cache_read,Cache Read Input Tokens,\
            VERSION/cache_read,chat,chat,"{""team"":""chat""}",3000000,known,10000,0
            0.009,sluice,Sluice,USD,2026-12-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,,\
            Output tokens of claude-a,Usage-Based,2026-11-26T18:00:00Z,2026-11-26T17:00:00Z,600,\
            Tokens,0.009,0.009,anthropic,0.009,Standard,0.0006,1000000 Tokens,anthropic,anthropic,\
            AI and Machine Learning,anthropic API,Generative AI,anthropic/claude-a/output,\
            Output Tokens,VERSION/output,chat,chat,"{""team"":""chat""}",9000000,known,600,0\
            """
                .replace("VERSION", PRICE.version()));
  }

  @Test
  void tokensOfUnknownPriceHaveNoQuantityAndStandInAColumnOfTheirOwn() {
    List<String> lines =
        export(
            hour(
                "2026-11-26T17:00:00Z",
                "",
                "",
                State.UNKNOWN,
                sums(new Usage(1000, 0, 0, 0, 0, 0, 0, 0), 0, 0, 0)));
    Map<String, String> row = row(lines, 1);
    assertThat(row)
        .containsEntry("EffectiveCost", "0")
        .containsEntry("ConsumedQuantity", "")
        .containsEntry("ConsumedUnit", "")
        .containsEntry("PricingQuantity", "")
        .containsEntry("PricingUnit", "")
        .containsEntry("SkuPriceId", "")
        .containsEntry("x_Tokens", "1000")
        .containsEntry("x_UnpricedTokens", "1000")
        .containsEntry("x_CostState", "unknown");
  }

  /** No field of these rows has a comma, but the tags. */
  private static Map<String, String> row(List<String> lines, int at) {
    String[] values = lines.get(at).split(",", -1);
    Map<String, String> row = new java.util.HashMap<>();
    for (int i = 0; i < FocusExport.COLUMNS.size(); i++) {
      row.put(FocusExport.COLUMNS.get(i), values[i]);
    }
    return row;
  }

  @Test
  void anHourIsWrittenWhenTheNextBegins() {
    FocusExport export = new FocusExport(PRICES, text::append);
    UsageSums some = sums(Books.tokens(1, 0), 3000, 0, 0);
    export.add(hour("2026-11-26T17:00:00Z", "a", PRICE.version(), State.KNOWN, some));
    export.add(hour("2026-11-26T17:00:00Z", "b", PRICE.version(), State.KNOWN, some));
    assertThat(text.toString().lines()).hasSize(1);
    export.add(hour("2026-11-26T18:00:00Z", "a", PRICE.version(), State.KNOWN, some));
    assertThat(text.toString().lines()).hasSize(2);
    assertThat(row(text.toString().lines().toList(), 1)).containsEntry("x_CostNanoUsd", "6000");
    export.end();
    assertThat(text.toString().lines()).hasSize(3);
  }

  @Test
  void rowsAreChosenByWhatAnHourKnows() {
    UsageHour row =
        hour("2026-11-26T17:00:00Z", "key_a", "", State.NONE, sums(Books.tokens(1, 0), 0, 0, 0));
    assertThat(FocusExport.matches(row, Map.of())).isTrue();
    assertThat(FocusExport.matches(row, Map.of(Field.TEAM, "chat", Field.KEY, "key_a"))).isTrue();
    assertThat(FocusExport.matches(row, Map.of(Field.PROVIDER, "openai"))).isFalse();
    assertThat(FocusExport.matches(row, Map.of(Field.MODEL, "claude-b"))).isFalse();
    assertThatThrownBy(() -> FocusExport.matches(row, Map.of(new UsageGroup.Tag("a"), "b")))
        .hasMessageContaining("tag:a");
  }

  /** Random calls in a real ledger: the export's costs are the ledger's, to the nano-dollar. */
  @Test
  void theSumOfTheExportIsTheSumOfTheLedger(@TempDir Path directory) {
    long seed = Long.getLong("seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    Instant from = Instant.parse("2026-11-26T00:00:00Z");
    long tokens = 0;
    try (Books books = new Books(directory)) {
      for (int i = 0; i < 2_000; i++) {
        Usage usage =
            new Usage(
                random.nextLong(1000),
                random.nextLong(1000),
                random.nextLong(50),
                random.nextLong(50),
                random.nextLong(50),
                random.nextLong(50),
                random.nextLong(1000),
                0);
        tokens += usage.input() + usage.output();
        int price = random.nextInt(4);
        Cost cost =
            price == 0
                ? Cost.UNKNOWN
                : new Cost(
                    State.KNOWN,
                    random.nextLong(1_000_000_007),
                    random.nextLong(1_000_000_007),
                    random.nextLong(1_000_000_007),
                    random.nextLong(1_000_000_007),
                    0,
                    0,
                    price == 1 ? PRICE.version() : "gone#1");
        books.add(
            from.plusSeconds(random.nextLong(86_400)).toString(),
            "team-" + random.nextInt(3),
            "provider-" + random.nextInt(2),
            "model-" + random.nextInt(3),
            usage,
            cost);
      }
      books.flush();
      FocusExport export = new FocusExport(PRICES, text::append);
      books.ledger().queries().hours(from, from.plusSeconds(86_400), export::add);
      export.end();
      long spent =
          books
              .ledger()
              .queries()
              .usage(
                  new dev.sluice.billing.ledger.UsageQuery(
                      from, from.plusSeconds(86_400), List.of(), Map.of()))
              .rows()
              .getFirst()
              .sums()
              .costNanoUsd();
      List<String> lines = text.toString().lines().toList();
      BigDecimal effective = BigDecimal.ZERO;
      long exported = 0;
      List<Long> nanos = new ArrayList<>();
      for (int i = 1; i < lines.size(); i++) {
        Map<String, String> row = row(lines, i);
        effective = effective.add(new BigDecimal(row.get("EffectiveCost")));
        nanos.add(Long.parseLong(row.get("x_CostNanoUsd")));
        exported += Long.parseLong(row.get("x_Tokens"));
      }
      assertThat(effective.movePointRight(9))
          .as("seed %d", seed)
          .isEqualByComparingTo(BigDecimal.valueOf(spent));
      assertThat(nanos.stream().mapToLong(n -> n).sum()).isEqualTo(spent);
      assertThat(nanos).allMatch(n -> n >= 0);
      assertThat(exported).isEqualTo(tokens);
    }
  }
}
