package dev.sluice.billing.account;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.pool.QuotaPromise;
import dev.sluice.billing.team.ApiKeyHash;
import dev.sluice.billing.team.Team;
import dev.sluice.billing.team.TeamDirectory;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.team.TeamKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * File and store together: who there is, and what holds for them. An immutable snapshot.
 *
 * <p>A team that stands in both is the file's; of a quota or a budget that stands in both, the
 * store's holds until it is deleted. What the store has for a team that is in neither waits for
 * that to come back, and opens and limits nothing meanwhile.
 */
public final class AccountBook {

  private final FileAccounts file;
  private final AccountState state;
  private final Map<Named, String> heldBack;
  private final Map<TeamId, Team> teams;
  private final Set<TeamId> inFile;
  private final TeamDirectory directory;
  private final List<PoolSettings> pools;
  private final List<BudgetRule> budgets;

  /**
   * @param heldBack stored quotas that are not in effect, with the reason
   * @throws IllegalArgumentException if the other quotas cannot be kept; names the value
   */
  AccountBook(FileAccounts file, AccountState state, Map<Named, String> heldBack) {
    this.file = file;
    this.state = state;
    this.heldBack = Map.copyOf(heldBack);
    this.pools = List.copyOf(Combination.pools(file, state, heldBack));
    this.teams = teams(file, state);
    this.inFile = file.teamIds();
    this.directory = new TeamDirectory(List.copyOf(teams.values()));
    this.budgets = budgets(file, state, teams.keySet());
  }

  /** Of a file that is new, or a store. */
  static AccountBook of(FileAccounts file, AccountState state) {
    return new AccountBook(file, state, Combination.heldBack(file, state));
  }

  /** With another state; what was held back stays so, but for what is set anew. */
  AccountBook after(AccountState changed) {
    Map<Named, String> held = new LinkedHashMap<>();
    heldBack.forEach(
        (of, why) -> {
          StoredQuota now = changed.quotas().get(of);
          if (now != null && now.equals(state.quotas().get(of))) {
            held.put(of, why);
          }
        });
    try {
      return new AccountBook(file, changed, held);
    } catch (IllegalArgumentException unkept) {
      return of(file, changed); // a team has come back, with quotas that nobody has checked
    }
  }

  private static Map<TeamId, Team> teams(FileAccounts file, AccountState state) {
    Map<TeamId, List<TeamKey>> keys = new LinkedHashMap<>();
    Map<TeamId, Boolean> holding = new LinkedHashMap<>();
    Set<ApiKeyHash> inFile = new HashSet<>();
    for (Team team : file.teams()) {
      keys.put(team.id(), new ArrayList<>(team.keys()));
      holding.put(team.id(), team.holdsAnswers());
      team.keys().forEach(key -> inFile.add(key.hash()));
    }
    state.teams().values().stream()
        .sorted(Comparator.comparing(team -> team.id().name()))
        .forEach(
            team -> {
              keys.putIfAbsent(team.id(), new ArrayList<>());
              holding.putIfAbsent(team.id(), team.holdsAnswers());
            });
    for (IssuedKey key : state.keys().values()) {
      List<TeamKey> ofTeam = keys.get(key.team());
      if (ofTeam != null && key.revoked() == null && !inFile.contains(key.hash())) {
        ofTeam.add(new TeamKey(key.id(), key.hash(), key.expires()));
      }
    }
    Map<TeamId, Team> teams = new LinkedHashMap<>();
    keys.forEach(
        (id, own) -> teams.put(id, new Team(id, own, Boolean.TRUE.equals(holding.get(id)))));
    return teams;
  }

  private static List<BudgetRule> budgets(
      FileAccounts file, AccountState state, Set<TeamId> teams) {
    Map<Named, BudgetRule> rules = new LinkedHashMap<>();
    file.budgets().forEach(rule -> rules.put(new Named(rule.team(), rule.name()), rule));
    state.budgets().values().stream()
        .filter(stored -> teams.contains(stored.rule().team()))
        .sorted(
            Comparator.comparing(
                stored -> stored.rule().team().name() + "\n" + stored.rule().name()))
        .forEach(stored -> rules.put(stored.of(), stored.rule()));
    return List.copyOf(rules.values());
  }

  // ---- for the gateway

  public TeamDirectory directory() {
    return directory;
  }

  /** With all quotas that are in effect, in the order of the file. */
  public List<PoolSettings> pools() {
    return pools;
  }

  /** Of all teams that there are. */
  public List<BudgetRule> budgets() {
    return budgets;
  }

  FileAccounts file() {
    return file;
  }

  AccountState state() {
    return state;
  }

  Map<Named, String> heldBack() {
    return heldBack;
  }

  // ---- for people

  /** By name. */
  public List<TeamView> teams() {
    return teams.keySet().stream()
        .sorted(Comparator.comparing(TeamId::name))
        .map(this::view)
        .toList();
  }

  /** Null where there is none. */
  public @Nullable TeamView team(TeamId id) {
    return teams.containsKey(id) ? view(id) : null;
  }

  private TeamView view(TeamId id) {
    boolean holds = directory.holdsAnswers(id);
    StoredTeam stored = state.teams().get(id);
    return stored == null || inFile.contains(id)
        ? new TeamView(id, holds, Source.FILE, null, ofFile(holds))
        : new TeamView(id, holds, Source.STORE, stored.created(), of(stored.revision()));
  }

