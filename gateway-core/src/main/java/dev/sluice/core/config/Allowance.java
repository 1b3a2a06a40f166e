package dev.sluice.core.config;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.budget.BudgetRule.Unit;

/**
 * How much a budget is of.
 *
 * @param amount as in {@link BudgetRule}
 */
record Allowance(Unit unit, long amount) {

  /** What is read on with where a budget names none. */
  static final Allowance MEANWHILE = new Allowance(Unit.TOKENS, 1);
}
