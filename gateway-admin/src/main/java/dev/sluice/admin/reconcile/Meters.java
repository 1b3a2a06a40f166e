package dev.sluice.admin.reconcile;

import dev.sluice.billing.usage.Usage;

/** Usages, as they are compared. Exact: what does not fit throws. */
final class Meters {

  private Meters() {}

  static Usage sum(Usage a, Usage b) {
    return new Usage(
        Math.addExact(a.uncachedInput(), b.uncachedInput()),
        Math.addExact(a.cacheRead(), b.cacheRead()),
        Math.addExact(a.cacheWrite5m(), b.cacheWrite5m()),
        Math.addExact(a.cacheWrite30m(), b.cacheWrite30m()),
        Math.addExact(a.cacheWrite1h(), b.cacheWrite1h()),
        Math.addExact(a.cacheWrite12h(), b.cacheWrite12h()),
        Math.addExact(a.output(), b.output()),
        Math.addExact(a.reasoning(), b.reasoning()));
  }

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
