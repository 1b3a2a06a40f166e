package dev.sluice.admin.usage;

import dev.sluice.billing.price.PricedMeter;
import dev.sluice.billing.usage.Usage;
import java.util.Locale;

/** What FOCUS calls a SKU's meter: kinds of tokens that do not overlap. */
enum FocusMeter {
  INPUT("Input", PricedMeter.INPUT),
  CACHE_READ("Cache Read Input", PricedMeter.CACHE_READ),
  CACHE_WRITE_5M("Cache Write 5m Input", PricedMeter.CACHE_WRITE_5M),
  CACHE_WRITE_30M("Cache Write 30m Input", PricedMeter.CACHE_WRITE_30M),
  CACHE_WRITE_1H("Cache Write 1h Input", PricedMeter.CACHE_WRITE_1H),
  CACHE_WRITE_12H("Cache Write 12h Input", PricedMeter.CACHE_WRITE_12H),
  /** With the reasoning. */
  OUTPUT("Output", PricedMeter.OUTPUT);

  private final String label;
  private final PricedMeter priced;

  FocusMeter(String label, PricedMeter priced) {
    this.label = label;
    this.priced = priced;
  }

  String label() {
    return label;
  }

  PricedMeter priced() {
    return priced;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  long tokens(Usage usage) {
    return switch (this) {
      case INPUT -> usage.uncachedInput();
      case CACHE_READ -> usage.cacheRead();
      case CACHE_WRITE_5M -> usage.cacheWrite5m();
      case CACHE_WRITE_30M -> usage.cacheWrite30m();
      case CACHE_WRITE_1H -> usage.cacheWrite1h();
      case CACHE_WRITE_12H -> usage.cacheWrite12h();
      case OUTPUT -> usage.output();
    };
  }
}
