package dev.sluice.billing.admission;

import dev.sluice.billing.pool.Bucket;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All that a pool knows of one team. Plain fields; confined to the pool. */
final class TeamShare {

  final TeamId team;
  final Blame.Row blame;
  Quota quota;
  long maxWaitNanos;

  /** The guarantee on each meter, by {@code Counts.index()}; null where there is none. */
  final @Nullable Bucket[] own = new @Nullable Bucket[Limits.KINDS];

  /** The ceiling likewise. */
  final @Nullable Bucket[] ceiling = new @Nullable Bucket[Limits.KINDS];

  // The queue, and the order between teams: WaitingRoom.
  @Nullable Ask first;
  @Nullable Ask last;
  @Nullable Ask firstDue;
  @Nullable Ask lastDue;
  int waiting;

  /** Costs of all that wait, by {@code Counts.index()}. */
  final long[] queued = new long[Limits.KINDS];

  /** Whether its own ceiling held its first call when that was last looked at. */
  boolean isCapped;

  /** Borrowed tokens over weight, scaled; compared by difference only. */
  long counter;

  /** The counter's last lift, and the epoch in which that was. */
  long liftedTo;

  long liftedEpoch;

  // For people.
  long admitted;
  long servedTokens;
  long borrowedUnits;
  final Map<Limit, Long> refused = new EnumMap<>(Limit.class);
  long wouldHaveWaited;
  long wouldHaveRefused;

  TeamShare(TeamId team, Quota quota) {
    this.team = team;
    this.quota = quota;
    this.maxWaitNanos = quota.maxWait().toNanos();
    this.blame = new Blame.Row(team);
  }

  void quota(Quota changed) {
    quota = changed;
    maxWaitNanos = changed.maxWait().toNanos();
  }
}
