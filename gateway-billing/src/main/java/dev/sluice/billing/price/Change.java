package dev.sluice.billing.price;

import dev.sluice.billing.usage.Money;

/**
 * What a circumstance (a long prompt, a service tier, an hour, a region) makes of the rates: rates
 * of its own for some meters, and for the others a factor.
 *
 * @param own rates that take the place of others
 * @param inputFactor in millionths, for every meter of the prompt that has no own rate here
 * @param outputFactor in millionths, likewise for the output
 * @param isApproximate whether what it comes to is not known exactly
 */
public record Change(Rates own, long inputFactor, long outputFactor, boolean isApproximate) {

  /** A thousandfold: more is a percentage that somebody mistook. */
  public static final long FACTOR_MAX = 1_000 * Money.ONE;

  public Change {
    if (inputFactor <= 0
        || outputFactor <= 0
        || inputFactor > FACTOR_MAX
        || outputFactor > FACTOR_MAX) {
      throw new IllegalArgumentException("Factors " + inputFactor + " and " + outputFactor);
    }
  }

  public static Change factor(long millionths) {
    return new Change(Rates.NONE, millionths, millionths, false);
  }

  public static Change rates(Rates own) {
    return new Change(own, Money.ONE, Money.ONE, false);
  }

  long factor(PricedMeter meter) {
    return meter.isInput() ? inputFactor : outputFactor;
  }

  /** Whether it has rates for other meters and nothing to say of this one. */
  boolean isSilentOn(PricedMeter meter) {
    return !own.isEmpty() && own.of(meter) == null && factor(meter) == Money.ONE;
  }
}
