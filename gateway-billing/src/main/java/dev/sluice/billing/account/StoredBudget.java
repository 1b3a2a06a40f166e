package dev.sluice.billing.account;

import dev.sluice.billing.budget.BudgetRule;

/**
 * A budget that was set while the gateway ran.
 *
 * @param revision number of the change that set this
 */
public record StoredBudget(BudgetRule rule, long revision) {

  Named of() {
    return new Named(rule.team(), rule.name());
  }
}
