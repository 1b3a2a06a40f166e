package dev.sluice.core.quota;

import dev.sluice.billing.budget.BudgetDecision.Stopped;
import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.usage.Money;
import dev.sluice.core.dialect.Refusal;

/** A budget's no, in the words of a refusal. */
public final class BudgetRefusals {

  private static final int STATUS = 429;

  private BudgetRefusals() {}

  /** The refusal. Nothing is gained by sending the request again before the period is over. */
  public static Refusal of(Stopped stopped) {
    BudgetRule rule = stopped.rule();
    String per = rule.per() == BudgetRule.Period.DAY ? " a day" : " a month";
    return new Refusal(
        STATUS,
        Refusal.Kind.BUDGET,
        "budget_spent",
        "The budget \""
            + rule.name()
            + "\" of "
            + (rule.keyId() == null ? "team \"" : "key " + rule.keyId() + " of team \"")
            + rule.team().name()
            + "\" is "
            + shown(rule, rule.amount())
            + per
            + ": "
            + shown(rule, stopped.spent())
            + " are spent and "
            + shown(rule, stopped.held())
            + " set aside for calls in flight, so there is no room for this call of up to "
            + shown(rule, stopped.needed())
            + ". It begins anew at "
            + stopped.resetsAt()
            + "; an operator of the gateway can raise it.",
        false,
        -1);
  }

  private static String shown(BudgetRule rule, long amount) {
    return switch (rule.unit()) {
      case NANO_USD -> Money.text(amount);
      case TOKENS -> amount + " tokens";
    };
  }
}
