package dev.sluice.billing.budget;

import java.time.Instant;

/** Whether a call may go. */
public sealed interface BudgetDecision {

  /** It may, and what it may cost is set aside. */
  record Held(BudgetHold hold) implements BudgetDecision {}

  /**
   * It may not, and nothing is set aside.
   *
   * @param rule of those that say no, the one that does so for longest
   * @param spent in the rule's unit
   * @param held by calls that have not ended
   * @param needed by this one
   * @param resetsAt when the rule's next period begins
   */
  record Stopped(BudgetRule rule, long spent, long held, long needed, Instant resetsAt)
      implements BudgetDecision {}
}
