package dev.sluice.billing.price;

import static dev.sluice.billing.price.Prices.NOW;
import static dev.sluice.billing.price.Prices.OPUS;
import static dev.sluice.billing.price.Prices.ask;
import static dev.sluice.billing.price.Prices.at;
import static dev.sluice.billing.price.Prices.opus;
import static dev.sluice.billing.price.Prices.rates;
import static dev.sluice.billing.price.Prices.served;
import static dev.sluice.billing.price.Prices.tier;
import static dev.sluice.billing.price.Prices.tiers;
import static dev.sluice.billing.price.Prices.usage;
import static dev.sluice.billing.price.Prices.usd;
import static dev.sluice.billing.price.Prices.valid;
import static dev.sluice.billing.price.Prices.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.price.Priced.Factor;
import dev.sluice.billing.price.Priced.Known;
import dev.sluice.billing.price.Priced.Line;
import dev.sluice.billing.price.Priced.Unknown;
import dev.sluice.billing.price.Window.Hours;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums as somebody would work them out by hand. */
class PriceTableTest {

  private static final Rates SOL =
      new Rates(usd("2"), usd("0.2"), null, usd("2.5"), null, usd("4"), usd("10"), null);

  private static final Price GPT =
      with(
          Price.plain("openai", "gpt-6-sol", SOL),
          List.of(
              new LongPrompt(272_000, false, new Change(Rates.NONE, 2_000_000, 1_500_000, false))),
          Map.of("batch", tier(500_000), "priority", tier(2_000_000)),
          Map.of("us", Change.factor(1_100_000)),
          List.of());

  private static final Price DEEPSEEK =
      with(
          Price.plain("deepseek", "deepseek-flash", rates("0.15", "0.003", "", "", "0.6")),
          List.of(),
          Map.of(),
          Map.of(),
          List.of(
              new Window(
                  "peak",
                  EnumSet.range(DayOfWeek.MONDAY, DayOfWeek.FRIDAY),
                  List.of(new Hours(60, 240), new Hours(360, 600)),
                  new TreeSet<>(List.of(LocalDate.of(2027, 1, 1))),
                  ZoneOffset.UTC,
                  Change.factor(2_000_000))));

  // ---- sums

  @Test
  void theCostOfWritingToTheCacheIsToldBesideWhatPlainInputWouldHave() {
    Usage usage = new Usage(0, 0, 1_000, 0, 2_000, 0, 0, 0);
    Cost cost =
        PriceTable.of(List.of(opus())).price(ask("anthropic", "claude-opus-5", usage)).cost();

    assertThat(cost.cacheWrite()).isEqualTo(6_250_000 + 20_000_000);
    assertThat(cost.writeExtra()).isEqualTo(cost.cacheWrite() - 15_000_000);
    assertThat(cost.nanoUsd()).isEqualTo(cost.cacheWrite());
  }

  @Test
  void whatHasNoPriceCostsAnUnknownAmountAndNoTokensCostNone() {
    PriceBook book = new PriceBook(PriceTable.EMPTY);
    assertThat(book.cost(ask("openai", "gpt-9", usage(1, 0, 1)))).isEqualTo(Cost.UNKNOWN);
    assertThat(book.cost(ask("openai", "gpt-9", Usage.NONE))).isEqualTo(Cost.NONE);
    book.apply(PriceTable.of(List.of(opus())));
    assertThat(book.cost(ask("anthropic", "claude-opus-5", usage(1_000, 0, 0))).nanoUsd())
        .isEqualTo(5_000_000);
  }

  @Test
  void eachMeterHasItsRateAndTheSumIsThatOfTheLines() {
    Known known =
        known(
            PriceTable.of(List.of(opus())),
            ask("anthropic", "claude-opus-5", usage(1_000, 40_000, 600)));

    assertThat(known.lines())
        .extracting(Line::nanoUsd)
        .containsExactly(5_000_000L, 20_000_000L, 15_000_000L);
    assertThat(known.nanoUsd()).isEqualTo(40_000_000L);
    assertThat(known.cost())
        .isEqualTo(
            new Cost(
                Cost.State.KNOWN,
                5_000_000L,
                20_000_000L,
                0,
                15_000_000L,
                180_000_000L, // 40,000 at 5 dollars a million, less what they cost
                0,
                known.version()));
    assertThat(known.approximate()).isFalse();
    assertThat(known.version()).startsWith("anthropic/claude-opus-5#");
  }

