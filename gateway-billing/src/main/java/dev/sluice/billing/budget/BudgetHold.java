package dev.sluice.billing.budget;

import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a call may cost, set aside. Settled or given back, once, from any thread. One that never is
 * stays set aside until the period ends.
 */
public final class BudgetHold {

  /**
   * What was set aside on one account.
   *
   * @param accountId which
   * @param startsMillis of the period in which that was
   */
  record Entry(long accountId, long startsMillis, long amount) {}

  private final Budgets budgets;
  private final TeamId team;
  private final @Nullable String keyId;
  private final long atMillis;
  private final List<Entry> entries;

  /** How it ended; null as long as it has not. */
  private final AtomicReference<@Nullable String> ended = new AtomicReference<>();

  BudgetHold(
      Budgets budgets, TeamId team, @Nullable String keyId, long atMillis, List<Entry> entries) {
    this.budgets = budgets;
    this.team = team;
    this.keyId = keyId;
    this.atMillis = atMillis;
    this.entries = entries;
  }

  TeamId team() {
    return team;
  }

  @Nullable String keyId() {
    return keyId;
  }

  /** When it was held, by the wall clock. */
  long atMillis() {
    return atMillis;
  }

  /** What was set aside on the account, or null. */
  @Nullable Entry on(Account account) {
    for (Entry entry : entries) {
      if (entry.accountId() == account.id()) {
        return entry;
      }
    }
    return null;
  }

  /**
   * Charges what the call came to, to the period in which it was held, in the place of what was set
   * aside.
   *
   * @param tokens billed, in and out
   * @param cost where it is unknown, budgets of money count the call and charge nothing
   * @throws IllegalStateException if it was settled or given back before: a call must never be
   *     charged twice
   */
  public void settle(long tokens, Cost cost) {
    if (tokens < 0 || cost.nanoUsd() < 0) {
      throw new IllegalArgumentException(tokens + " tokens for " + cost);
    }
    end("settled", "settled twice, now with " + tokens + " tokens for " + cost);
    budgets.settle(this, tokens, cost);
  }

  /**
   * Un-does it: the call was never made.
   *
   * @throws IllegalStateException if it was settled or given back before
   */
  public void giveBack() {
    end("given back", "given back after it had ended");
    budgets.giveBack(this);
  }

  private void end(String how, String wrong) {
    if (!ended.compareAndSet(null, how)) {
      throw new IllegalStateException(
          "What was held for a call of team "
              + team.name()
              + " ("
              + ended.get()
              + ") was "
              + wrong);
    }
  }
}
