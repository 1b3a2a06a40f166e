package dev.sluice.core.flow;

import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.identity.CallIdentity;
import dev.sluice.core.identity.IndexedCall;
import dev.sluice.sse.journal.Cursor;
import dev.sluice.sse.journal.Journal;
import dev.sluice.sse.replay.LocalJournals;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A paid call as those see it who read its answer: the journal and the seats around it. Outlives
 * the exchange that pays for it, by the window in which it may be asked for again. Confined to the
 * loop of its exchange.
 */
public final class PaidCall {

  final RequestFlow flow;
  final IndexedCall<PaidCall> entry;
  final Dialect dialect;
  final RoutePolicy policy;
  final TeamId team;
  final boolean stream;
  final @Nullable String model;
  final long startedNanos;

  /** Who serves it; until that is chosen, the route's first. */
  String provider;

  /** At work; null once it is settled. */
  @Nullable Exchange work;

  /** Who reads now. */
  final List<Seat> seats = new ArrayList<>(1);

  /** Clients that have read it in all. */
  int seatsTaken;

  /** Whether some client was sent all of it. */
  boolean wasDelivered;

  /** Whether it failed after a status had been committed: it is told once more, then forgotten. */
  boolean isFailure;

  /** Nobody finds it any more. */
  boolean isReleased;

  /** What it was billed; none before it is settled. */
  Usage usage = Usage.NONE;

  /** What that costs. */
  Cost cost = Cost.NONE;

  LocalJournals.@Nullable Held held;

  private @Nullable Journal journal;

  PaidCall(
      RequestFlow flow,
      IndexedCall<PaidCall> entry,
      Request first,
      Dialect dialect,
      RoutePolicy policy,
      TeamId team) {
    this.flow = flow;
    this.entry = entry;
    this.dialect = dialect;
    this.policy = policy;
    this.provider = policy.accounts().getFirst().provider();
    this.team = team;
    this.stream = first.stream();
    this.model = first.model();
    this.startedNanos = first.startedNanos;
  }

  String id() {
    return entry.id().text();
  }

  boolean isNamed() {
    return entry.identity() instanceof CallIdentity.Named;
  }

  Journal journal() {
    Journal made = journal;
    if (made == null) {
      throw new IllegalStateException("the journal is made before anybody can read it");
    }
    return made;
  }

  void journal(Journal made) {
    journal = made;
  }

  @Nullable Seat seatOf(Cursor cursor) {
    for (Seat seat : seats) {
      if (seat.cursor == cursor) {
        return seat;
      }
    }
    return null;
  }
}