  @Test
  void aCacheWriteCostsByItsLifetime() {
    PriceTable table = PriceTable.of(List.of(opus(), GPT));
    Known opus =
        known(table, ask("anthropic", "claude-opus-5", new Usage(0, 0, 1_000, 0, 2_000, 0, 0, 0)));
    assertThat(opus.lines()).extracting(Line::nanoUsd).containsExactly(6_250_000L, 20_000_000L);

    Known sol = known(table, ask("openai", "gpt-6-sol", new Usage(0, 0, 0, 1_000, 0, 2_000, 0, 0)));
    assertThat(sol.lines()).extracting(Line::nanoUsd).containsExactly(2_500_000L, 8_000_000L);
    assertThat(sol.approximate()).isFalse();
  }

  @Test
  void aBatchHalvesCacheReadsToo() {
    PriceTable table = PriceTable.of(List.of(tiers(opus(), Map.of("batch", tier(500_000)))));
    Known known =
        known(
            table,
            served(ask("anthropic", "claude-opus-5", usage(1_000, 40_000, 600)), "batch", null));

    assertThat(known.lines())
        .extracting(Line::nanoUsd)
        .containsExactly(2_500_000L, 10_000_000L, 7_500_000L);
    assertThat(known.lines().getFirst().factors()).containsExactly(new Factor(500_000, "batch"));
  }

  @Test
  void aLongPromptMakesTheWholeRequestDearerAndCachedTokensMakeItLong() {
    PriceTable table = PriceTable.of(List.of(GPT));
    // At the threshold it is not over it.
    assertThat(known(table, ask("openai", "gpt-6-sol", usage(2_000, 270_000, 1_000))).nanoUsd())
        .isEqualTo(4_000_000L + 54_000_000L + 10_000_000L);
    assertThat(known(table, ask("openai", "gpt-6-sol", usage(2_001, 270_000, 1_000))).nanoUsd())
        .isEqualTo(8_004_000L + 108_000_000L + 15_000_000L);
    assertThat(
            known(table, ask("openai", "gpt-6-sol", new Usage(1, 0, 0, 272_000, 0, 0, 1_000, 0)))
                .nanoUsd())
        .isEqualTo(4_000L + 1_360_000_000L + 15_000_000L);
  }

  @Test
  void anInclusiveThresholdIsMetAtItself() {
    Price grok =
        with(
            Price.plain("xai", "grok-4.6", rates("2", "0.5", "", "", "6")),
            List.of(new LongPrompt(200_000, true, Change.factor(2_000_000))));
    PriceTable table = PriceTable.of(List.of(grok));
    assertThat(known(table, ask("xai", "grok-4.6", usage(199_999, 0, 0))).nanoUsd())
        .isEqualTo(399_998_000L);
    assertThat(known(table, ask("xai", "grok-4.6", usage(200_000, 0, 0))).nanoUsd())
        .isEqualTo(800_000_000L);
  }

  @Test
  void aLongPromptMayHaveRatesOfItsOwnWhichABatchHalves() {
    Price haiku =
        with(
            Price.plain(
                "anthropic", "claude-haiku-5-5", rates("0.1", "0.01", "0.125", "0.2", "0.5")),
            List.of(
                new LongPrompt(
                    100_000, false, Change.rates(rates("0.5", "0.05", "0.625", "1", "2.5")))),
            Map.of("batch", tier(500_000)),
            Map.of("us", Change.factor(1_100_000)),
            List.of());
    PriceTable table = PriceTable.of(List.of(haiku));
    PriceAsk ask = ask("anthropic", "claude-haiku-5-5", usage(1, 100_000, 1_000));
    assertThat(known(table, ask).nanoUsd()).isEqualTo(500 + 5_000_000L + 2_500_000L);
    assertThat(known(table, served(ask, "batch", null)).nanoUsd())
        .isEqualTo(250 + 2_500_000L + 1_250_000L);
    assertThat(known(table, served(ask, "batch", "us")).nanoUsd())
        .isEqualTo(275 + 2_750_000L + 1_375_000L);
  }

