package dev.sluice.billing.budget;

import dev.sluice.billing.ledger.Spent;
import dev.sluice.billing.ledger.SpentQuery;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Asks the ledger for what budgets cannot know by themselves. Blocks: never for an event loop. To
 * be called after each change of the rules, and again every few seconds while it answers that some
 * are missing.
 */
public final class OpeningBalances {

  private final Budgets budgets;
  private final BooleanSupplier flush;
  private final Function<SpentQuery, Spent> ledger;

  /**
   * @param flush waits until all that ended before is in the ledger; whether it is
   * @param ledger what was spent, as far as it is recorded; may throw where it cannot be read
   */
  public OpeningBalances(
      Budgets budgets, BooleanSupplier flush, Function<SpentQuery, Spent> ledger) {
    this.budgets = budgets;
    this.flush = flush;
    this.ledger = ledger;
  }

  /**
   * Fills in what is missing.
   *
   * @return how many are missing still, because the ledger could not be brought up to date; those
   *     budgets count what is spent meanwhile
   * @throws RuntimeException what the ledger throws; what it answered before is filled in
   */
  public int fill() {
    // First asked, then flushed: what was settled before is in the answer, what is settled later is
    // added to it.
    List<Opening> asked = budgets.openings();
    if (asked.isEmpty()) {
      return 0;
    }
    if (!flush.getAsBoolean()) {
      return asked.size();
    }
    for (Opening opening : asked) {
      budgets.opened(
          opening,
          ledger.apply(
              new SpentQuery(opening.team(), opening.keyId(), opening.from(), opening.until())));
    }
    return 0;
  }
}
