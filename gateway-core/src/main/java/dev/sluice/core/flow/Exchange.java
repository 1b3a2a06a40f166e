package dev.sluice.core.flow;

import static java.util.Objects.requireNonNull;

import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.UsageReader;
import dev.sluice.core.identity.IndexedCall;
import dev.sluice.core.upstream.UpstreamStream;
import dev.sluice.sse.journal.Cursor;
import dev.sluice.sse.journal.Journal;
import dev.sluice.sse.journal.JournalHead;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One paid call at work: its journal, its reservation, its stream from the provider. Dies when it
 * is settled; outlives its client if it must. Confined to the call's loop.
 */
final class Exchange {

  final Request request;
  final IndexedCall<Object> claim;
  final Dialect dialect;
  final RoutePolicy policy;
  final TeamId team;
  final UsageReader reader;

  /** Whether the gateway asks for a usage event that the client did not ask for. */
  final boolean asksForUsage;

  /** The form of the body that may be committed early, or null where that never happens. */
  final JournalHead.@Nullable Form earlyForm;

  final Deadlines deadlines;

  // Set one after the other while the call is opened, before anything can be answered.
  @Nullable Journal journal;
  @Nullable Cursor cursor;
  @Nullable Reservation reservation;
  @Nullable UpstreamStream upstream;

  // What the provider has answered so far.
  int providerStatus;
  int statusSent;
  JournalHead.@Nullable Form form;

  /** Body of a provider's refusal that has to be told inside a committed response. */
  @Nullable ByteBuf lateError;

  boolean wasLate;
  boolean isPaused;

  /** Body bytes counted in the budget until the provider has answered. */
  long bodyBytesHeld;

  // Phase times, nanoseconds of the loop's clock; 0 while not reached.
  long askedNanos;
  long admittedNanos;
  long sentNanos;
  long firstByteNanos;
  long resumedNanos;

  /** After this nobody waits for what the provider may still say; 0 while somebody does. */
  long lingerUntilNanos;

  boolean isSettled;

  Exchange(
      Request request,
      IndexedCall<Object> claim,
      Dialect dialect,
      RoutePolicy policy,
      TeamId team,
      boolean asksForUsage,
      JournalHead.@Nullable Form earlyForm,
      RequestFlow flow) {
    this.request = request;
    this.claim = claim;
    this.dialect = dialect;
    this.policy = policy;
    this.team = team;
    this.reader = dialect.newUsageReader(asksForUsage);
    this.asksForUsage = asksForUsage;
    this.earlyForm = earlyForm;
    this.deadlines = new Deadlines(flow);
  }

  String callId() {
    return claim.id().text();
  }

  Journal journal() {
    return requireNonNull(journal, "the journal is made before anything can be answered");
  }

  Cursor cursor() {
    return requireNonNull(cursor, "the cursor is attached as soon as the journal is there");
  }

  /** The status that the client got, or 0. */
  int statusSent() {
    return cursor().isCommitted() ? (wasLate ? 200 : statusSent) : 0;
  }

  /** The form of what the client was told, once it was told anything. */
  JournalHead.@Nullable Form formSent() {
    return journal().isBegun() ? form : earlyForm;
  }

  /** The call's own limits on the loop's wheel: first byte, idle provider, total. */
  final class Deadlines extends SilenceWheel.Entry {
    private final RequestFlow flow;

    Deadlines(RequestFlow flow) {
      this.flow = flow;
    }

    @Override
    protected long onDeadline(long nowNanos) {
      return flow.deadline(Exchange.this, nowNanos);
    }
  }
}
