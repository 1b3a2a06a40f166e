package dev.sluice.billing.ledger;

import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;

/**
 * The largest figures that a row takes. A provider may say that a call took a quintillion tokens;
 * ten such rows, and no sum over them could be made any more. With these bounds a million of the
 * largest can be added.
 */
final class Bounds {

  /** A trillion tokens in one meter. */
  static final long TOKENS_MAX = 1_000_000_000_000L;

  /** A million dollars for one call. */
  static final long NANO_USD_MAX = 1_000_000_000_000_000L;

  private Bounds() {}

  static long tokens(long count) {
    return Math.clamp(count, 0, TOKENS_MAX);
  }

  /** All that was billed, each meter bounded by itself, as it is in a row. */
  static long inAndOut(Usage usage) {
    return tokens(usage.uncachedInput())
        + tokens(usage.cacheRead())
        + tokens(usage.cacheWrite5m())
        + tokens(usage.cacheWrite30m())
        + tokens(usage.cacheWrite1h())
        + tokens(usage.cacheWrite12h())
        + tokens(usage.output());
  }

  /** All of a cost, each part bounded by itself, as it is in a row. */
  static long nanoUsd(Cost cost) {
    return nanoUsd(cost.input())
        + nanoUsd(cost.cacheRead())
        + nanoUsd(cost.cacheWrite())
        + nanoUsd(cost.output());
  }

  static long nanoUsd(long cost) {
    return Math.clamp(cost, 0, NANO_USD_MAX);
  }
}
