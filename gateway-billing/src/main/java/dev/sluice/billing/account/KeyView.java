package dev.sluice.billing.account;

import dev.sluice.billing.team.TeamId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key as it is now, without the key and without its hash.
 *
 * @param created null for one of the file
 * @param replacedBy id of the key that was issued in its place, or null
 * @param version changes with every change of it
 */
public record KeyView(
    String id,
    TeamId team,
    @Nullable String name,
    Source source,
    @Nullable Instant created,
    @Nullable Instant expires,
    @Nullable Instant revoked,
    @Nullable String replacedBy,
    String version) {

  /** What it is good for. */
  public enum State {
    ACTIVE,
    EXPIRED,
    REVOKED
  }

  public State stateAt(Instant now) {
    if (revoked != null) {
      return State.REVOKED;
    }
    return expires != null && !now.isBefore(expires) ? State.EXPIRED : State.ACTIVE;
  }
}
