package dev.sluice.billing.account;

import dev.sluice.billing.account.Change.No;
import dev.sluice.billing.account.Change.Same;
import dev.sluice.billing.account.Change.Write;
import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.team.TeamId;
import java.util.List;

/** What teams and keys may spend. */
public final class BudgetChanges {

  static final int PER_TEAM_MAX = 100;

  private BudgetChanges() {}

  /** Sets a budget: it holds in the place of the file's, if there is one. */
  public static Change<BudgetView> put(BudgetRule rule, Condition condition) {
    return (book, now, revision) -> {
      TeamId team = rule.team();
      if (book.team(team) == null) {
        return Missing.team(team);
      }
      BudgetView found = book.budget(team, rule.name());
      Reason broken = condition.broken(found == null ? null : found.version());
      if (broken != null) {
        return Change.broken(broken, shown(new Named(team, rule.name())));
      }
      if (found != null && found.source() == Source.STORE && found.rule().equals(rule)) {
        return new Same<>(found);
      }
      KeyView key = rule.keyId() == null ? null : book.key(rule.keyId());
      if (rule.keyId() != null && (key == null || !key.team().equals(team))) {
        return new No<>(
            Reason.NOT_THE_TEAMS_KEY,
            TeamChanges.shown(team)
                + " has no key of this id. GET /admin/v1/teams/"
                + team.name()
                + "/keys lists those there are.");
      }
      if (found == null && book.budgets(team).size() >= PER_TEAM_MAX) {
        return new No<>(
            Reason.TOO_MANY,
            TeamChanges.shown(team) + " has " + PER_TEAM_MAX + " budgets, the most there can be.");
      }
      return new Write<>(
          "budget_put",
          resource(new Named(team, rule.name())),
          found == null ? null : facts(found.rule(), found.source()),
          facts(rule, Source.STORE),
          List.of(new Edit.PutBudget(new StoredBudget(rule, revision))),
          after -> TeamChanges.there(after.budget(team, rule.name())),
          found == null);
    };
  }

  /** Drops what was set: the file's holds again, or none. */
  public static Change<Named> delete(Named of, Condition condition) {
    return (book, now, revision) -> {
      BudgetView found = book.budget(of.team(), of.name());
      if (found == null) {
        return book.team(of.team()) == null ? Missing.team(of.team()) : Missing.budget(of);
      }
      Reason broken = condition.broken(found.version());
      if (broken != null) {
        return Change.broken(broken, shown(of));
      }
      if (found.source() == Source.FILE) {
        return new No<>(
            Reason.SET_IN_FILE,
            shown(of)
                + " stands in the configuration file. Change it there, or PUT another, which then"
                + " holds in its place.");
      }
      BudgetRule inFile = book.budgetInFile(of);
      return new Write<>(
          "budget_delete",
          resource(of),
          facts(found.rule(), Source.STORE),
          inFile == null ? null : facts(inFile, Source.FILE),
          List.of(new Edit.DropBudget(of)),
          after -> of,
          false);
    };
  }

  private static String shown(Named of) {
    return "Budget \"" + of.name() + "\" of team \"" + of.team().name() + "\"";
  }

  private static String resource(Named of) {
    return TeamChanges.resource(of.team()) + "/budgets/" + of.name();
  }

  private static String facts(BudgetRule rule, Source source) {
    return Facts.of(
        "source",
        source,
        "unit",
        rule.unit(),
        "amount",
        rule.amount(),
        "per",
        rule.per(),
        "warn_percent",
        rule.warnPercent(),
        "key",
        rule.keyId(),
        "mode",
        rule.mode());
  }
}
