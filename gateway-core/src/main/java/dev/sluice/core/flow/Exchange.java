package dev.sluice.core.flow;

import static java.util.Objects.requireNonNull;

import dev.sluice.billing.admission.Place;
import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.admission.Waiting;
import dev.sluice.billing.budget.BudgetHold;
import dev.sluice.billing.estimate.Content;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.OpenCall;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.account.Account;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.UsageReader;
import dev.sluice.core.identity.Fingerprint;
import dev.sluice.core.prefix.Pass;
import dev.sluice.core.upstream.UpstreamStream;
import dev.sluice.sse.journal.Cursor;
import dev.sluice.sse.journal.Journal;
import dev.sluice.sse.journal.JournalHead;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One paid call at work: its journal, its reservation, its stream from the provider. Dies when it
 * is settled; outlives its client if it must. Confined to the call's loop.
 */
final class Exchange {

  final PaidCall paid;

  /** What is paid for; its client may be gone. */
  final Request request;

  final Dialect dialect;
  final RoutePolicy policy;
  final TeamId team;
  final UsageReader reader;

  /** Whether the gateway asks for a usage event that the client did not ask for. */
  final boolean asksForUsage;

  /** The form of the body that may be committed early, or null where that never happens. */
  final JournalHead.@Nullable Form earlyForm;

  final Deadlines deadlines;

  /**
   * What says where the call's prompt may be cached: calls with the same go to the same account.
   * Null where nothing is, or nobody has looked.
   */
  @Nullable Fingerprint affinity;

  /** Where the call goes; the route's first until step 5 has chosen. */
  ProviderAccount account;

  /** Where it is counted as under way; null before and after. */
  @Nullable Account at;

  // Set one after the other while the call is opened.
  @Nullable BudgetHold hold;
  @Nullable Pool pool;
  @Nullable Content content;
  @Nullable Estimate estimate;
  @Nullable Beginnings beginnings;
  @Nullable Pass pass;

  /** Whether a connection is being kept for it while it waits for another call to begin. */
  boolean isExpected;

  @Nullable Waiting waiting;

  /** Its standing in its team's queue, while it waits for another call to begin. */
  @Nullable Place place;

  @Nullable Reservation reservation;
  @Nullable OpenCall booked;
  @Nullable UpstreamStream upstream;

  // What the provider has answered so far.
  int providerStatus;
  int statusSent;
  JournalHead.@Nullable Form form;

  /** Body of a provider's refusal that has to be told inside a committed response. */
  @Nullable ByteBuf lateError;

  /** What a refusal of its tokens says of the team's standing. */
  List<Map.Entry<String, String>> refusalFields = List.of();

  boolean wasLate;
  boolean isPaused;

  // Phase times, nanoseconds of the loop's clock; 0 while not reached.
  long askedNanos;

  /** Time in queues that it has left again. */
  long queuedNanos;

  long admittedNanos;
  long sentNanos;
  long firstByteNanos;
  long resumedNanos;

  /** After this nobody waits for what the provider may still say; 0 while somebody does. */
  long lingerUntilNanos;

  // While nobody listens: since when, how long it may go on, and what its output was by then.
  boolean isOrphan;
  long orphanUntilNanos = SilenceWheel.NEVER;
  long orphanOutput;
  String leftWhy = "client_closed";

  /** What became of it as an orphan, in the words of {@link CallRecord#orphan}. */
  String orphan = "none";

  boolean isSettled;

  Exchange(
      PaidCall paid,
      Request request,
      boolean asksForUsage,
      JournalHead.@Nullable Form earlyForm,
      RequestFlow flow) {
    this.paid = paid;
    this.request = request;
    this.dialect = paid.dialect;
    this.policy = paid.policy;
    this.account = paid.policy.accounts().getFirst();
    this.team = paid.team;
    this.reader = dialect.newUsageReader(asksForUsage);
    this.asksForUsage = asksForUsage;
    this.earlyForm = earlyForm;
    this.deadlines = new Deadlines(flow);
  }

  /** From now on everything that is the provider's goes by this account. */
  void goesTo(ProviderAccount chosen) {
    account = chosen;
    paid.provider = chosen.provider();
  }

  String callId() {
    return paid.id();
  }

  Journal journal() {
    return paid.journal();
  }

  /** That of the client whose request is paid for; it may have gone. */
  Cursor cursor() {
    Seat first = requireNonNull(request.seat, "the first seat is taken when the call is opened");
    return requireNonNull(first.cursor, "the cursor is attached as soon as the journal is there");
  }

  /** The status that the first client got, or 0. */
  int statusSent() {
    return cursor().isCommitted() ? (cursor().isMisled() ? 200 : statusSent) : 0;
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
