package dev.sluice.core.account;

import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** The accounts that may serve one call, the best first. Of one choice: not kept. */
public final class Line {

  private final Account[] accounts;
  private final long nowNanos;
  private final BiConsumer<String, Spill> onSpill;

  Line(Account[] accounts, long nowNanos, BiConsumer<String, Spill> onSpill) {
    this.accounts = accounts;
    this.nowNanos = nowNanos;
    this.onSpill = onSpill;
  }

  /** Name of the account that the call goes to if nothing is wrong there. */
  public String first() {
    return accounts[0].provider();
  }

  /**
   * Name of the account that the call goes to: the first that is not skipped and would let it go at
   * once. Where none would, it waits at the first that is not skipped, where its prompt may be
   * cached; and where all are skipped, at the one whose time is over first.
   *
   * @param mayGoNow whether the tokens can be had at once from the account of this name
   */
  public String choose(Predicate<String> mayGoNow) {
    Account waits = null;
    Account soonest = accounts[0];
    for (Account account : accounts) {
      if (!isSkipped(account)) {
        if (mayGoNow.test(account.provider())) {
          return chosen(account);
        }
        waits = waits == null ? account : waits;
      } else if (account.skip().untilNanos() - soonest.skip().untilNanos() < 0) {
        soonest = account;
      }
    }
    return chosen(waits == null ? soonest : waits);
  }

  private String chosen(Account account) {
    if (account != accounts[0]) {
      onSpill.accept(first(), isSkipped(accounts[0]) ? accounts[0].skip().why() : Spill.POOL);
    }
    return account.provider();
  }

  private boolean isSkipped(Account account) {
    return account.skip().untilNanos() - nowNanos > 0;
  }
}
