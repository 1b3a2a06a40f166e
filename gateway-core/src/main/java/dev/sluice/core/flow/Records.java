package dev.sluice.core.flow;

import static java.util.Objects.requireNonNull;

import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.estimate.Content;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.Refusal;
import dev.sluice.sse.journal.Cursor;
import dev.sluice.sse.journal.JournalHead;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Call records, from what is known at each exit. */
final class Records {

  private static final String NONE = "none";

  private Records() {}

  /** Of a call that was opened. */
  static CallRecord settled(
      Exchange x,
      Phase endedIn,
      Outcome outcome,
      String reason,
      Settlement settled,
      CallRecord.Caching caching,
      long now) {
    Request r = x.request;
    return new CallRecord(
        x.callId(),
        x.team,
        r.keyId,
        r.tags,
        x.policy.route().name(),
        x.dialect.name(),
        x.dialect.operation(),
        x.account.provider(),
        r.model(),
        x.reader.servedModel(),
        x.reader.serviceTier(),
        r.stream(),
        x.statusSent(),
        outcome,
        reason,
        endedIn.label(),
        settled.usage(),
        settled.source(),
        settled.cost(),
        r.startedEpochMillis,
        queueNanos(x, now),
        x.firstByteNanos == 0 ? -1 : x.firstByteNanos - r.startedNanos,
        now - r.startedNanos,
        x.cursor().bytesWritten(),
        x.cursor().keepAlives(),
        x.cursor().longestSilenceNanos(),
        x.wasLate,
        Audience.LIVE,
        x.paid.seatsTaken,
        x.orphan,
        Usage.NONE,
        Cost.NONE,
        metering(x),
        caching);
  }

  /** Also of a call that waited in vain. */
  private static long queueNanos(Exchange x, long now) {
    if (x.askedNanos == 0) {
      return x.queuedNanos; // it waited for something else, or for nothing
    }
    return x.queuedNanos + (x.admittedNanos == 0 ? now : x.admittedNanos) - x.askedNanos;
  }

  private static CallRecord.Metering metering(Exchange x) {
    Reservation tokens = x.reservation;
    Pool pool = x.pool;
    Content content = x.content;
    return new CallRecord.Metering(
        pool == null ? null : pool.name(),
        content == null ? null : content.contentClass(),
        tokens == null ? 0 : tokens.estimate().input(),
        tokens == null || pool == null ? 0 : tokens.tokens());
  }

  /**
   * Of a request that was served from a call which somebody else's request had opened; nothing is
   * billed for it.
   */
  static CallRecord joined(
      PaidCall paid,
      Seat seat,
      Outcome outcome,
      String reason,
      Usage avoided,
      Cost avoidedCost,
      long now) {
    Request r = seat.request;
    Cursor cursor = requireNonNull(seat.cursor, "whoever ends has had a seat");
    JournalHead head = paid.journal().head();
    return new CallRecord(
        paid.id(),
        paid.team,
        r.keyId,
        r.tags,
        paid.policy.route().name(),
        paid.dialect.name(),
        paid.dialect.operation(),
        paid.provider,
        paid.model,
        null,
        null,
        paid.stream,
        !cursor.isCommitted() || head == null ? 0 : cursor.isMisled() ? 200 : head.status(),
        outcome,
        reason,
        Phase.STREAM_BACK.label(),
        Usage.NONE,
        UsageSource.NONE,
        Cost.NONE,
        r.startedEpochMillis,
        0,
        -1,
        now - r.startedNanos,
        cursor.bytesWritten(),
        cursor.keepAlives(),
        cursor.longestSilenceNanos(),
        false,
        seat.how,
        paid.seatsTaken,
        Orphans.NONE,
        avoided,
        avoidedCost,
        CallRecord.Metering.NONE,
        CallRecord.Caching.NONE);
  }

  /** Of a request that never became a call. */
  static CallRecord unopened(Request r, int status, Outcome outcome, String reason, long now) {
    Dialect dialect = r.dialect;
    return new CallRecord(
        r.id.text(),
        r.team,
        r.keyId,
        r.tags,
        r.policy == null ? NONE : r.policy.route().name(),
        dialect == null ? NONE : dialect.name(),
        dialect == null ? NONE : dialect.operation(),
        provider(r.policy),
        r.model(),
        null,
        null,
        r.stream(),
        status,
        outcome,
        reason,
        r.phase.label(),
        Usage.NONE,
        UsageSource.NONE,
        Cost.NONE,
        r.startedEpochMillis,
        0,
        -1,
        now - r.startedNanos,
        0,
        0,
        0,
        false,
        Audience.LIVE,
        1,
        Orphans.NONE,
        Usage.NONE,
        Cost.NONE,
        CallRecord.Metering.NONE,
        CallRecord.Caching.NONE);
  }

  /** Who would have served it, where there is only one. */
  private static String provider(@Nullable RoutePolicy policy) {
    return policy == null || policy.accounts().size() > 1
        ? NONE
        : policy.accounts().getFirst().provider();
  }

  /** Of bytes that never became a request. */
  static CallRecord unread(
      String id, @Nullable Dialect nearest, Refusal refusal, long epochMillis) {
    return new CallRecord(
        id,
        null,
        null,
        Map.of(),
        NONE,
        nearest == null ? NONE : nearest.name(),
        NONE,
        NONE,
        null,
        null,
        null,
        false,
        refusal.status(),
        Outcome.REFUSED,
        refusal.code(),
        Phase.ACCEPT.label(),
        Usage.NONE,
        UsageSource.NONE,
        Cost.NONE,
        epochMillis,
        0,
        -1,
        0,
        0,
        0,
        0,
        false,
        Audience.LIVE,
        1,
        Orphans.NONE,
        Usage.NONE,
        Cost.NONE,
        CallRecord.Metering.NONE,
        CallRecord.Caching.NONE);
  }
}
