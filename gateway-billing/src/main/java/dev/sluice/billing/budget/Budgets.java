package dev.sluice.billing.budget;

import dev.sluice.billing.budget.BudgetDecision.Held;
import dev.sluice.billing.budget.BudgetDecision.Stopped;
import dev.sluice.billing.budget.BudgetHold.Entry;
import dev.sluice.billing.ledger.Spent;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Lets a call go only if what it may cost fits into every budget of its team and of its key: spent,
 * held by calls that have not ended, and this one, together at most the amount. All of them agree,
 * or nothing is held.
 *
 * <p>All accounts of a team are one immutable list behind one reference. A step computes the next
 * list and exchanges the reference, or begins anew if another was faster. So a decision sees all
 * budgets at one moment, no thread ever waits, and somebody always gets on. Locks would make one
 * event loop wait for another; a counter for each rule, taken one after the other and given back
 * when the next says no, would now and then stop a call for want of money that nobody takes.
 *
 * <p><b>What holds.</b> Right after a call was let go, {@code spent + held <= amount} of each
 * enforced rule. From there only settling moves the sum, by what a call came to less what it had
 * held. So at any time
 *
 * <pre>spent &lt;= amount + the overruns of the calls that were in flight together</pre>
 *
 * where a call's overrun is what it cost beyond what it held. If no call costs more than it held,
 * nothing is overspent, with any number in parallel; if one does, by no more than its overrun. Two
 * that overrun at the same time add up: neither could know of the other. A budget that was lowered
 * below what is spent, or whose opening balance came late, lets nothing more go.
 *
 * <p>Money cannot count a call whose price is unknown. Such a call holds nothing and goes as long
 * as anything is left. If its cost is known when it is settled, that is charged; else it is counted
 * as {@link BudgetView#unpriced}, as the ledger does.
 *
 * <p>A call belongs to the period in which it was held, whenever it ends. The ledger knows calls by
 * their start, so after a restart one that had waited over midnight counts for the day before.
 *
 * <p>Rules that come while calls are in flight: those hold nothing on them, but are charged when
 * they end.
 */
public final class Budgets {

  private final InstantSource clock;
  private final Consumer<BudgetView> onWarning;

  /** Never removed from: a team that had budgets may have calls in flight. */
  private final Map<TeamId, TeamAccounts> teams = new ConcurrentHashMap<>();

  /** Of the next account; touched by {@link #apply} only. */
  private long nextId;

  /**
   * @param clock wall clock; may jump
   * @param onWarning hears, once for each rule and period, that a budget has reached the share at
   *     which to warn; on any thread, must not block
   */
  public Budgets(InstantSource clock, Consumer<BudgetView> onWarning) {
    this.clock = clock;
    this.onWarning = onWarning;
  }

  // ---- calls, from any event loop

  /** Whether the team has ever had a budget: whoever has none need not know what a call costs. */
  public boolean concern(TeamId team) {
    return teams.containsKey(team);
  }

  /**
   * Decides on a call, and sets aside what it may cost.
   *
   * @param keyId the team's key that it came with, or null
   * @param tokens that it may be billed, in and out
   * @param worst what these would cost at most
   */
  public BudgetDecision hold(TeamId team, @Nullable String keyId, long tokens, Cost worst) {
    if (tokens < 0 || worst.nanoUsd() < 0) {
      throw new IllegalArgumentException(tokens + " tokens for " + worst);
    }
    long now = clock.millis();
    TeamAccounts accounts = teams.get(team);
    if (accounts == null) {
      return new Held(new BudgetHold(this, team, keyId, now, List.of()));
    }
    while (true) {
      List<Account> before = accounts.get();
      List<Account> current = TeamAccounts.each(before, account -> account.at(now));
      Stopped stopped = stopped(current, keyId, tokens, worst);
      List<Entry> entries = new ArrayList<>();
      List<Account> after =
          TeamAccounts.each(
              current,
              account -> {
                if (!applies(account, keyId)) {
                  return account;
                }
                long amount = account.amountOf(tokens, worst);
                Account counted =
                    account.fits(amount, account.isUnpriced(worst)) ? account : account.stop();
                if (stopped != null) {
                  return counted;
                }
                entries.add(new Entry(account.id(), account.startsMillis(), amount));
                return counted.hold(amount);
              });
      if (accounts.exchange(before, after)) {
        return stopped != null
            ? stopped
            : new Held(new BudgetHold(this, team, keyId, now, List.copyOf(entries)));
      }
    }
  }

  /** Of the enforced rules that say no the one that does so for longest; null if none does. */
  private static @Nullable Stopped stopped(
      List<Account> accounts, @Nullable String keyId, long tokens, Cost worst) {
    Account longest = null;
    for (Account account : accounts) {
      if (applies(account, keyId)
          && account.isEnforced()
          && !account.fits(account.amountOf(tokens, worst), account.isUnpriced(worst))
          && (longest == null || account.endsMillis() > longest.endsMillis())) {
        longest = account;
      }
    }
    return longest == null
        ? null
        : new Stopped(
            longest.rule(),
            longest.spent(),
            longest.held(),
            longest.amountOf(tokens, worst),
            Instant.ofEpochMilli(longest.endsMillis()));
  }

  void settle(BudgetHold hold, long tokens, Cost cost) {
    change(
        hold.team(),
        account -> {
          if (!applies(account, hold.keyId())) {
            return account;
          }
          Entry entry = hold.on(account);
          boolean isOfThisPeriod =
              entry != null
                  ? entry.startsMillis() == account.startsMillis()
                  : hold.atMillis() >= account.startsMillis();
          if (!isOfThisPeriod) {
            return account;
          }
          return account.settle(
              entry == null ? 0 : entry.amount(),
              account.amountOf(tokens, cost),
              account.isUnpriced(cost));
        });
  }

  void giveBack(BudgetHold hold) {
    change(
        hold.team(),
        account -> {
          Entry entry = hold.on(account);
          return entry == null || entry.startsMillis() != account.startsMillis()
              ? account
              : account.giveBack(entry.amount());
        });
  }

  private static boolean applies(Account account, @Nullable String keyId) {
    String of = account.rule().keyId();
    return of == null || of.equals(keyId);
  }

  // ---- rules

  /**
   * These rules from now on, and no others. Rules that count the same as before (name, team, key,
   * unit, period) keep what they counted, whatever their amount is now; calls in flight are charged
   * to the rules that are there when they end.
   */
  public synchronized void apply(List<BudgetRule> rules) {
    Map<TeamId, List<BudgetRule>> byTeam = new LinkedHashMap<>();
    teams.keySet().forEach(team -> byTeam.put(team, new ArrayList<>()));
    for (BudgetRule rule : rules) {
      byTeam.computeIfAbsent(rule.team(), team -> new ArrayList<>()).add(rule);
    }
    long now = clock.millis();
    byTeam.forEach(
        (team, ofTeam) -> {
          long firstId = nextId;
          nextId += ofTeam.size();
          teams
              .computeIfAbsent(team, t -> new TeamAccounts(onWarning))
              .change(accounts -> merged(accounts, ofTeam, firstId, now));
        });
  }

  private static List<Account> merged(
      List<Account> accounts, List<BudgetRule> rules, long firstId, long now) {
    List<Account> merged = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      BudgetRule rule = rules.get(i);
      Account kept = null;
      for (Account account : accounts) {
        if (account.counts(rule)) {
          kept = account.with(rule);
        }
      }
      merged.add(kept != null ? kept : Account.open(firstId + i, rule, now));
    }
    return List.copyOf(merged);
  }

  /**
   * The opening balances that are missing. What is settled from now on is added to the ledger's
   * answer, what was settled before must be in it: so the ledger is flushed next, then asked. What
   * is settled in between may be counted twice, never not at all.
   */
  public List<Opening> openings() {
    List<Opening> openings = new ArrayList<>();
    long now = clock.millis();
    for (TeamAccounts accounts : teams.values()) {
      List<Account> asked =
          accounts.changeEach(now, account -> account.isComplete() ? account : account.asked());
      for (Account account : asked) {
        if (!account.isComplete()) {
          openings.add(
              new Opening(
                  account.id(),
                  account.rule().team(),
                  account.rule().keyId(),
                  Instant.ofEpochMilli(account.startsMillis()),
                  Instant.ofEpochMilli(account.endsMillis())));
        }
      }
    }
    return openings;
  }

  /**
   * What the ledger has recorded for the whole period of an opening balance. Ignored where that
   * period is over, or the rule is gone, or an answer came before.
   */
  public void opened(Opening opening, Spent recorded) {
    change(
        opening.team(),
        account ->
            // An account that has gone into its next period is complete.
            account.id() != opening.accountId() || account.isComplete()
                ? account
                : account.complete(account.amountOf(recorded)));
  }

  // ---- shown

  /** All budgets as they stand, by team and name. */
  public List<BudgetView> views() {
    long now = clock.millis();
    return teams.values().stream()
        .flatMap(accounts -> accounts.get().stream())
        .map(account -> account.at(now).view())
        .sorted(
            Comparator.comparing((BudgetView view) -> view.rule().team().name())
                .thenComparing(view -> view.rule().name()))
        .toList();
  }

  private void change(TeamId team, UnaryOperator<Account> step) {
    TeamAccounts accounts = teams.get(team);
    if (accounts != null) {
      accounts.changeEach(clock.millis(), step);
    }
  }
}
