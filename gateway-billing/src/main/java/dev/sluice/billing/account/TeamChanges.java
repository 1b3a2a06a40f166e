package dev.sluice.billing.account;

import dev.sluice.billing.account.Change.No;
import dev.sluice.billing.account.Change.Same;
import dev.sluice.billing.account.Change.Write;
import dev.sluice.billing.team.TeamId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Teams that come and go. */
public final class TeamChanges {

  static final int TEAMS_MAX = 10_000;

  private TeamChanges() {}

  /** Makes a team, or another of it. */
  public static Change<TeamView> put(TeamId team, boolean holdsAnswers, Condition condition) {
    return (book, now, revision) -> {
      TeamView found = book.team(team);
      Reason broken = condition.broken(found == null ? null : found.version());
      if (broken != null) {
        return Change.broken(broken, shown(team));
      }
      if (found != null && found.holdsAnswers() == holdsAnswers) {
        return new Same<>(found);
      }
      if (found != null && found.source() == Source.FILE) {
        return new No<>(
            Reason.SET_IN_FILE,
            shown(team)
                + " stands in the configuration file, where hold-answers is "
                + found.holdsAnswers()
                + ". Change it there: teams."
                + team.name()
                + ".hold-answers.");
      }
      if (found == null && book.state().teams().size() >= TEAMS_MAX) {
        return new No<>(
            Reason.TOO_MANY, "There are " + TEAMS_MAX + " teams, the most there can be.");
      }
      Instant created = found == null || found.created() == null ? now : found.created();
      StoredTeam row = new StoredTeam(team, holdsAnswers, created, revision);
      return new Write<>(
          "team_put",
          resource(team),
          found == null ? null : Facts.of("hold_answers", found.holdsAnswers()),
          Facts.of("hold_answers", holdsAnswers),
          List.of(new Edit.PutTeam(row)),
          after -> there(after.team(team)),
          found == null);
    };
  }

  /** Ends a team: its keys are revoked, its quotas and budgets dropped. */
  public static Change<TeamId> delete(TeamId team, Condition condition) {
    return (book, now, revision) -> {
      TeamView found = book.team(team);
      List<Edit> edits = all(book.state(), team, now, revision);
      if (found == null && edits.isEmpty()) {
        return Missing.team(team);
      }
      Reason broken = condition.broken(found == null ? null : found.version());
      if (broken != null) {
        return Change.broken(broken, shown(team));
      }
      if (found != null && found.source() == Source.FILE) {
        return new No<>(
            Reason.SET_IN_FILE,
            shown(team)
                + " stands in the configuration file. Remove it there; then its issued keys open"
                + " nothing, and it can be deleted here.");
      }
      return new Write<>(
          "team_delete",
          resource(team),
          Facts.of(
              "hold_answers",
              found == null ? null : found.holdsAnswers(),
              "keys_revoked",
              edits.stream().filter(Edit.PutKey.class::isInstance).count(),
              "quotas",
              edits.stream().filter(Edit.DropQuota.class::isInstance).count(),
              "budgets",
              edits.stream().filter(Edit.DropBudget.class::isInstance).count()),
          null,
          edits,
          after -> team,
          false);
    };
  }

  private static List<Edit> all(AccountState state, TeamId team, Instant now, long revision) {
    List<Edit> edits = new ArrayList<>();
    if (state.teams().containsKey(team)) {
      edits.add(new Edit.DropTeam(team));
    }
    for (IssuedKey key : state.keys().values()) {
      if (key.team().equals(team) && key.isLiveAt(now)) {
        edits.add(new Edit.PutKey(key.revokedAt(now, revision)));
      }
    }
    for (Named quota : state.quotas().keySet()) {
      if (quota.team().equals(team)) {
        edits.add(new Edit.DropQuota(quota));
      }
    }
    for (Named budget : state.budgets().keySet()) {
      if (budget.team().equals(team)) {
        edits.add(new Edit.DropBudget(budget));
      }
    }
    return edits;
  }

  static String shown(TeamId team) {
    return "Team \"" + team.name() + "\"";
  }

  static String resource(TeamId team) {
    return "teams/" + team.name();
  }

  /** What a change has just put there. */
  static <T> T there(@Nullable T view) {
    return java.util.Objects.requireNonNull(view, "it was put there by this change");
  }
}
