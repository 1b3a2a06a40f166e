package dev.sluice.billing.budget;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * All accounts of a team, changed together: an immutable list behind one reference. Any thread; a
 * step may be computed several times, until nobody else was faster.
 */
final class TeamAccounts {

  private final AtomicReference<List<Account>> list = new AtomicReference<>(List.of());
  private final Consumer<BudgetView> onWarning;

  TeamAccounts(Consumer<BudgetView> onWarning) {
    this.onWarning = onWarning;
  }

  List<Account> get() {
    return requireNonNull(list.get(), "never without a list");
  }

  /** Whether it still was what it was before; then warnings have been told. */
  boolean exchange(List<Account> before, List<Account> after) {
    if (after.equals(before)) {
      return true; // nothing to change, and so it was at the moment when it was read
    }
    if (!list.compareAndSet(before, after)) {
      return false;
    }
    // Whoever made the exchange tells of it; so each warning is told once.
    for (Account account : after) {
      if (account.isWarned() && !wasWarned(before, account)) {
        onWarning.accept(account.view());
      }
    }
    return true;
  }

  /** What it is after the step. */
  List<Account> change(UnaryOperator<List<Account>> step) {
    while (true) {
      List<Account> before = get();
      List<Account> after = step.apply(before);
      if (exchange(before, after)) {
        return after;
      }
    }
  }

  /** Each account in the period of that moment, and then a step further. */
  List<Account> changeEach(long nowMillis, UnaryOperator<Account> step) {
    return change(accounts -> each(accounts, account -> step.apply(account.at(nowMillis))));
  }

  static List<Account> each(List<Account> accounts, UnaryOperator<Account> step) {
    Account[] after = new Account[accounts.size()];
    for (int i = 0; i < after.length; i++) {
      after[i] = step.apply(accounts.get(i));
    }
    return List.of(after);
  }

  private static boolean wasWarned(List<Account> before, Account account) {
    for (Account earlier : before) {
      if (earlier.id() == account.id()) {
        return earlier.isWarned() && earlier.startsMillis() == account.startsMillis();
      }
    }
    return false;
  }
}
