package dev.sluice.billing.account;

import dev.sluice.billing.team.ApiKeyHash;
import dev.sluice.billing.team.TeamId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key that was issued while the gateway ran; the key itself is kept nowhere. Instants are whole
 * milliseconds.
 *
 * @param id public
 * @param name for people; null for none
 * @param expires the first instant at which it opens nothing any more; null for never
 * @param revoked since when it opens nothing; null while it is not revoked
 * @param replacedBy id of the key that was issued in its place; null while none was
 * @param revision number of the change that set this
 */
public record IssuedKey(
    String id,
    TeamId team,
    @Nullable String name,
    ApiKeyHash hash,
    Instant created,
    @Nullable Instant expires,
    @Nullable Instant revoked,
    @Nullable String replacedBy,
    long revision) {

  /** Whether it opens something, or will never again. */
  boolean isLiveAt(Instant now) {
    return revoked == null && (expires == null || now.isBefore(expires));
  }

  IssuedKey replacedBy(String other, Instant end, long changed) {
    return new IssuedKey(id, team, name, hash, created, end, revoked, other, changed);
  }

  IssuedKey revokedAt(Instant now, long changed) {
    return new IssuedKey(id, team, name, hash, created, expires, now, replacedBy, changed);
  }
}
