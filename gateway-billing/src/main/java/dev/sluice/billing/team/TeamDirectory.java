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
  private final @Nullable TeamId[] owners;
  private final int mask;
  private final ApiKeyHash decoy = new ApiKeyHash(new byte[ApiKeyHasher.DIGEST_BYTES]);

  /**
   * @throws IllegalArgumentException if two teams have one name, or one hash stands twice
   */
  public TeamDirectory(List<Team> teams) {
    this.teams = List.copyOf(teams);
    Map<ApiKeyHash, TeamId> ownerOf = new HashMap<>();
    Set<TeamId> ids = new HashSet<>();
    Set<TeamId> holdingIds = new HashSet<>();
    for (Team team : teams) {
      if (!ids.add(team.id())) {
        throw new IllegalArgumentException("Team \"" + team.id().name() + "\" stands twice.");
      }
      if (team.holdsAnswers()) {
        holdingIds.add(team.id());
      }
      for (ApiKeyHash hash : team.keys()) {
        TeamId other = ownerOf.putIfAbsent(hash, team.id());
        if (other != null) {
          throw new IllegalArgumentException(
              "One key hash belongs to team \""
                  + other.name()
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
    owners = new @Nullable TeamId[size];
    ownerOf.forEach(
        (hash, owner) -> {
          int place = (int) hash.firstBytes() & mask;
          while (hashes[place] != null) {
            place = (place + 1) & mask;
          }
          hashes[place] = hash;
          owners[place] = owner;
        });
  }

  /** In the order of the configuration. */
  public List<Team> teams() {
    return teams;
  }

  /**
   * Whose key has this digest; null if nobody's.
   *
   * @param digest 32 bytes, only looked at
   */
  public @Nullable TeamId find(byte[] digest) {
    TeamId found = null;
    int place = (int) firstBytes(digest) & mask;
    ApiKeyHash hash;
    do {
      hash = hashes[place];
      // Goes on after a match, and ends on the decoy: the table alone says how long it takes.
      boolean same = (hash == null ? decoy : hash).isDigest(digest);
      if (same && hash != null) {
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
