package dev.sluice.billing.price;

import dev.sluice.billing.usage.Usage;

/** What has a rate of its own; the label is what people see. */
public enum PricedMeter {
  INPUT("input", Kind.INPUT),
  CACHE_READ("cache read", Kind.CACHE_READ),
  CACHE_WRITE_5M("cache write 5m", Kind.CACHE_WRITE),
  CACHE_WRITE_30M("cache write 30m", Kind.CACHE_WRITE),
  CACHE_WRITE_1H("cache write 1h", Kind.CACHE_WRITE),
  CACHE_WRITE_12H("cache write 12h", Kind.CACHE_WRITE),
  /** With the reasoning in it, where that has no rate of its own. */
  OUTPUT("output", Kind.OUTPUT),
  REASONING("reasoning", Kind.OUTPUT);

  /** What bills are told apart by. */
  enum Kind {
    INPUT,
    CACHE_READ,
    CACHE_WRITE,
    OUTPUT
  }

  private final String label;
  private final Kind kind;

  PricedMeter(String label, Kind kind) {
    this.label = label;
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  public String label() {
    return label;
  }

  /** Whether it is part of the prompt. */
  boolean isInput() {
    return kind != Kind.OUTPUT;
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
