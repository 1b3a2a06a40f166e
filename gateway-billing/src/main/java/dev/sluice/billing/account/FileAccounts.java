package dev.sluice.billing.account;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.team.Team;
import dev.sluice.billing.team.TeamId;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What the configuration file says of accounts. Immutable. */
public record FileAccounts(List<Team> teams, List<PoolSettings> pools, List<BudgetRule> budgets) {
  public FileAccounts {
    teams = List.copyOf(teams);
    pools = List.copyOf(pools);
    budgets = List.copyOf(budgets);
  }

  Set<TeamId> teamIds() {
    return teams.stream().map(Team::id).collect(Collectors.toUnmodifiableSet());
  }
}
