package dev.sluice.core.config;

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
      problem(
          burst,
          "is "
              + burst.shown()
              + ", while nothing is guaranteed that could be saved up. Set "
              + quota.guaranteed().key()
              + ", or remove it.");
    }
    Found<Long> ceiling = quota.ceiling();
    Found<Long> guaranteed = quota.guaranteed();
    if (ceiling.isGood()
        && guaranteed.isGood()
        && ceiling.value() > 0
        && ceiling.value() < guaranteed.value()) {
      problem(
          ceiling,
          "is "
              + ceiling.shown()
              + ", below "
              + guaranteed.key()
              + " of "
              + guaranteed.shown()
              + ". Raise ceiling, or lower guaranteed.");
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
      problem(
          last,
          "makes the guarantees on pool "
              + name
              + " "
              + Kind.amount(sum)
              + " in all, above "
              + main.key()
              + " of "
              + main.shown()
              + ". Lower one of them: what is guaranteed must be there.");
      return;
    }
    long bursts = quotas.stream().mapToLong(pool::burstOf).sum();
    if (bursts > pool.burstMax()) {
      problem(
          quotas.getLast().burst(),
          "makes the bursts of the quotas on pool "
              + name
              + " "
              + Kind.amount(bursts)
              + " in all, above the pool's own of "
              + Kind.amount(pool.burstMax())
              + " ("
              + pool.burst().shown()
              + " of "
              + main.key()
              + "). Lower one of them, or raise "
              + pool.burst().key()
              + ".");
      return;
    }
    boolean isWhole =
        quotas.stream().allMatch(q -> q.ceiling().isGood() && q.weight().isGood())
            && quotas.stream().noneMatch(q -> q.burst().value() > 0 && q.isWithoutGuarantee());
    String fault = isWhole ? draft.pools().fault(name) : null;
    if (fault != null) {
      file.problem(pool.line(), "pools." + name, "pools." + name + " cannot be kept: " + fault);
    }
  }
}
