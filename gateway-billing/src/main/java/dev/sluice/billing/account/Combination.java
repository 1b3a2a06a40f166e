package dev.sluice.billing.account;

import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.pool.QuotaFaults;
import dev.sluice.billing.team.TeamId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Pools of the file with the quotas of the store laid over. What is set while the gateway runs is
 * checked against the pool as it is then; but the file may change later, and what fitted before may
 * not fit any more. So a stored quota that cannot be kept beside the others is held back, with the
 * reason, until it is set anew or the file changes: a gateway that does not start helps nobody, and
 * the file is what its operator has just written.
 */
final class Combination {

  private Combination() {}

  /**
   * Stored quotas that cannot be kept, with the reason. Those that take less than the file gives
   * are tried first, then the latest.
   */
  static Map<Named, String> heldBack(FileAccounts file, AccountState state) {
    Map<Named, String> held = new LinkedHashMap<>();
    Set<TeamId> teams = teams(file, state);
    Map<String, PoolSettings> pools = new LinkedHashMap<>();
    file.pools().forEach(pool -> pools.put(pool.name(), pool));
    List<StoredQuota> order = new ArrayList<>(state.quotas().values());
    order.sort(
        Comparator.<StoredQuota>comparingLong(stored -> Math.max(0, more(stored, pools)))
            .thenComparing(Comparator.comparingLong(StoredQuota::revision).reversed()));
    for (StoredQuota stored : order) {
      Named of = stored.of();
      PoolSettings pool = pools.get(of.name());
      if (pool == null || !teams.contains(of.team())) {
        continue; // nothing to be kept
      }
      try {
        pools.put(of.name(), with(pool, of.team(), stored.terms().on(pool)));
      } catch (IllegalArgumentException unkept) {
        held.put(of, QuotaFaults.cannotBeKept(of.name(), String.valueOf(unkept.getMessage())));
      }
    }
    return held;
  }

  /** Those of the file and those of the store. */
  private static Set<TeamId> teams(FileAccounts file, AccountState state) {
    Set<TeamId> teams = new HashSet<>(file.teamIds());
    teams.addAll(state.teams().keySet());
    return teams;
  }

  /** What a stored quota guarantees beyond the file's. */
  private static long more(StoredQuota stored, Map<String, PoolSettings> pools) {
    PoolSettings pool = pools.get(stored.of().name());
    Quota inFile = pool == null ? null : pool.quotas().get(stored.of().team());
    return stored.terms().guaranteed() - (inFile == null ? 0 : inFile.guaranteed());
  }

  /**
   * The pools as they hold.
   *
   * @throws IllegalArgumentException if they cannot be kept; names the value
   */
  static List<PoolSettings> pools(
      FileAccounts file, AccountState state, Map<Named, String> heldBack) {
    List<PoolSettings> pools = new ArrayList<>();
    Set<TeamId> teams = teams(file, state);
    for (PoolSettings pool : file.pools()) {
      Map<TeamId, Quota> quotas = new LinkedHashMap<>(pool.quotas());
      for (StoredQuota stored : state.quotas().values().stream().sorted(BY_TEAM).toList()) {
        Named of = stored.of();
        if (of.name().equals(pool.name())
            && !heldBack.containsKey(of)
            && teams.contains(of.team())) {
          quotas.put(of.team(), stored.terms().on(pool));
        }
      }
      pools.add(with(pool, quotas));
    }
    return pools;
  }

  private static final Comparator<StoredQuota> BY_TEAM =
      Comparator.comparing(stored -> stored.of().team().name());

  /** A pool with one quota put in, or taken out. */
  static PoolSettings with(PoolSettings pool, TeamId team, @Nullable Quota quota) {
    Map<TeamId, Quota> quotas = new LinkedHashMap<>(pool.quotas());
    if (quota == null) {
      quotas.remove(team);
    } else {
      quotas.put(team, quota);
    }
    return with(pool, quotas);
  }

  private static PoolSettings with(PoolSettings pool, Map<TeamId, Quota> quotas) {
    return new PoolSettings(
        pool.name(),
        pool.meters(),
        pool.counting(),
        pool.mode(),
        quotas,
        pool.others(),
        pool.waitingMaxPerTeam());
  }
}
