package dev.sluice.admin.reconcile;

import dev.sluice.admin.reconcile.Reconciliation.Row;
import dev.sluice.admin.reconcile.Reconciliation.Side;
import dev.sluice.admin.reconcile.Reconciliation.Verdict;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/** What the ledger and a provider say of the same tokens, added up. */
final class Both {

  private @Nullable Side ledger;
  private @Nullable Side provider;
  private long doubtNanoUsd;
  private long estimates;
  private long unknownCosts;

  boolean isTwoSided() {
    return ledger != null && provider != null;
  }

  void add(UsageSums sums, String of) {
    Side side = new Side(Meters.comparable(of, sums.usage()), sums.calls(), sums.costNanoUsd());
    ledger = sum(ledger, side);
    estimates += sums.callsOfEstimate();
    unknownCosts += sums.callsOfUnknownCost();
  }

  void add(UsageExport.Row row, String of) {
    Usage usage = row.usage();
    Side side =
        new Side(
            usage == null ? null : Meters.comparable(of, usage), row.requests(), row.costNanoUsd());
    provider = sum(provider, side);
    doubtNanoUsd += row.costDoubtNanoUsd();
  }

  void add(Both other) {
    ledger = sum(ledger, other.ledger);
    provider = sum(provider, other.provider);
    doubtNanoUsd += other.doubtNanoUsd;
    estimates += other.estimates;
    unknownCosts += other.unknownCosts;
  }

  private static @Nullable Side sum(@Nullable Side a, @Nullable Side b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    Usage usage =
        a.usage() == null || b.usage() == null
            ? (a.usage() == null ? b.usage() : a.usage())
            : a.usage().plus(b.usage());
    Long cost =
        a.costNanoUsd() == null || b.costNanoUsd() == null
            ? (a.costNanoUsd() == null ? b.costNanoUsd() : a.costNanoUsd())
            : Long.valueOf(Math.addExact(a.costNanoUsd(), b.costNanoUsd()));
    long calls =
        a.calls() < 0 || b.calls() < 0 ? Math.max(a.calls(), b.calls()) : a.calls() + b.calls();
    return new Side(usage, calls, cost);
  }

  // ---- compared

  Row row(LocalDate day, String model, BigDecimal tolerance) {
    Long tokens = tokenDifference();
    Long cost = costDifference();
    return new Row(
        day,
        model,
        ledger,
        provider,
        tokens,
        tokens == null
            ? null
            : Reconciliation.percent(tokens, provider == null ? 0 : provider.tokens()),
        cost,
        estimates,
        unknownCosts,
        verdict(tokens, cost, tolerance));
  }

  /** Null where the provider is there, but has no tokens. */
  private @Nullable Long tokenDifference() {
    return provider != null && provider.usage() == null
        ? null
        : Long.valueOf(
            (ledger == null ? 0 : ledger.tokens()) - (provider == null ? 0 : provider.tokens()));
  }

  private @Nullable Long costDifference() {
    return ledger == null
            || provider == null
            || ledger.costNanoUsd() == null
            || provider.costNanoUsd() == null
        ? null
        : Long.valueOf(ledger.costNanoUsd() - provider.costNanoUsd());
  }

  private Verdict verdict(@Nullable Long tokens, @Nullable Long cost, BigDecimal tolerance) {
    if (provider == null) {
      return Verdict.ONLY_IN_LEDGER;
    }
    if (ledger == null) {
      return Verdict.ONLY_AT_PROVIDER;
    }
    boolean isEqual = true;
    Usage ours = ledger.usage();
    Usage theirs = provider.usage();
    if (ours != null && theirs != null) {
      long[] a = Meters.each(ours);
      long[] b = Meters.each(theirs);
      for (int i = 0; i < a.length; i++) {
        isEqual &= Reconciliation.isWithin(a[i], b[i], tolerance, 0);
      }
    }
    Long ourCost = ledger.costNanoUsd();
    Long theirCost = provider.costNanoUsd();
    if (ourCost != null && theirCost != null) {
      isEqual &= Reconciliation.isWithin(ourCost, theirCost, tolerance, doubtNanoUsd);
    }
    if (isEqual) {
      return Verdict.EQUAL;
    }
    long sign = tokens != null && tokens != 0 ? tokens : cost == null ? 0 : cost;
    return sign > 0
        ? Verdict.GATEWAY_MORE
        : sign < 0 ? Verdict.PROVIDER_MORE : Verdict.OTHER_METERS;
  }
}
