package dev.sluice.billing.account;

import dev.sluice.billing.budget.BudgetRule;

/**
 * A budget as it is now.
 *
 * @param source where it comes from
 * @param version changes with every change of it
 */
public record BudgetView(BudgetRule rule, Source source, String version) {}
