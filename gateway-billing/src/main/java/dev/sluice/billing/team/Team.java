package dev.sluice.billing.team;

import java.util.List;

/**
 * Somebody who pays. Immutable.
 *
 * @param keys hashes of the keys that belong to the team; may be empty, then only routes that name
 *     the team serve it
 */
public record Team(TeamId id, List<ApiKeyHash> keys) {
  public Team {
    keys = List.copyOf(keys);
  }
}
