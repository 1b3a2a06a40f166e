package dev.sluice.it.invoice;

import dev.sluice.billing.usage.Cost;

/** Nano-dollars of one call, as bills part them. */
record Amount(long input, long cacheRead, long cacheWrite, long output) {

  static Amount of(Cost cost) {
    return new Amount(cost.input(), cost.cacheRead(), cost.cacheWrite(), cost.output());
  }

  long sum() {
    return input + cacheRead + cacheWrite + output;
  }

  long difference(Amount other) {
    return Math.abs(input - other.input)
        + Math.abs(cacheRead - other.cacheRead)
        + Math.abs(cacheWrite - other.cacheWrite)
        + Math.abs(output - other.output);
  }
}
