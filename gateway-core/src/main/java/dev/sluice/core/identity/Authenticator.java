package dev.sluice.core.identity;

import dev.sluice.billing.team.ApiKey;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.billing.team.KeyOwner;
import dev.sluice.billing.team.Teams;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * A client's key to its owner, by hash and in constant time. Confined to one event loop; make one
 * for each. What has not the form of a key is refused before it is hashed: the form is no secret.
 */
public final class Authenticator {

  private final Teams teams;
  private final InstantSource clock;
  private final ApiKeyHasher hasher;
  private final byte[] digest = new byte[32];

  /**
   * @param secret the one under which the directory's hashes were made; {@link
   *     ApiKeyHasher#DEFAULT_SECRET} where none is configured
   * @param clock by which keys expire
   */
  public Authenticator(Teams teams, String secret, InstantSource clock) {
    this.teams = teams;
    this.clock = clock;
    this.hasher = new ApiKeyHasher(secret);
  }

  /**
   * Whose key this is now; null if nobody's.
   *
   * @param presentedKey as the client sent it, without scheme
   */
  public @Nullable KeyOwner authenticate(String presentedKey) {
    if (!ApiKey.isWellFormed(presentedKey)) {
      return null;
    }
    hasher.digest(presentedKey, digest);
    return teams.now().find(digest, clock.millis());
  }
}
