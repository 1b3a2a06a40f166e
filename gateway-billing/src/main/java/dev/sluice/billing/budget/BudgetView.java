package dev.sluice.billing.budget;

import java.time.Instant;

/**
 * A budget as it stands.
 *
 * @param spent in the rule's unit, by calls that have ended
 * @param held by those that have not
 * @param startsAt of the current period
 * @param resetsAt when it ends
 * @param isComplete whether what was spent before this process, or before the rule was there, is in
 *     {@code spent}
 * @param isWarned whether the share at which to warn has been reached in this period
 * @param stopped calls that it stopped, or in shadow would have stopped, since the gateway started
 * @param unpriced ended calls that a budget of money could not count, because nobody knows their
 *     cost, since the gateway started
 */
public record BudgetView(
    BudgetRule rule,
    long spent,
    long held,
    Instant startsAt,
    Instant resetsAt,
    boolean isComplete,
    boolean isWarned,
    long stopped,
    long unpriced) {

  /** What a further call may take; below nothing where calls have cost more than they held. */
  public long left() {
    return rule.amount() - spent - held;
  }
}
