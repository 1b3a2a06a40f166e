package dev.sluice.core.quota;

import dev.sluice.billing.admission.Admission;
import dev.sluice.billing.admission.Pool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which pool a call comes under: the first of its provider whose models include the call's. Any
 * thread; an immutable snapshot that {@link #apply} replaces as a whole, so that a call sees one
 * configuration or the next, never a mixture.
 */
public final class Pools {

  private record Place(List<String> models, Pool pool) {
    boolean has(@Nullable String model) {
      return models.isEmpty() || (model != null && ModelPattern.isAny(models, model));
    }
  }

  private final Admission admission;
  private volatile Map<String, List<Place>> byProvider = Map.of();

  /**
   * @param rules in the order in which they are tried
   * @param admission has the pools of {@code rules}, under their names
   */
  public Pools(List<PoolRule> rules, Admission admission) {
    this.admission = admission;
    point(rules);
  }

  /** Other limits and shares from now on. What has been used, and who waits, stays. */
  public void apply(List<PoolRule> rules) {
    admission.apply(rules.stream().map(PoolRule::settings).toList());
    point(rules);
  }

  private void point(List<PoolRule> rules) {
    Map<String, List<Place>> places = new HashMap<>();
    for (PoolRule rule : rules) {
      Pool pool = admission.pool(rule.settings().name());
      if (pool == null) {
        throw new IllegalStateException("Pool " + rule.settings().name() + " was not made");
      }
      places
          .computeIfAbsent(rule.provider(), p -> new ArrayList<>())
          .add(new Place(rule.models(), pool));
    }
    byProvider = Map.copyOf(places);
  }

  /** Whether any model of the provider is limited, so that its calls are worth an estimate. */
  public boolean isMetered(String provider) {
    return byProvider.containsKey(provider);
  }

  /**
   * The pool, or null where the call has no limit.
   *
   * @param model as the client named it
   */
  public @Nullable Pool of(String provider, @Nullable String model) {
    List<Place> places = byProvider.get(provider);
    if (places != null) {
      for (Place place : places) {
        if (place.has(model)) {
          return place.pool();
        }
      }
    }
    return null;
  }
}
