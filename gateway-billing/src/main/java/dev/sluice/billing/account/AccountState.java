package dev.sluice.billing.account;

import dev.sluice.billing.team.TeamId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All that a store holds, but for the log of changes. Immutable.
 *
 * @param keys by id
 * @param answered by {@link AnsweredRequest#request}
 * @param revision number of the last change; 0 before the first
 */
public record AccountState(
    Map<TeamId, StoredTeam> teams,
    Map<String, IssuedKey> keys,
    Map<Named, StoredQuota> quotas,
    Map<Named, StoredBudget> budgets,
    Map<String, AnsweredRequest> answered,
    long revision) {

  static final AccountState EMPTY =
      new AccountState(Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), 0);

  public AccountState {
    teams = Map.copyOf(teams);
    keys = Map.copyOf(keys);
    quotas = Map.copyOf(quotas);
    budgets = Map.copyOf(budgets);
    answered = Map.copyOf(answered);
  }

  /** The state after a change. */
  AccountState with(List<Edit> edits, long changed) {
    Map<TeamId, StoredTeam> newTeams = new HashMap<>(teams);
    Map<String, IssuedKey> newKeys = new HashMap<>(keys);
    Map<Named, StoredQuota> newQuotas = new HashMap<>(quotas);
    Map<Named, StoredBudget> newBudgets = new HashMap<>(budgets);
    Map<String, AnsweredRequest> newAnswered = new HashMap<>(answered);
    for (Edit edit : edits) {
      switch (edit) {
        case Edit.PutTeam(StoredTeam row) -> newTeams.put(row.id(), row);
        case Edit.DropTeam(TeamId team) -> newTeams.remove(team);
        case Edit.PutKey(IssuedKey row) -> newKeys.put(row.id(), row);
        case Edit.DropKey(String id) -> newKeys.remove(id);
        case Edit.PutQuota(StoredQuota row) -> newQuotas.put(row.of(), row);
        case Edit.DropQuota(Named of) -> newQuotas.remove(of);
        case Edit.PutBudget(StoredBudget row) -> newBudgets.put(row.of(), row);
        case Edit.DropBudget(Named of) -> newBudgets.remove(of);
        case Edit.PutAnswered(AnsweredRequest row) -> newAnswered.put(row.request(), row);
        case Edit.DropAnswered(String request) -> newAnswered.remove(request);
      }
    }
    return new AccountState(newTeams, newKeys, newQuotas, newBudgets, newAnswered, changed);
  }

  @Override
  public String toString() {
    return "AccountState["
        + teams.size()
        + " teams, "
        + keys.size()
        + " keys, "
        + quotas.size()
        + " quotas, "
        + budgets.size()
        + " budgets, revision "
        + revision
        + "]";
  }
}