  @Test
  void ofSeveralThresholdsTheHighestThatIsMetCounts() {
    Price price =
        with(
            Price.plain("a", "m", rates("1", "", "", "", "")),
            List.of(
                new LongPrompt(128_000, false, Change.rates(rates("2", "", "", "", ""))),
                new LongPrompt(512_000, false, Change.rates(rates("4", "", "", "", "")))));
    PriceTable table = PriceTable.of(List.of(price));
    assertThat(known(table, ask("a", "m", usage(128_000, 0, 0))).nanoUsd()).isEqualTo(128_000_000L);
    assertThat(known(table, ask("a", "m", usage(200_000, 0, 0))).nanoUsd()).isEqualTo(400_000_000L);
    assertThat(known(table, ask("a", "m", usage(600_000, 0, 0))).nanoUsd())
        .isEqualTo(2_400_000_000L);
  }

  @Test
  void aTierMayHaveRatesOfItsOwnAlsoForLongPrompts() {
    Price price =
        with(
            Price.plain("a", "m", rates("1", "0.1", "", "", "4")),
            List.of(new LongPrompt(200_000, false, Change.rates(rates("2", "0.2", "", "", "8")))),
            Map.of(
                "priority",
                new Tier(
                    Change.rates(rates("3", "", "", "", "12")),
                    List.of(
                        new LongPrompt(200_000, false, Change.rates(rates("7", "", "", "", "")))))),
            Map.of(),
            List.of());
    PriceTable table = PriceTable.of(List.of(price));
    PriceAsk small = served(ask("a", "m", usage(1_000, 0, 1_000)), "priority", null);
    assertThat(known(table, small).nanoUsd()).isEqualTo(3_000_000L + 12_000_000L);
    assertThat(known(table, small).approximate()).isFalse();

    Known large =
        known(table, served(ask("a", "m", usage(200_000, 1_000, 1_000)), "priority", null));
    assertThat(large.lines())
        .extracting(Line::nanoUsd)
        .containsExactly(1_400_000_000L, 200_000L, 8_000_000L);
    assertThat(large.lines().get(1).doubt())
        .contains("priority, prompt over 200,000 has no rate for cache read");
  }

  /** A thousand in, a thousand out. */
  private static void aThousandTokensCost(
      @Nullable String tier, @Nullable String region, long nanoUsd, boolean isApproximate) {
    Known known =
        known(
            PriceTable.of(List.of(GPT)),
            served(ask("openai", "gpt-6-sol", usage(1_000, 0, 1_000)), tier, region));
    assertThat(known.nanoUsd()).isEqualTo(nanoUsd);
    assertThat(known.approximate()).isEqualTo(isApproximate);
  }

  @ParameterizedTest
  @CsvSource({
    ", 12000000, false",
    "standard, 12000000, false",
    "default, 12000000, false",
    "ON_DEMAND, 12000000, false",
    "priority, 24000000, false",
    "PRIORITY, 24000000, false",
    "ON_DEMAND_PRIORITY, 24000000, false",
    "batch, 6000000, false",
    "scale, 12000000, true",
  })
  void aTierCostsAsItWasServed(String tier, long nanoUsd, boolean isApproximate) {
    aThousandTokensCost(tier, null, nanoUsd, isApproximate);
  }

