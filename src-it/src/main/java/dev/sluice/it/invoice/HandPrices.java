package dev.sluice.it.invoice;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the models of the comparison cost: written down by hand and worked out here, so that the
 * gateway's prices are checked by something that is not the gateway.
 *
 * <p>Rates are dollars per million tokens, as the providers list them (sources stand in {@code
 * config/prices.yaml}). Each meter of a call is rounded by itself, half up, to a whole nano-dollar.
 */
final class HandPrices {

  /** A dollar per million tokens is so many nano-dollars per token. */
  private static final BigDecimal NANOS = BigDecimal.valueOf(1_000);

  private record Rates(
      String input,
      String read,
      String written5m,
      String written30m,
      String written1h,
      String out) {

    /** Writing to the cache costs what other input does where it has no price of its own. */
    static Rates plain(String input, String read, String out) {
      return new Rates(input, read, input, input, input, out);
    }

    static Rates anthropic(String input, String read, String w5m, String w1h, String out) {
      return new Rates(input, read, w5m, input, w1h, out);
    }

    static Rates openAi(String input, String read, String w30m, String out) {
      return new Rates(input, read, input, w30m, input, out);
    }
  }

  /**
   * One model.
   *
   * @param longOver a prompt of more tokens than these changes the price of the whole call
   * @param longRates what then counts instead; null where factors do
   * @param tiers what is multiplied by what; a tier that is not here costs what the standard does
   */
  private record Model(
      Rates rates,
      long longOver,
      @Nullable Rates longRates,
      String longInputFactor,
      String longOutputFactor,
      Map<String, String> tiers) {

    static Model flat(Rates rates, Map<String, String> tiers) {
      return new Model(rates, Long.MAX_VALUE, null, "1", "1", tiers);
    }

    static Model banded(Rates rates, long over, Rates then, Map<String, String> tiers) {
      return new Model(rates, over, then, "1", "1", tiers);
    }
  }

  private static final Map<String, String> ALL_TIERS =
      Map.of("flex", "0.5", "batch", "0.5", "priority", "2");
  private static final Map<String, String> BATCH = Map.of("batch", "0.5");

  /** OpenAI's, of the large ones: over 272,000 input twice, output once and a half. */
  private static Model openAiLong(Rates rates) {
    return new Model(rates, 272_000, null, "2", "1.5", ALL_TIERS);
  }

  private static final Map<String, Model> MODELS =
      Map.ofEntries(
          Map.entry("gpt-6.1-sol", openAiLong(Rates.openAi("2", "0.1", "2.5", "10"))),
          Map.entry("gpt-5.6-luna", openAiLong(Rates.openAi("0.2", "0.02", "0.25", "1.2"))),
          Map.entry("gpt-5.4-mini", Model.flat(Rates.plain("0.75", "0.075", "4.5"), ALL_TIERS)),
          Map.entry(
              "gpt-4o-mini-2024-07-18", Model.flat(Rates.plain("0.15", "0.075", "0.6"), ALL_TIERS)),
          Map.entry("gpt-5-nano", Model.flat(Rates.plain("0.05", "0.005", "0.4"), ALL_TIERS)),
          Map.entry("text-embedding-3-small", Model.flat(Rates.plain("0.02", "0.02", "0"), BATCH)),
          Map.entry(
              "claude-opus-5-5", Model.flat(Rates.anthropic("4", "0.2", "5", "8", "20"), BATCH)),
          Map.entry(
              "claude-sonnet-5-5",
              Model.flat(Rates.anthropic("2", "0.1", "2.5", "4", "10"), BATCH)),
          Map.entry(
              "claude-haiku-4-5-20251001",
              Model.flat(Rates.anthropic("1", "0.1", "1.25", "2", "5"), BATCH)),
          Map.entry(
              "claude-haiku-5-5",
              Model.banded(
                  Rates.anthropic("0.1", "0.01", "0.125", "0.2", "0.5"),
                  100_000,
                  Rates.anthropic("0.5", "0.05", "0.625", "1", "2.5"),
                  BATCH)),
          Map.entry(
              "gemini-2.5-pro",
              Model.banded(
                  Rates.plain("1.25", "0.125", "10"),
                  200_000,
                  Rates.plain("2.5", "0.25", "15"),
                  ALL_TIERS)),
          Map.entry(
              "gemini-3.1-pro-preview",
              Model.banded(
                  Rates.plain("2", "0.2", "12"),
                  200_000,
                  Rates.plain("4", "0.4", "18"),
                  ALL_TIERS)),
          Map.entry(
              "gemini-2.5-flash-lite", Model.flat(Rates.plain("0.1", "0.01", "0.4"), ALL_TIERS)));

  private HandPrices() {}

  static Amount of(String name, String tier, Meters tokens) {
    Model model = MODELS.get(name);
    if (model == null) {
      throw new IllegalArgumentException("Nobody has written down what " + name + " costs.");
    }
    boolean isLong = tokens.input() > model.longOver;
    Rates rates = isLong && model.longRates != null ? model.longRates : model.rates;
    BigDecimal factor = new BigDecimal(model.tiers.getOrDefault(tier, "1"));
    BigDecimal in = isLong ? factor.multiply(new BigDecimal(model.longInputFactor)) : factor;
    BigDecimal out = isLong ? factor.multiply(new BigDecimal(model.longOutputFactor)) : factor;
    return new Amount(
        nanos(tokens.uncached(), rates.input, in),
        nanos(tokens.cacheRead(), rates.read, in),
        nanos(tokens.written5m(), rates.written5m, in)
            + nanos(tokens.written30m(), rates.written30m, in)
            + nanos(tokens.written1h(), rates.written1h, in),
        nanos(tokens.output(), rates.out, out));
  }

  private static long nanos(long tokens, String rate, BigDecimal factor) {
    return BigDecimal.valueOf(tokens)
        .multiply(new BigDecimal(rate))
        .multiply(factor)
        .multiply(NANOS)
        .setScale(0, RoundingMode.HALF_UP)
        .longValueExact();
  }
}
