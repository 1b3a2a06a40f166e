package dev.sluice.billing.team;

import java.util.List;

/**
 * Somebody who pays. Immutable.
 *
 * @param keys that belong to the team; may be empty, then only routes that name the team serve it
 * @param holdsAnswers whether the team's answers may be held for reconnects and retries; false for
 *     teams whose answers must not stay in memory
 */
public record Team(TeamId id, List<TeamKey> keys, boolean holdsAnswers) {
  public Team {
    keys = List.copyOf(keys);
  }
}
