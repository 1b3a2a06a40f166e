package dev.sluice.billing.ledger;

import dev.sluice.billing.usage.Usage;

/**
 * Sums over calls; exact.
 *
 * @param calls paid calls, those that were closed as estimates included
 * @param usage billed tokens
 * @param cost of the calls whose cost is known, or known approximately
 * @param callsOfUnknownCost which are in no sum of money
 * @param tokensOfUnknownCost in and out, of those
 * @param callsOfApproximateCost where a missing rate was replaced
 * @param callsOfEstimate whose tokens the provider did not count, or not to the end
 * @param reads requests that were served from a call which had been paid for already
 * @param avoidedTokens what these would have been billed, in and out
 * @param avoidedNanoUsd what that would have cost, as far as it is known
 */
public record UsageSums(
    long calls,
    Usage usage,
    CostSums cost,
    long callsOfUnknownCost,
    long tokensOfUnknownCost,
    long callsOfApproximateCost,
    long callsOfEstimate,
    long reads,
    long avoidedTokens,
    long avoidedNanoUsd) {

  public static final UsageSums NOTHING =
      new UsageSums(0, Usage.NONE, CostSums.NOTHING, 0, 0, 0, 0, 0, 0, 0);

  /**
   * Both together, figure by figure.
   *
   * @throws ArithmeticException if a sum does not fit
   */
  public UsageSums plus(UsageSums other) {
    return new UsageSums(
        Math.addExact(calls, other.calls),
        usage.plus(other.usage),
        cost.plus(other.cost),
        Math.addExact(callsOfUnknownCost, other.callsOfUnknownCost),
        Math.addExact(tokensOfUnknownCost, other.tokensOfUnknownCost),
        Math.addExact(callsOfApproximateCost, other.callsOfApproximateCost),
        Math.addExact(callsOfEstimate, other.callsOfEstimate),
        Math.addExact(reads, other.reads),
        Math.addExact(avoidedTokens, other.avoidedTokens),
        Math.addExact(avoidedNanoUsd, other.avoidedNanoUsd));
  }

  /** Nano-dollars of the calls whose cost is known, or known approximately. */
  public long costNanoUsd() {
    return cost.nanoUsd();
  }
}