  @ParameterizedTest
  @CsvSource({
    ", 12000000, false",
    "global, 12000000, false",
    "us, 13200000, false",
    "eu, 12000000, true",
  })
  void aRegionCostsMoreWhereTheRowSaysSo(String region, long nanoUsd, boolean isApproximate) {
    aThousandTokensCost(null, region, nanoUsd, isApproximate);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-26T00:59:59.999Z, 1",
    "2026-11-26T01:00:00Z, 2",
    "2026-11-26T03:59:59.999Z, 2",
    "2026-11-26T04:00:00Z, 1",
    "2026-11-26T06:00:00Z, 2",
    "2026-11-26T10:00:00Z, 1",
    "2026-11-27T09:59:59Z, 2",
    "2026-11-28T02:00:00Z, 1",
    "2026-11-29T02:00:00Z, 1",
    "2027-01-01T02:00:00Z, 1",
    "2027-01-04T02:00:00Z, 2",
  })
  void thePeakIsDearerOnWorkingDaysOnly(String instant, long times) {
    PriceAsk ask = at(ask("deepseek", "deepseek-flash", usage(1_000, 10_000, 1_000)), instant);
    assertThat(known(PriceTable.of(List.of(DEEPSEEK)), ask).nanoUsd())
        .isEqualTo(times * (150_000 + 30_000 + 600_000));
  }

  @Test
  void aWindowMayGoOverMidnightAndItsDaysAreThoseOfItsZone() {
    Window night =
        Window.daily(
            "off-peak", List.of(new Hours(990, 30)), Change.rates(rates("1", "", "", "", "")));
    Window saturday =
        new Window(
            "weekend",
            EnumSet.of(DayOfWeek.SATURDAY),
            List.of(new Hours(0, 0)),
            new TreeSet<>(),
            ZoneId.of("Asia/Shanghai"),
            Change.factor(3_000_000));
    Price price =
        with(
            Price.plain("a", "m", rates("2", "", "", "", "")),
            List.of(),
            Map.of(),
            Map.of(),
            List.of(night, saturday));
    PriceTable table = PriceTable.of(List.of(price));
    PriceAsk ask = ask("a", "m", usage(1_000, 0, 0));
    assertThat(known(table, at(ask, "2026-11-26T16:29:00Z")).nanoUsd()).isEqualTo(2_000_000);
    assertThat(known(table, at(ask, "2026-11-26T16:30:00Z")).nanoUsd()).isEqualTo(1_000_000);
    assertThat(known(table, at(ask, "2026-11-26T00:29:00Z")).nanoUsd()).isEqualTo(1_000_000);
    assertThat(known(table, at(ask, "2026-11-26T00:30:00Z")).nanoUsd()).isEqualTo(2_000_000);
    // Friday in UTC, Saturday in Shanghai.
    assertThat(known(table, at(ask, "2026-11-27T16:20:00Z")).nanoUsd()).isEqualTo(6_000_000);
    assertThat(known(table, at(ask, "2026-11-27T15:20:00Z")).nanoUsd()).isEqualTo(2_000_000);
  }

  @Test
  void aPriceChangesAtItsInstant() {
    Price before = valid(opus(), null, "2026-10-07T00:00:00Z");
    Price after =
        valid(
            Price.plain("anthropic", "claude-opus-5", rates("5", "0.25", "6.25", "10", "25")),
            "2026-10-07T00:00:00Z",
            null);
    PriceTable table = PriceTable.of(List.of(after, before));
    PriceAsk ask = ask("anthropic", "claude-opus-5", usage(0, 1_000, 0));
    assertThat(known(table, at(ask, "2026-10-06T23:59:59.999Z")).nanoUsd()).isEqualTo(500_000);
    assertThat(known(table, at(ask, "2026-10-07T00:00:00Z")).nanoUsd()).isEqualTo(250_000);
    assertThat(known(table, at(ask, "2026-10-07T00:00:00Z")).version()).contains("@2026-10-07#");
  }

  @Test
  void reasoningIsOutputUnlessItHasARateOfItsOwn() {
    Rates apart = new Rates(usd("1"), null, null, null, null, null, usd("4"), usd("2"));
    PriceTable table = PriceTable.of(List.of(opus(), Price.plain("a", "thinker", apart)));
    Usage usage = new Usage(0, 0, 0, 0, 0, 0, 1_000, 400);
    assertThat(known(table, ask("anthropic", "claude-opus-5", usage)).nanoUsd())
        .isEqualTo(25_000_000);
    assertThat(known(table, ask("a", "thinker", usage)).nanoUsd()).isEqualTo(2_400_000 + 800_000);
    Usage odd = new Usage(0, 0, 0, 0, 0, 0, 1_000, 4_000);
    assertThat(known(table, ask("a", "thinker", odd)).nanoUsd()).isEqualTo(2_000_000);
  }

  // ---- what is not known

  @Test
  void aCacheRateThatIsMissingIsThatOfPlainInputAndSaysSo() {
    PriceTable table =
        PriceTable.of(
            List.of(Price.plain("openai", "gpt-5.5-pro", rates("30", "", "", "", "180"))));
    Known known =
        known(table, ask("openai", "gpt-5.5-pro", new Usage(1, 1_000, 0, 1_000, 0, 0, 1, 0)));

    assertThat(known.approximate()).isTrue();
    assertThat(known.lines())
        .extracting(Line::nanoUsd)
        .containsExactly(30_000L, 30_000_000L, 30_000_000L, 180_000L);
    assertThat(known.lines())
        .extracting(line -> line.doubt() != null)
        .containsExactly(false, true, true, false);
    assertThat(known(table, ask("openai", "gpt-5.5-pro", usage(1, 0, 1))).approximate()).isFalse();
  }

  @Test
  void whatIsNotKnownIsNeverNothing() {
    PriceTable table =
        PriceTable.of(
            List.of(opus(), Price.plain("cohere", "embed-v4.0", rates("0.12", "", "", "", ""))));
    assertThat(table.price(ask("anthropic", "claude-opus-9", usage(1, 0, 0))))
        .isInstanceOf(Unknown.class);
    assertThat(table.price(ask("anthropic", "claude-opus-9", Usage.NONE)))
        .isInstanceOf(Unknown.class);
    assertThat(table.price(ask("openai", "claude-opus-5", usage(1, 0, 0))))
        .isInstanceOf(Unknown.class);
    assertThat(table.price(new PriceAsk("openai", null, null, null, null, Usage.NONE, NOW)))
        .isInstanceOf(Unknown.class);
    assertThat(table.price(ask("cohere", "embed-v4.0", usage(1, 0, 1))))
        .isInstanceOfSatisfying(
            Unknown.class, u -> assertThat(u.reason()).contains("no rate for output"));
    assertThat(known(table, ask("cohere", "embed-v4.0", usage(1, 0, 0))).nanoUsd()).isEqualTo(120);
    assertThat(PriceTable.EMPTY.price(ask("openai", "gpt-6-sol", usage(1, 0, 0))))
        .isInstanceOf(Unknown.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, Long.MAX_VALUE / 2, -1, Long.MIN_VALUE})
  void absurdCountsAreUnknownAndThrowNothing(long tokens) {
    PriceTable table = PriceTable.of(List.of(opus(), GPT));
    assertThat(table.price(ask("anthropic", "claude-opus-5", usage(tokens, 1, 1))))
        .isInstanceOf(Unknown.class);
    assertThat(table.price(ask("openai", "gpt-6-sol", usage(tokens, tokens, tokens))))
        .isInstanceOf(Unknown.class);
  }

  @Test
  void aRowInDoubtIsApproximate() {
    Price sure = opus();
    Price doubtful =
        new Price(
            sure.provider(),
            sure.model(),
            null,
            null,
            OPUS,
            List.of(),
            sure.tiers(),
            sure.regions(),
            List.of(),
            true,
            "",
            "");
    Known known =
        known(PriceTable.of(List.of(doubtful)), ask("anthropic", "claude-opus-5", usage(1, 0, 0)));
    assertThat(known.approximate()).isTrue();
  }

  // ---- which row

  @Test
  void theMostParticularPatternWins() {
    PriceTable table =
        PriceTable.of(
            List.of(
                Price.plain(null, "*", rates("1", "", "", "", "")),
                Price.plain(null, "claude-*", rates("2", "", "", "", "")),
                Price.plain(null, "claude-opus-*", rates("3", "", "", "", "")),
                Price.plain(null, "claude-opus-5", rates("4", "", "", "", "")),
                Price.plain("bedrock", "claude-opus-*", rates("5", "", "", "", ""))));
    assertThat(rate(table, "anthropic", "gpt-5")).isEqualTo("1");
    assertThat(rate(table, "anthropic", "claude-sonnet-5")).isEqualTo("2");
    assertThat(rate(table, "anthropic", "claude-opus-4")).isEqualTo("3");
    assertThat(rate(table, "anthropic", "claude-opus-5")).isEqualTo("4");
    assertThat(rate(table, "bedrock", "claude-opus-4")).isEqualTo("5");
    assertThat(rate(table, "bedrock", "claude-opus-5")).isEqualTo("4");
  }

  @ParameterizedTest
  @CsvSource({
    "claude-opus-5-20260601, true",
    "claude-opus-5@20260601, true",
    "claude-opus-5-2026-06-01, true",
    "claude-opus-5-2026060, false",
    "claude-opus-5-x0260601, false",
    "claude-opus-5-5, false",
    "claude-opus-5-preview, false",
    "-20260601, false",
  })
  void aSnapshotHasThePriceOfItsModel(String model, boolean isKnown) {
    PriceTable table = PriceTable.of(List.of(opus()));
    assertThat(table.price(ask("anthropic", model, usage(1, 0, 0))) instanceof Known)
        .isEqualTo(isKnown);
  }

  @Test
  void aSnapshotWithARowOfItsOwnHasItsOwnPrice() {
    PriceTable table =
        PriceTable.of(
            List.of(
                opus(),
                Price.plain("anthropic", "claude-opus-5-20260601", rates("7", "", "", "", ""))));
    assertThat(rate(table, "anthropic", "claude-opus-5-20260601")).isEqualTo("7");
    assertThat(rate(table, "anthropic", "claude-opus-5-20260602")).isEqualTo("5");
  }

  @Test
  void theModelServedIsPricedElseTheOneAskedForWithADoubt() {
    PriceTable table =
        PriceTable.of(
            List.of(
                Price.plain("azure", "gpt-6-sol", rates("2", "", "", "", "")),
                Price.plain("azure", "my-deployment", rates("9", "", "", "", ""))));
    Usage usage = usage(1_000_000, 0, 0);
    Known served =
        known(table, new PriceAsk("azure", "gpt-6-sol", "my-deployment", null, null, usage, NOW));
    assertThat(served.nanoUsd()).isEqualTo(usd("2"));
    assertThat(served.approximate()).isFalse();
    Known asked =
        known(table, new PriceAsk("azure", null, "my-deployment", null, null, usage, NOW));
    assertThat(asked.nanoUsd()).isEqualTo(usd("9"));
    assertThat(asked.approximate()).isFalse();
    Known other =
        known(
            table,
            new PriceAsk("azure", "something-else", "my-deployment", null, null, usage, NOW));
    assertThat(other.nanoUsd()).isEqualTo(usd("9"));
    assertThat(other.approximate()).isTrue();
  }

  @Test
  void withoutAProviderAModelThatSeveralHaveIsUnknown() {
    PriceTable table =
        PriceTable.of(
            List.of(
                opus(),
                Price.plain("openai", "o4-mini", rates("1", "", "", "", "")),
                Price.plain("azure", "o4-mini", rates("2", "", "", "", ""))));
    assertThat(table.price(new PriceAsk(null, "o4-mini", null, null, null, usage(1, 0, 0), NOW)))
        .isEqualTo(
            new Unknown(
                "Several providers have the model: azure/o4-mini, openai/o4-mini. Name one."));
    assertThat(
            table.price(new PriceAsk(null, "claude-opus-5", null, null, null, usage(1, 0, 0), NOW)))
        .isInstanceOf(Known.class);
  }

  // ---- files laid over each other

  @Test
  void aRowThatWasLaidOverWinsWhereItIsValid() {
    PriceTable table =
        PriceTable.of(List.of(valid(opus(), "2026-06-01T00:00:00Z", null)))
            .with(
                List.of(
                    valid(
                        Price.plain(null, "claude-opus-5", rates("4", "", "", "", "")),
                        "2026-01-01T00:00:00Z",
                        "2026-12-01T00:00:00Z")))
            .with(
                List.of(
                    valid(
                        Price.plain(null, "claude-opus-5", rates("3", "", "", "", "")),
                        "2027-01-01T00:00:00Z",
                        null)));
    assertThat(rate(table, "2025-12-31T00:00:00Z")).isEqualTo("unknown");
    assertThat(rate(table, "2026-03-01T00:00:00Z")).isEqualTo("4");
    assertThat(rate(table, "2026-11-26T00:00:00Z")).isEqualTo("4");
    assertThat(rate(table, "2026-12-01T00:00:00Z")).isEqualTo("5");
    assertThat(rate(table, "2027-01-01T00:00:00Z")).isEqualTo("3");
  }

  @Test
  void whatIsLaidOverHidesNoRowThatIsMoreParticular() {
    PriceTable table =
        PriceTable.of(List.of(opus()))
            .with(List.of(Price.plain(null, "*", rates("1", "", "", "", ""))));
    assertThat(rate(table, "anthropic", "claude-opus-5")).isEqualTo("5");
    assertThat(rate(table, "vllm", "llama")).isEqualTo("1");
  }

  @Test
  void ofSeveralValidRowsOfAFileTheLatestStartCounts() {
    PriceTable table =
        PriceTable.of(
            List.of(
                valid(opus(), "2026-06-01T00:00:00Z", null),
                Price.plain("anthropic", "claude-opus-5", rates("9", "", "", "", "")),
                valid(
                    Price.plain("anthropic", "claude-opus-5", rates("8", "", "", "", "")),
                    "2026-05-01T00:00:00Z",
                    null)));
    assertThat(rate(table, "2026-04-01T00:00:00Z")).isEqualTo("9");
    assertThat(rate(table, "2026-05-01T00:00:00Z")).isEqualTo("8");
    assertThat(rate(table, "2026-06-01T00:00:00Z")).isEqualTo("5");
  }

  // ---- versions and explanations

  @Test
  void aVersionIsThatOfTheNumbers() {
    assertThat(opus().version())
        .isEqualTo(opus().version())
        .matches("anthropic/claude-opus-5#[0-9a-f]{8}");
    Price noted =
        new Price(
            "anthropic",
            "claude-opus-5",
            null,
            null,
            OPUS,
            List.of(),
            opus().tiers(),
            opus().regions(),
            List.of(),
            false,
            "note",
            "source");
    assertThat(noted.version()).isEqualTo(opus().version());
    assertThat(
            Price.plain("anthropic", "claude-opus-5", rates("5", "0.5", "6.25", "10", "26"))
                .version())
        .isNotEqualTo(opus().version());
    assertThat(tiers(opus(), Map.of("batch", tier(500_000))).version())
        .isNotEqualTo(opus().version());
    assertThat(GPT.version()).as("the same in every JVM").isEqualTo("openai/gpt-6-sol#69b6a772");
  }

  @Test
  void anExplanationTellsTheSumLineByLine() {
    PriceAsk ask =
        served(
            ask(
                "openai",
                "gpt-6-sol-2026-03-05",
                new Usage(12_000, 300_000, 1_000, 0, 0, 0, 600, 200)),
            "batch",
            "us");
    PriceTable table = PriceTable.of(List.of(GPT));
    assertThat(table.explain(ask).replace(GPT.version(), "VERSION"))
        .isEqualTo(
            """
            gpt-6-sol-2026-03-05 at 2026-11-26T12:00:00Z
            row: VERSION

            meter            tokens  $ per million       cost  why
            input            12,000          $2.00  $0.026400  x 2 prompt over 272,000; x 0.5 batch; x 1.1 region us
            cache read      300,000          $0.20  $0.066000  x 2 prompt over 272,000; x 0.5 batch; x 1.1 region us
            cache write 5m    1,000          $2.00  $0.002200  x 2 prompt over 272,000; x 0.5 batch; x 1.1 region us; approximate: no rate for cache write 5m: that of plain input
            output              600         $10.00  $0.004950  x 1.5 prompt over 272,000; x 0.5 batch; x 1.1 region us
            sum                                     $0.099550  approximate
            """);
    assertThat(table.explain(ask("openai", "gpt-7", usage(1, 0, 0))))
        .isEqualTo(
            "Unknown: No row is valid for the model gpt-7 of openai at 2026-11-26T12:00:00Z.\n");
  }

  // ----

  private static Known known(PriceTable table, PriceAsk ask) {
    Priced priced = table.price(ask);
    assertThat(priced).isInstanceOf(Known.class);
    Known known = (Known) priced;
    assertThat(known.lines().stream().mapToLong(Line::nanoUsd).sum()).isEqualTo(known.nanoUsd());
    return known;
  }

  /** Of plain input, in dollars per million. */
  private static String rate(PriceTable table, String provider, String model) {
    return rate(table, ask(provider, model, usage(1_000_000, 0, 0)));
  }

  private static String rate(PriceTable table, String instant) {
    return rate(table, at(ask("anthropic", "claude-opus-5", usage(1_000_000, 0, 0)), instant));
  }

  private static String rate(PriceTable table, PriceAsk ask) {
    return table.price(ask) instanceof Known known
        ? known.nanoUsd() / 1_000_000_000 + ""
        : "unknown";
  }
}
