package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.price.Price;
import dev.sluice.billing.price.PriceAsk;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.price.Priced.Known;
import dev.sluice.billing.usage.Money;
import dev.sluice.billing.usage.Usage;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/** The shipped table and the form in which it is written. Sums are worked out from the lists. */
class PriceFileTest {

  private static final Path LISTS =
      Path.of("src", "test", "resources", "prices", "model-prices.csv");

  /** A Friday, off DeepSeek's peak. */
  private static final Instant NOW = Instant.parse("2026-11-27T12:00:00Z");

  /** Rows whose numbers are themselves in doubt. */
  private static final Set<String> DOUBTFUL = Set.of("claude-fable-5-2", "gpt-5.6-sol");

  @TempDir Path directory;

  @ParameterizedTest
  @CsvFileSource(files = "src/test/resources/prices/model-prices.csv", numLinesToSkip = 1)
  void everyListedModelCostsWhatItsListSays(
      String provider,
      String model,
      BigDecimal input,
      @Nullable BigDecimal read,
      @Nullable BigDecimal write,
      @Nullable BigDecimal write1h,
      BigDecimal output) {
    boolean isOpenAi = provider.equals("openai");
    Usage usage =
        new Usage(
            10_000,
            20_000,
            isOpenAi ? 0 : 3_000,
            isOpenAi ? 3_000 : 0,
            isOpenAi ? 0 : 4_000,
            0,
            5_000,
            0);
    BigDecimal expected =
        cost(usage.uncachedInput(), input)
            .add(cost(usage.cacheRead(), read == null ? input : read))
            .add(cost(3_000, write == null ? input : write))
            .add(cost(usage.cacheWrite1h(), write1h == null ? input : write1h))
            .add(cost(usage.output(), output));

    Known known = known(new PriceAsk(provider, model, null, null, null, usage, NOW));
    assertThat(known.nanoUsd()).isEqualTo(expected.longValueExact());
    assertThat(known.approximate())
        .isEqualTo(
            read == null
                || write == null
                || (write1h == null && !isOpenAi)
                || DOUBTFUL.contains(model));
  }

  /** In nano-dollars. */
  private static BigDecimal cost(long tokens, BigDecimal usdPerMillion) {
    return usdPerMillion.multiply(BigDecimal.valueOf(tokens)).multiply(BigDecimal.valueOf(1_000));
  }

