package dev.sluice.core.quota;

import dev.sluice.billing.pool.PoolSettings;
import java.util.List;

/**
 * Which calls come under a pool's limits. Immutable; built by the configuration.
 *
 * @param provider name of the provider whose account is limited
 * @param models patterns with {@code *} of models that share the limits; empty: all
 */
public record PoolRule(String provider, List<String> models, PoolSettings settings) {
  public PoolRule {
    models = List.copyOf(models);
  }

  /** The same models of the same provider, under other limits. */
  public PoolRule with(PoolSettings other) {
    return new PoolRule(provider, models, other);
  }
}
