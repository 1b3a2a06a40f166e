package dev.sluice.admin.budget;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.budget.BudgetView;
import dev.sluice.billing.budget.Budgets;
import dev.sluice.billing.budget.OpeningBalances;
import dev.sluice.billing.ledger.Ledger;
import dev.sluice.billing.usage.Money;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts budgets in effect, asks the ledger what was spent before they were, and says when one nears
 * its end. A thread of its own, because the ledger blocks.
 */
public final class BudgetDesk implements AutoCloseable {

  private static final int AGAIN_SECONDS = 5;
  private static final Logger LOG = LoggerFactory.getLogger(BudgetDesk.class);

  private final Budgets budgets;
  private final OpeningBalances balances;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "sluice-budgets");
            made.setDaemon(true);
            return made;
          });

  public BudgetDesk(Budgets budgets, Ledger ledger) {
    this.budgets = budgets;
    this.balances =
        new OpeningBalances(budgets, ledger::flush, query -> ledger.queries().spent(query));
    var _ =
        thread.scheduleWithFixedDelay(this::fill, AGAIN_SECONDS, AGAIN_SECONDS, TimeUnit.SECONDS);
  }

  /** These budgets from now on. What was spent already is known a moment later. */
  public void apply(List<BudgetRule> rules) {
    budgets.apply(rules);
    if (!rules.isEmpty()) {
      thread.execute(this::fill);
    }
  }

  private void fill() {
    try {
      balances.fill();
    } catch (RuntimeException unreadable) {
      LOG.warn(
          "What budgets' teams have spent before cannot be read from the ledger ({}); until it can,"
              + " budgets count from now on. It is tried again every {} s.",
          unreadable.getMessage(),
          AGAIN_SECONDS);
    }
  }

  /** A line for whoever minds the money. Any thread. */
  public static void warn(BudgetView view) {
    BudgetRule rule = view.rule();
    LOG.warn(
        "Budget {} of team {} has reached {} % of its {}: {} are spent. It begins anew at {}.",
        rule.name(),
        rule.team().name(),
        rule.warnPercent(),
        shown(rule, rule.amount()),
        shown(rule, view.spent()),
        view.resetsAt());
  }

  private static String shown(BudgetRule rule, long amount) {
    return switch (rule.unit()) {
      case NANO_USD -> Money.text(amount);
      case TOKENS -> amount + " tokens";
    };
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
