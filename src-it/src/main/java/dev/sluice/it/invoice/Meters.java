package dev.sluice.it.invoice;

import dev.sluice.billing.usage.Usage;

/**
 * Tokens of one call as the provider's books have them. What is written to the cache for 12 hours
 * is in no script.
 */
public record Meters(
    long uncached, long cacheRead, long written5m, long written30m, long written1h, long output) {

  static final Meters NONE = new Meters(0, 0, 0, 0, 0, 0);

  static Meters of(Usage usage) {
    return new Meters(
        usage.uncachedInput(),
        usage.cacheRead(),
        usage.cacheWrite5m(),
        usage.cacheWrite30m(),
        usage.cacheWrite1h() + usage.cacheWrite12h(),
        usage.output());
  }

  long input() {
    return uncached + cacheRead + written5m + written30m + written1h;
  }

  long tokens() {
    return input() + output;
  }

  /** Tokens on the wrong meter, or missing, or too many; 0 only where all are equal. */
  long difference(Meters other) {
    return Math.abs(uncached - other.uncached)
        + Math.abs(cacheRead - other.cacheRead)
        + Math.abs(written5m - other.written5m)
        + Math.abs(written30m - other.written30m)
        + Math.abs(written1h - other.written1h)
        + Math.abs(output - other.output);
  }
}
