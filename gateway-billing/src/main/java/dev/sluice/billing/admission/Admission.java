package dev.sluice.billing.admission;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.pool.PoolSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** All pools: may this call go now? Any thread, except for {@link #apply}. */
public final class Admission {

  private static final Place NO_PLACE = new Place(0, 0);

  private final LongSupplier nanoTime;
  private final Alarm alarm;
  private volatile Map<String, Pool> pools = new LinkedHashMap<>();

  /**
   * @param nanoTime nanoseconds; any thread; never goes back
   * @param alarm of the same clock
   * @throws IllegalArgumentException if two pools have one name
   */
  public Admission(List<PoolSettings> pools, LongSupplier nanoTime, Alarm alarm) {
    this.nanoTime = nanoTime;
    this.alarm = alarm;
    apply(pools);
  }

  /** Null if there is none of that name. */
  public @Nullable Pool pool(String name) {
    return pools.get(name);
  }

  /** In the order of the settings. */
  public List<Pool> pools() {
    return List.copyOf(pools.values());
  }

  /**
   * Takes over new settings, pool by pool, by name. Levels, debts, counters, waiters and their
   * reservations stay; levels are cut to smaller bursts; the next decision knows the new limits. A
   * guarantee that is new is empty at first, a pool that is new is full. A pool that is gone lets
   * all go that wait for it, and whoever still asks it. One thread at a time.
   *
   * @throws IllegalArgumentException if two pools have one name; nothing is changed then
   */
  public void apply(List<PoolSettings> changed) {
    Map<String, Pool> before = pools;
    Map<String, Pool> after = new LinkedHashMap<>();
    for (PoolSettings each : changed) {
      Pool old = before.get(each.name());
      if (after.put(each.name(), old == null ? new Pool(each, nanoTime, alarm) : old) != null) {
        throw new IllegalArgumentException(
            "Two pools are named \"" + each.name() + "\". Rename one.");
      }
    }
    pools = after;
    for (PoolSettings each : changed) {
      Pool old = before.get(each.name());
      if (old != null) {
        old.apply(each);
      }
    }
    before.forEach(
        (name, pool) -> {
          if (!after.containsKey(name)) {
            pool.retire();
          }
        });
  }

  /** For a call that is on no pool: settles once like any other, and is not counted. */
  public static Reservation unlimited(Estimate estimate) {
    return new Reservation(
        null, null, estimate, NO_PLACE, Standings.NONE, 0, new long[0], new long[0]);
  }
}
