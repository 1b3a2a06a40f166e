package dev.sluice.core.config;

import dev.sluice.billing.pool.QuotaFaults;
import dev.sluice.core.config.PoolsDraft.PoolDraft;
import dev.sluice.core.config.PoolsDraft.QuotaDraft;
import java.util.List;

/** What pools and quotas must keep together: {@link Combinations}' part about them. */
final class PoolChecks {

  private final Draft draft;
  private final Reading file;

  private PoolChecks(Draft draft, Reading file) {
    this.draft = draft;
    this.file = file;
  }

  /** Adds problems to the file's. */
  static void check(Draft draft, Reading file) {
    PoolChecks checks = new PoolChecks(draft, file);
    draft.pools().pools().forEach(checks::pool);
    draft.pools().quotas().forEach(checks::quota);
  }

  private void problem(Found<?> at, String message) {
    file.problem(at.line(), at.key(), at.key() + " " + message);
  }

  /**
   * Likewise.
   *
   * @param message a whole one, which begins with the key
   */
  private void whole(Found<?> at, String message) {
    file.problem(at.line(), at.key(), message);
  }

  private void pool(String name, PoolDraft pool) {
    Found<String> provider = pool.provider();
    if (provider.isGood()
        && !draft.providers().containsKey(provider.value())
        && !file.stands("providers", provider.value())) {
      problem(
          provider,
          Combinations.isNotNamed(provider.value(), "providers", draft.providers().keySet()));
    }
    if (pool.limits().stream().allMatch(l -> l.isGood() && l.value() == 0)) {
      file.problem(
          pool.line(),
          "pools." + name,
          "pools."
              + name
              + " has no limit. Give at least one of requests-per-minute,"
              + " input-tokens-per-minute, output-tokens-per-minute and"
              + " tokens-per-minute.");
    } else {
      guarantees(name, pool);
    }
  }

  private void quota(QuotaDraft quota) {
    if (!file.stands("pools", quota.pool())) {
      file.problem(
          quota.line(),
          quota.key(),
          quota.key()
              + " "
              + Combinations.isNotNamed(quota.pool(), "pools", draft.pools().pools().keySet()));
    }
    Found<Long> burst = quota.burst();
    if (burst.isGood() && burst.value() > 0 && quota.guaranteed().value() == 0) {
      whole(
          burst, QuotaFaults.burstOfNothing(burst.key(), burst.shown(), quota.guaranteed().key()));
    }
    Found<Long> ceiling = quota.ceiling();
    Found<Long> guaranteed = quota.guaranteed();
    if (ceiling.isGood()
        && guaranteed.isGood()
        && ceiling.value() > 0
        && ceiling.value() < guaranteed.value()) {
      whole(
          ceiling,
          QuotaFaults.ceilingTooLow(
              ceiling.key(), ceiling.shown(), guaranteed.key(), guaranteed.shown()));
    }
  }

  /** What is guaranteed must be there. */
  private void guarantees(String name, PoolDraft pool) {
    List<QuotaDraft> quotas = draft.pools().quotasOf(name);
    if (!pool.isGood() || !quotas.stream().allMatch(QuotaDraft::isGood)) {
      return;
    }
    Found<Long> main = pool.main();
    long sum = quotas.stream().mapToLong(q -> q.guaranteed().value()).sum();
    if (sum > main.value()) {
      Found<Long> last = quotas.getLast().guaranteed();
      whole(last, QuotaFaults.guaranteesTooHigh(last.key(), name, sum, main.key(), main.shown()));
      return;
    }
    long bursts = quotas.stream().mapToLong(pool::burstOf).sum();
    if (bursts > pool.burstMax()) {
      Found<Long> last = quotas.getLast().burst();
      whole(
          last,
          QuotaFaults.burstsTooHigh(
              last.key(), name, bursts, pool.burstMax(), pool.burst().shown(), main.key()));
      return;
    }
    boolean isWhole =
        quotas.stream().allMatch(q -> q.ceiling().isGood() && q.weight().isGood())
            && quotas.stream().noneMatch(q -> q.burst().value() > 0 && q.isWithoutGuarantee());
    String fault = isWhole ? draft.pools().fault(name) : null;
    if (fault != null) {
      file.problem(pool.line(), "pools." + name, QuotaFaults.cannotBeKept(name, fault));
    }
  }
}
