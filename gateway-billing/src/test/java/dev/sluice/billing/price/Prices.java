package dev.sluice.billing.price;

import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Rows and calls for tests. Rates are dollars per million tokens. */
final class Prices {

  static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

  private Prices() {}

  static long usd(String perMillion) {
    return new BigDecimal(perMillion).movePointRight(9).longValueExact();
  }

  /** Plain input, cache read, writes for 5 minutes and an hour, output; empty for none. */
  static Rates rates(String input, String read, String write5m, String write1h, String output) {
    return new Rates(
        rate(input), rate(read), rate(write5m), null, rate(write1h), null, rate(output), null);
  }

  private static @Nullable Long rate(String perMillion) {
    return perMillion.isEmpty() ? null : usd(perMillion);
  }

  static final Rates OPUS = rates("5", "0.5", "6.25", "10", "25");

  static Price opus() {
    return Price.plain("anthropic", "claude-opus-5", OPUS);
  }

  static Price with(Price price, List<LongPrompt> longPrompts) {
    return with(price, longPrompts, price.tiers(), price.regions(), price.windows());
  }

  static Price with(
      Price price,
      List<LongPrompt> longPrompts,
      Map<String, Tier> tiers,
      Map<String, Change> regions,
      List<Window> windows) {
    return new Price(
        price.provider(),
        price.model(),
        price.from(),
        price.until(),
        price.rates(),
        longPrompts,
        new TreeMap<>(tiers),
        new TreeMap<>(regions),
        windows,
        price.isApproximate(),
        price.note(),
        price.source());
  }

  static Price tiers(Price price, Map<String, Tier> tiers) {
    return with(price, price.longPrompts(), tiers, price.regions(), price.windows());
  }

  static Price valid(Price price, @Nullable String from, @Nullable String until) {
    return new Price(
        price.provider(),
        price.model(),
        from == null ? null : Instant.parse(from),
        until == null ? null : Instant.parse(until),
        price.rates(),
        price.longPrompts(),
        price.tiers(),
        price.regions(),
        price.windows(),
        price.isApproximate(),
        price.note(),
        price.source());
  }

  static Tier tier(long factor) {
    return new Tier(Change.factor(factor), List.of());
  }

  static Usage usage(long input, long read, long output) {
    return new Usage(input, read, 0, 0, 0, 0, output, 0);
  }

  static PriceAsk ask(String provider, String model, Usage usage) {
    return new PriceAsk(provider, model, null, null, null, usage, NOW);
  }

  static PriceAsk at(PriceAsk ask, String instant) {
    return new PriceAsk(
        ask.provider(),
        ask.modelServed(),
        ask.modelAsked(),
        ask.tier(),
        ask.region(),
        ask.usage(),
        Instant.parse(instant));
  }

  static PriceAsk served(PriceAsk ask, @Nullable String tier, @Nullable String region) {
    return new PriceAsk(
        ask.provider(), ask.modelServed(), ask.modelAsked(), tier, region, ask.usage(), ask.at());
  }
}
