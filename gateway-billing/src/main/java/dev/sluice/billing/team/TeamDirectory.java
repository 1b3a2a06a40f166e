package dev.sluice.billing.team;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All teams and their keys: an immutable snapshot, replaced as a whole, read from any thread.
 *
 * <p>A digest is looked up by its first eight bytes and then compared whole in constant time, as is
 * a decoy where there is nothing to compare, so what differs between a hit and a miss is not the
 * comparison. What the place in the table could still tell is a few bits of a hash, and a hash of a
 * random 256-bit key opens nothing.
 */
public final class TeamDirectory {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final List<Team> teams;
  private final Set<TeamId> holding;

  // Open addressing, at most half full, so that a look-up allocates nothing.
  private final @Nullable ApiKeyHash[] hashes;
  private final @Nullable KeyOwner[] owners;
  private final long[] expireEpochMillis;
  private final int mask;
  private final ApiKeyHash decoy = new ApiKeyHash(new byte[ApiKeyHasher.DIGEST_BYTES]);

  /**
   * @throws IllegalArgumentException if two teams have one name, or one hash stands twice
   */
  public TeamDirectory(List<Team> teams) {
    this.teams = List.copyOf(teams);
    Map<ApiKeyHash, KeyOwner> ownerOf = new HashMap<>();
    Map<ApiKeyHash, TeamKey> keyOf = new HashMap<>();
    Set<TeamId> ids = new HashSet<>();
    Set<TeamId> holdingIds = new HashSet<>();
    for (Team team : teams) {
      if (!ids.add(team.id())) {
        throw new IllegalArgumentException("Team \"" + team.id().name() + "\" stands twice.");
      }
      if (team.holdsAnswers()) {
        holdingIds.add(team.id());
      }
      for (TeamKey key : team.keys()) {
        keyOf.put(key.hash(), key);
        KeyOwner other = ownerOf.putIfAbsent(key.hash(), new KeyOwner(team.id(), key.id()));
        if (other != null) {
          throw new IllegalArgumentException(
              "One key hash belongs to team \""
                  + other.team().name()
                  + "\" and to team \""
                  + team.id().name()
                  + "\".");
        }
      }
    }
    holding = Set.copyOf(holdingIds);
    int size = Integer.highestOneBit(Math.max(4, ownerOf.size() * 2)) * 2;
    mask = size - 1;
    hashes = new @Nullable ApiKeyHash[size];
    owners = new @Nullable KeyOwner[size];
    expireEpochMillis = new long[size];
    keyOf.forEach(
        (hash, key) -> {
          int place = (int) hash.firstBytes() & mask;
          while (hashes[place] != null) {
            place = (place + 1) & mask;
          }
          hashes[place] = hash;
          owners[place] = ownerOf.get(hash);
          expireEpochMillis[place] =
              key.expires() == null ? Long.MAX_VALUE : key.expires().toEpochMilli();
        });
  }

  /** In the order of the configuration. */
  public List<Team> teams() {
    return teams;
  }

  /**
   * Whose key has this digest; null if nobody's, or if the key has expired.
   *
   * @param digest 32 bytes, only looked at
   * @param nowEpochMillis a key is found before the instant at which it expires, and not at it
   */
  public @Nullable KeyOwner find(byte[] digest, long nowEpochMillis) {
    KeyOwner found = null;
    int place = (int) firstBytes(digest) & mask;
    ApiKeyHash hash;
    do {
      hash = hashes[place];
      // Goes on after a match, and ends on the decoy: the table alone says how long it takes.
      boolean same = (hash == null ? decoy : hash).isDigest(digest);
      if (same && hash != null && nowEpochMillis < expireEpochMillis[place]) {
        found = owners[place];
      }
      place = (place + 1) & mask;
    } while (hash != null);
    return found;
  }

  /** Whether a team's answers may be held; false for one that is not here. One look-up. */
  public boolean holdsAnswers(TeamId team) {
    return holding.contains(team);
  }

  static long firstBytes(byte[] digest) {
    return (long) LONGS.get(digest, 0);
  }

  @Override
  public String toString() {
    return "TeamDirectory[" + teams.size() + " teams]";
  }
}