  /** Of a team, also those that open nothing any more; those of the file first, then by age. */
  public List<KeyView> keys(TeamId team) {
    List<KeyView> views = new ArrayList<>();
    for (Team each : file.teams()) {
      if (each.id().equals(team)) {
        each.keys().stream()
            .sorted(Comparator.comparing(TeamKey::id))
            .forEach(key -> views.add(view(team, key)));
      }
    }
    state.keys().values().stream()
        .filter(key -> key.team().equals(team))
        .sorted(Comparator.comparing(IssuedKey::created).thenComparing(IssuedKey::id))
        .forEach(key -> views.add(view(key)));
    return views;
  }

  /** By its public id; null where there is none. */
  public @Nullable KeyView key(String id) {
    IssuedKey issued = state.keys().get(id);
    if (issued != null) {
      return view(issued);
    }
    for (Team team : file.teams()) {
      for (TeamKey key : team.keys()) {
        if (key.id().equals(id)) {
          return view(team.id(), key);
        }
      }
    }
    return null;
  }

  private static KeyView view(TeamId team, TeamKey key) {
    return new KeyView(key.id(), team, null, Source.FILE, null, null, null, null, key.id());
  }

  private static KeyView view(IssuedKey key) {
    return new KeyView(
        key.id(),
        key.team(),
        key.name(),
        Source.STORE,
        key.created(),
        key.expires(),
        key.revoked(),
        key.replacedBy(),
        of(key.revision()));
  }

  /** Null where there is none of this name. */
  public @Nullable PoolSettings pool(String name) {
    for (PoolSettings pool : pools) {
      if (pool.name().equals(name)) {
        return pool;
      }
    }
    return null;
  }

  /** A team's own quotas, by pool. */
  public List<QuotaView> quotas(TeamId team) {
    Set<String> names = new TreeSet<>();
    file.pools().stream()
        .filter(pool -> pool.quotas().containsKey(team))
        .forEach(pool -> names.add(pool.name()));
    state.quotas().keySet().stream()
        .filter(of -> of.team().equals(team))
        .forEach(of -> names.add(of.name()));
    List<QuotaView> views = new ArrayList<>();
    for (String name : names) {
      QuotaView view = quota(team, name);
      if (view != null) {
        views.add(view);
      }
    }
    return views;
  }

  /** Null where the team has none of its own on that pool. */
  public @Nullable QuotaView quota(TeamId team, String name) {
    PoolSettings pool = pool(name);
    StoredQuota stored = state.quotas().get(new Named(team, name));
    Quota inFile = quotaInFile(team, name);
    Quota now = pool == null ? null : pool.quotaOf(team);
    QuotaPromise promise = pool == null ? null : pool.promise(team);
    if (stored != null) {
      String obstacle = obstacle(stored.of(), pool);
      String version = of(stored.revision());
      return new QuotaView(
          team, name, stored.terms(), Source.STORE, obstacle, now, promise, version);
    }
    return inFile == null
        ? null
        : new QuotaView(team, name, terms(inFile), Source.FILE, null, now, promise, ofFile(inFile));
  }

  private @Nullable String obstacle(Named of, @Nullable PoolSettings pool) {
    return pool == null
        ? "The configuration names no pool \"" + of.name() + "\"."
        : heldBack.get(of);
  }

  @Nullable Quota quotaInFile(TeamId team, String name) {
    for (PoolSettings pool : file.pools()) {
      if (pool.name().equals(name)) {
        return pool.quotas().get(team);
      }
    }
    return null;
  }

  static QuotaTerms terms(Quota of) {
    return new QuotaTerms(
        of.guaranteed(), of.ceiling(), of.weight(), of.lane(), of.maxWait(), of.burst(), of.mode());
  }

  /** A team's budgets, by name. */
  public List<BudgetView> budgets(TeamId team) {
    return budgets.stream()
        .filter(rule -> rule.team().equals(team))
        .sorted(Comparator.comparing(BudgetRule::name))
        .map(this::view)
        .toList();
  }

  /** Null where there is none. */
  public @Nullable BudgetView budget(TeamId team, String name) {
    for (BudgetRule rule : budgets) {
      if (rule.team().equals(team) && rule.name().equals(name)) {
        return view(rule);
      }
    }
    return null;
  }

  private BudgetView view(BudgetRule rule) {
    StoredBudget stored = state.budgets().get(new Named(rule.team(), rule.name()));
    return stored == null
        ? new BudgetView(rule, Source.FILE, ofFile(rule))
        : new BudgetView(rule, Source.STORE, of(stored.revision()));
  }

  @Nullable BudgetRule budgetInFile(Named of) {
    for (BudgetRule rule : file.budgets()) {
      if (rule.team().equals(of.team()) && rule.name().equals(of.name())) {
        return rule;
      }
    }
    return null;
  }

  private static String of(long revision) {
    return Long.toString(revision);
  }

  /** The file has no revisions: what it says is its own version, the same after a restart. */
  private static String ofFile(@Nullable Object value) {
    return "file-" + Integer.toHexString(String.valueOf(value).hashCode());
  }
}