  @Test
  void everyModelOfTheShippedTableIsListed() throws IOException {
    Set<String> listed = new TreeSet<>();
    for (String line : Files.readAllLines(LISTS).subList(1, 92)) {
      listed.add(line.split(",", 3)[0] + "/" + line.split(",", 3)[1]);
    }
    Set<String> shipped = new TreeSet<>();
    PriceFile.shipped().prices().forEach(price -> shipped.add(price.name()));
    assertThat(shipped).isEqualTo(listed);
    assertThat(PriceFile.shipped().prices()).allSatisfy(p -> assertThat(p.source()).isNotEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    // provider, model, tier, region, at, input, cache read, write 5m, 30m, 1h, 12h, output, cost
    "anthropic, claude-opus-5, fast, , , 1000, 0, 0, 0, 0, 0, 1000, $0.060000",
    "anthropic, claude-opus-5-5, fast, , , 1000, 0, 0, 0, 0, 0, 1000, $0.048000",
    "anthropic, claude-opus-5, batch, , , 1000, 10000, 0, 0, 1000, 0, 1000, $0.022500",
    "anthropic, claude-opus-5, batch, us, , 1000, 10000, 0, 0, 1000, 0, 1000, $0.024750",
    "anthropic, claude-opus-5, standard, global, , 900000, 0, 0, 0, 0, 0, 0, $4.500000",
    "anthropic, claude-opus-4-5, , us, , 1000, 0, 0, 0, 0, 0, 1000, $0.030000",
    "anthropic, claude-haiku-4-5-20251001, , , , 1000, 0, 0, 0, 0, 0, 1000, $0.006000",
    // The band of Haiku 5.5: whole request, each class.
    "anthropic, claude-haiku-5-5, , , , 60000, 40000, 0, 0, 0, 0, 1000, $0.006900",
    "anthropic, claude-haiku-5-5, , , , 60000, 40000, 1000, 0, 1000, 0, 1000, $0.036125",
    // The cut of Sonnet 5.5's cache reads.
    "anthropic, claude-sonnet-5-5, , , 2026-10-06T23:59:59Z, 0, 100000, 0, 0, 0, 0, 0, $0.020000",
    "anthropic, claude-sonnet-5-5, , , 2026-10-07T00:00:00Z, 0, 100000, 0, 0, 0, 0, 0, $0.010000",
    // OpenAI: 272,000 tokens, cached ones included, double input and make output half as much
    // again.
    "openai, gpt-5.4, , , , 72000, 200000, 0, 0, 0, 0, 1000, $0.245000",
    "openai, gpt-5.4, , , , 72001, 200000, 0, 0, 0, 0, 1000, $0.482505",
    "openai, gpt-5.4, flex, , , 72001, 200000, 0, 0, 0, 0, 1000, $0.2412525",
    "openai, gpt-5.4, priority, , , 1000, 0, 0, 0, 0, 0, 1000, $0.035000",
    "openai, gpt-5.4, default, , , 1000, 0, 0, 0, 0, 0, 1000, $0.017500",
    "openai, gpt-5.4, , eu, , 1000, 0, 0, 0, 0, 0, 1000, $0.019250",
    "openai, gpt-5.4-mini, , , , 300000, 0, 0, 0, 0, 0, 1000, $0.229500",
    "openai, gpt-6-sol, , , , 0, 0, 0, 10000, 0, 10000, 0, $0.065000",
    "openai, gpt-4o-2024-08-06, batch, , , 1000, 1000, 0, 0, 0, 0, 1000, $0.006875",
    "openai, gpt-5.6-sol, , , 2026-08-20T23:59:59Z, 1000, 0, 0, 0, 0, 0, 1000, $0.035000",
    "openai, gpt-5.6-sol, , , 2026-08-21T00:00:00Z, 1000, 0, 0, 0, 0, 0, 1000, $0.024000",
    "gemini, gemini-2.5-pro, , , , 100000, 100000, 0, 0, 0, 0, 1000, $0.147500",
    "gemini, gemini-2.5-pro, , , , 100001, 100000, 0, 0, 0, 0, 1000, $0.2900025",
    "gemini, gemini-3.1-pro-preview, batch, , , 200001, 0, 0, 0, 0, 0, 1000, $0.409002",
    "gemini, gemini-3.8-flash, , , 2026-12-31T23:59:59Z, 1000, 1000, 0, 0, 0, 0, 1000, $0.004575",
    "gemini, gemini-3.8-flash, , , 2027-01-01T00:00:00Z, 1000, 1000, 0, 0, 0, 0, 1000, $0.009150",
    "gemini, gemini-3.8-flash, ON_DEMAND_FLEX, , , 1000, 1000, 0, 0, 0, 0, 1000, $0.0022875",
    "deepseek, deepseek-v4-pro, , , 2026-11-27T00:59:59Z, 1000, 1000, 0, 0, 0, 0, 1000, $0.002662",
    "deepseek, deepseek-v4-pro, , , 2026-11-27T01:00:00Z, 1000, 1000, 0, 0, 0, 0, 1000, $0.005324",
    "deepseek, deepseek-v4-pro, , , 2026-11-28T01:00:00Z, 1000, 1000, 0, 0, 0, 0, 1000, $0.002662",
    "xai, grok-4.6, , , , 199999, 0, 0, 0, 0, 0, 1000, $0.405998",
    "xai, grok-4.6, , , , 200000, 0, 0, 0, 0, 0, 1000, $0.812000",
    "bedrock, us.anthropic.claude-sonnet-5, , , , 1000, 1000, 0, 0, 0, 0, 1000, $0.013420",
    "azure, o4-mini, , , , 0, 1000, 0, 0, 0, 0, 0, $0.000280",
    ", claude-opus-5, , , , 1000, 0, 0, 0, 0, 0, 0, $0.005000",
  })
  void theRulesOfTheProvidersAreInTheTable(
      @Nullable String provider,
      String model,
      @Nullable String tier,
      @Nullable String region,
      @Nullable Instant at,
      long input,
      long read,
      long write5m,
      long write30m,
      long write1h,
      long write12h,
      long output,
      String cost) {
    Usage usage = new Usage(input, read, write5m, write30m, write1h, write12h, output, 0);
    Known known =
        known(new PriceAsk(provider, model, null, tier, region, usage, at == null ? NOW : at));
    assertThat(Money.text(known.nanoUsd())).isEqualTo(cost);
  }

