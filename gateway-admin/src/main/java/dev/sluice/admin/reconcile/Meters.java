package dev.sluice.admin.reconcile;

import dev.sluice.billing.usage.Usage;

/** Usages, as they are compared. Exact: what does not fit throws. */
final class Meters {

  private Meters() {}

  /**
   * What the provider's reports tell apart: neither says how much of the output is reasoning, and
   * OpenAI's do not say for how long a prompt was written to the cache.
   */
  static Usage comparable(String provider, Usage usage) {
    return provider.equals("openai")
        ? new Usage(
            usage.uncachedInput(),
            usage.cacheRead(),
            0,
            usage.cacheWrites(),
            0,
            0,
            usage.output(),
            0)
        : new Usage(
            usage.uncachedInput(),
            usage.cacheRead(),
            usage.cacheWrite5m(),
            usage.cacheWrite30m(),
            usage.cacheWrite1h(),
            usage.cacheWrite12h(),
            usage.output(),
            0);
  }

  static long tokens(Usage usage) {
    return Math.addExact(usage.input(), usage.output());
  }

  /** Each that is compared, in one order. */
  static long[] each(Usage usage) {
    return new long[] {
      usage.uncachedInput(),
      usage.cacheRead(),
      usage.cacheWrite5m(),
      usage.cacheWrite30m(),
      usage.cacheWrite1h(),
      usage.cacheWrite12h(),
      usage.output()
    };
  }
}
