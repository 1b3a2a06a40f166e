package dev.sluice.billing.price;

import org.jspecify.annotations.Nullable;

/**
 * Rates in nano-dollars per million tokens; null is not offered or not known, and never free.
 *
 * @param reasoning null where it is billed as output, which is the rule
 */
public record Rates(
    @Nullable Long input,
    @Nullable Long cacheRead,
    @Nullable Long cacheWrite5m,
    @Nullable Long cacheWrite30m,
    @Nullable Long cacheWrite1h,
    @Nullable Long cacheWrite12h,
    @Nullable Long output,
    @Nullable Long reasoning) {

  /** Of nothing. */
  public static final Rates NONE = new Rates(null, null, null, null, null, null, null, null);

  /** A million dollars per million tokens: more is a unit that somebody mistook. */
  public static final long MAX = 1_000_000_000_000_000L;

  public Rates {
    check(input);
    check(cacheRead);
    check(cacheWrite5m);
    check(cacheWrite30m);
    check(cacheWrite1h);
    check(cacheWrite12h);
    check(output);
    check(reasoning);
  }

  private static void check(@Nullable Long rate) {
    if (rate != null && (rate < 0 || rate > MAX)) {
      throw new IllegalArgumentException("A rate of " + rate + " nano-dollars per million tokens");
    }
  }

  public @Nullable Long of(PricedMeter meter) {
    return switch (meter) {
      case INPUT -> input;
      case CACHE_READ -> cacheRead;
      case CACHE_WRITE_5M -> cacheWrite5m;
      case CACHE_WRITE_30M -> cacheWrite30m;
      case CACHE_WRITE_1H -> cacheWrite1h;
      case CACHE_WRITE_12H -> cacheWrite12h;
      case OUTPUT -> output;
      case REASONING -> reasoning;
    };
  }

  public boolean isEmpty() {
    return equals(NONE);
  }
}