  @Test
  void theShippedTableIsTheFileThatPeopleRead() {
    assertThat(PriceFile.shipped().prices())
        .isEqualTo(loaded(Path.of("..", "config", "prices.yaml")));
  }

  @Test
  void aModelTakesFromItsGroupWhatItDoesNotSay() throws IOException {
    Path file =
        write(
            """
            prices:
              - provider: p
                source: list
                date: 2026-10-01
                note: of the group
                tiers: {Batch: 0.5, flex: 0.5}
                long-prompt: {over: 1000, factor: 2}
                models:
                  a: {input: 1, output: 2}
                  b: {input: 1, output: 2, tiers: {flex: 0.25}, note: own, date: 2026-11-01, long-prompt: []}
            """);
    List<Price> prices = loaded(file);
    PriceTable table = PriceTable.of(prices);
    assertThat(prices.get(0).source()).isEqualTo("list, 2026-10-01");
    assertThat(prices.get(0).note()).isEqualTo("of the group");
    assertThat(prices.get(1).note()).isEqualTo("own");
    assertThat(prices.get(1).source()).isEqualTo("2026-11-01");
    assertThat(nanoUsd(table, "a", "flex", 1_000)).isEqualTo(500_000);
    assertThat(nanoUsd(table, "b", "flex", 1_000)).isEqualTo(250_000);
    assertThat(nanoUsd(table, "b", "batch", 1_000)).isEqualTo(500_000);
    assertThat(nanoUsd(table, "a", null, 2_000)).isEqualTo(4_000_000);
    assertThat(nanoUsd(table, "b", null, 2_000)).isEqualTo(2_000_000);
  }

  @Test
  void aTierMayHaveRatesAndLongPromptsOfItsOwn() throws IOException {
    PriceTable table =
        PriceTable.of(
            loaded(
                write(
                    """
                    prices:
                      - provider: p
                        models:
                          a:
                            input: 1
                            output: 2
                            long-prompt: {over: 1000, input-factor: 2}
                            tiers:
                              fast: {input: 3, output: 6, long-prompt: {over: 1000, input: 10, output: 20}}
                    """)));
    assertThat(nanoUsd(table, "a", "fast", 1_000)).isEqualTo(3_000_000);
    assertThat(nanoUsd(table, "a", "fast", 1_001)).isEqualTo(10_010_000);
    assertThat(nanoUsd(table, "a", null, 1_001)).isEqualTo(2_002_000);
  }

  @Test
  void namesThatAreNearAreTold() {
    Set<String> models = PriceFile.shipped().models("anthropic");
    assertThat(PriceFile.near("claude-opus-5.5", models)).first().isEqualTo("claude-opus-5-5");
    assertThat(PriceFile.near("opus", models)).hasSize(3).allMatch(name -> name.contains("opus"));
    assertThat(PriceFile.near("something/else-entirely", models)).isEmpty();
    assertThat(PriceFile.near("x".repeat(100_000), models)).isEmpty();
  }

  private static @Nullable Long nanoUsd(
      PriceTable table, String model, @Nullable String tier, long input) {
    Usage usage = new Usage(input, 0, 0, 0, 0, 0, 0, 0);
    return table.price(new PriceAsk("p", model, null, tier, null, usage, NOW))
            instanceof Known known
        ? known.nanoUsd()
        : null;
  }

  private static Known known(PriceAsk ask) {
    assertThat(PriceFile.shipped().price(ask)).as("%s", ask).isInstanceOf(Known.class);
    return (Known) PriceFile.shipped().price(ask);
  }

  private static List<Price> loaded(Path file) {
    PriceFile.Result result = PriceFile.read(file);
    assertThat(result).isInstanceOf(PriceFile.Loaded.class);
    return ((PriceFile.Loaded) result).prices();
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("prices.yaml"), text);
  }
}
