package dev.sluice.admin.usage;

import dev.sluice.billing.ledger.CostSums;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.usage.Usage;

/** Sums of sums. Exact: what does not fit throws. */
final class UsageAdding {

  private UsageAdding() {}

  static UsageSums sum(UsageSums a, UsageSums b) {
    return new UsageSums(
        Math.addExact(a.calls(), b.calls()),
        sum(a.usage(), b.usage()),
        sum(a.cost(), b.cost()),
        Math.addExact(a.callsOfUnknownCost(), b.callsOfUnknownCost()),
        Math.addExact(a.tokensOfUnknownCost(), b.tokensOfUnknownCost()),
        Math.addExact(a.callsOfApproximateCost(), b.callsOfApproximateCost()),
        Math.addExact(a.callsOfEstimate(), b.callsOfEstimate()),
        Math.addExact(a.reads(), b.reads()),
        Math.addExact(a.avoidedTokens(), b.avoidedTokens()),
        Math.addExact(a.avoidedNanoUsd(), b.avoidedNanoUsd()));
  }

  private static CostSums sum(CostSums a, CostSums b) {
    return new CostSums(
        Math.addExact(a.input(), b.input()),
        Math.addExact(a.cacheRead(), b.cacheRead()),
        Math.addExact(a.cacheWrite(), b.cacheWrite()),
        Math.addExact(a.output(), b.output()),
        Math.addExact(a.readSaved(), b.readSaved()),
        Math.addExact(a.writeExtra(), b.writeExtra()));
  }

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
}
