package dev.sluice.billing.price;

import dev.sluice.billing.usage.Usage;

/** What has a rate of its own; the label is what people see. */
public enum PricedMeter {
  INPUT("input"),
  CACHE_READ("cache read"),
  CACHE_WRITE_5M("cache write 5m"),
  CACHE_WRITE_30M("cache write 30m"),
  CACHE_WRITE_1H("cache write 1h"),
  CACHE_WRITE_12H("cache write 12h"),
  /** With the reasoning in it, where that has no rate of its own. */
  OUTPUT("output"),
  REASONING("reasoning");

  private final String label;

  PricedMeter(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }

  /** Whether it is part of the prompt. */
  boolean isInput() {
    return this != OUTPUT && this != REASONING;
  }

  /**
   * Tokens on this meter; those of all meters are disjoint.
   *
   * @param isReasoningApart whether reasoning has a rate of its own
   */
  long tokens(Usage usage, boolean isReasoningApart) {
    // A provider that reports more reasoning than output must not make the output negative.
    long reasoning = isReasoningApart ? Math.min(usage.reasoning(), usage.output()) : 0;
    return switch (this) {
      case INPUT -> usage.uncachedInput();
      case CACHE_READ -> usage.cacheRead();
      case CACHE_WRITE_5M -> usage.cacheWrite5m();
      case CACHE_WRITE_30M -> usage.cacheWrite30m();
      case CACHE_WRITE_1H -> usage.cacheWrite1h();
      case CACHE_WRITE_12H -> usage.cacheWrite12h();
      case OUTPUT -> usage.output() - reasoning;
      case REASONING -> reasoning;
    };
  }
}
