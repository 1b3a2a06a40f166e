package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.price.PriceAsk;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.price.Priced.Known;
import dev.sluice.billing.usage.Money;
import dev.sluice.billing.usage.Usage;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A small file in LiteLLM's shape, with one entry for each of its peculiarities. */
class LiteLlmPricesTest {

  private static final Path FILE = Path.of("src", "test", "resources", "prices", "litellm.json");

  private static final PriceFile.Loaded LOADED = (PriceFile.Loaded) PriceFile.read(FILE);

  @ParameterizedTest
  @CsvSource({
    // provider, model, tier, region, at, input, cache read, write 5m, 30m, 1h, output, reasoning,
    // cost, approximate
    "openai, gpt-a, , , , 1000, 1000, 0, 1000, 0, 1000, 0, $0.014700, false",
    "openai, gpt-a, batch, , , 1000, 0, 0, 0, 0, 1000, 0, $0.006000, false",
    "openai, gpt-a, batch, , , 1000, 1000, 0, 0, 0, 1000, 0, $0.006200, true",
    "openai, gpt-a, priority, , , 1000, 1000, 0, 0, 0, 1000, 0, $0.021350, false",
    "openai, gpt-a, fast, , , 1000, 1000, 0, 0, 0, 1000, 0, $0.021350, false",
    "openai, gpt-a, , eu, , 1000, 0, 0, 0, 0, 1000, 0, $0.013200, false",
    "openai, gpt-a, , , , 272000, 0, 0, 0, 0, 1000, 0, $0.554000, false",
    "openai, gpt-a, , , , 272001, 0, 0, 0, 0, 1000, 0, $1.103004, false",
    "openai, gpt-a, priority, , , 272001, 0, 0, 0, 0, 0, 0, $1.904007, false",
    "anthropic, claude-b, , , , 1000, 1000, 1000, 0, 1000, 1000, 0, $0.028050, false",
    "anthropic, claude-b, , , , 100000, 100000, 1, 0, 0, 1000, 0, $0.6825075, false",
    "anthropic, claude-b, , , , 100000, 100000, 0, 0, 1, 1000, 0, $0.682512, false",
    "anthropic, claude-b, , us, , 1000, 0, 0, 0, 0, 1000, 0, $0.019800, false",
    "anthropic, claude-b, fast, , , 1000, 0, 0, 0, 0, 1000, 0, $0.108000, false",
    "xai, grok-c, , , , 199999, 0, 0, 0, 0, 0, 0, $0.399998, false",
    "xai, grok-c, , , , 200000, 0, 0, 0, 0, 0, 0, $0.800000, false",
    "dashscope, qwen-d, , , , 32000, 0, 0, 0, 0, 1000, 500, $0.037000, false",
    "dashscope, qwen-d, , , , 32001, 0, 0, 0, 0, 1000, 500, $0.074502, false",
    "deepseek, deepseek-e, , , 2026-11-26T03:59:00Z, 1000, 0, 0, 0, 0, 1000, 0, $0.001600, false",
    "deepseek, deepseek-e, , , 2026-11-26T04:00:00Z, 1000, 0, 0, 0, 0, 1000, 0, $0.000800, false",
    "deepseek, deepseek-e, , , 2026-11-26T23:59:00Z, 1000, 0, 0, 0, 0, 1000, 0, $0.000800, false",
    "deepseek, deepseek-e, , , 2026-11-28T03:00:00Z, 1000, 0, 0, 0, 0, 1000, 0, $0.000800, false",
    "deepseek, deepseek-e, , , 2026-11-26T03:00:00Z, 0, 1000, 0, 0, 0, 0, 0, $0.000400, true",
    "vertex_ai, claude-f, , regional, , 1000, 0, 0, 0, 0, 0, 0, $0.005500, false",
    "bedrock, anthropic.claude-g-v1:0, , , , 1000, 0, 0, 0, 0, 0, 0, $0.001000, false",
    "openai, text-embedding-h, , , , 1000, 0, 0, 0, 0, 0, 0, $0.000020, false",
  })
  void anEntryCostsWhatItSays(
      String provider,
      String model,
      @Nullable String tier,
      @Nullable String region,
      @Nullable Instant at,
      long input,
      long read,
      long write5m,
      long write30m,
      long write1h,
      long output,
      long reasoning,
      String cost,
      boolean isApproximate) {
    Usage usage = new Usage(input, read, write5m, write30m, write1h, 0, output, reasoning);
    Instant when = Objects.requireNonNullElseGet(at, () -> Instant.parse("2026-11-26T12:00:00Z"));
    var priced =
        PriceTable.of(LOADED.prices())
            .price(new PriceAsk(provider, model, null, tier, region, usage, when));
    assertThat(priced).isInstanceOf(Known.class);
    assertThat(Money.text(((Known) priced).nanoUsd())).isEqualTo(cost);
    assertThat(((Known) priced).approximate()).isEqualTo(isApproximate);
  }

  @Test
  void whatIsNoPriceOfTokensIsLeftOutAndWhatIsBrokenIsNoted() {
    assertThat(PriceTable.of(LOADED.prices()).models(null))
        .containsExactlyInAnyOrder(
            "gpt-a",
            "claude-b",
            "grok-c",
            "qwen-d",
            "deepseek-e",
            "claude-f",
            "anthropic.claude-g-v1:0",
            "text-embedding-h");
    assertThat(LOADED.notes())
        .extracting(note -> note.text().replace(FILE.toString(), "litellm.json"))
        .containsExactly(
            "litellm.json:101: gpt-broken has input_cost_per_token, which is no number: it is left"
                + " out.",
            "litellm.json:107: gpt-negative has input_cost_per_token, which is no price: it is left"
                + " out.",
            "litellm.json:112: \"openrouter/*\" is not the name of a model: it is left out.",
            "litellm.json:116: not-an-entry is a single value: it is left out.");
  }

  @Test
  void sourcesAreKept() {
    assertThat(LOADED.prices().getFirst().source())
        .isEqualTo("LiteLLM, https://example.com/pricing");
  }
}
