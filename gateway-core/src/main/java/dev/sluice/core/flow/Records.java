package dev.sluice.core.flow;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.Refusal;
import org.jspecify.annotations.Nullable;

/** Call records, from what is known at each exit. */
final class Records {

  private static final String NONE = "none";
  private static final String LIVE = "live";

  private Records() {}

  /** Of a call that was opened. */
  static CallRecord settled(
      Exchange x, Phase endedIn, Outcome outcome, String reason, Settlement settled, long now) {
    Request r = x.request;
    return new CallRecord(
        x.callId(),
        x.team,
        x.policy.route().name(),
        x.dialect.name(),
        x.dialect.operation(),
        x.policy.provider(),
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
        r.startedEpochMillis,
        x.admittedNanos == 0 ? 0 : x.admittedNanos - x.askedNanos,
        x.firstByteNanos == 0 ? -1 : x.firstByteNanos - r.startedNanos,
        now - r.startedNanos,
        x.cursor().bytesWritten(),
        x.cursor().keepAlives(),
        x.cursor().longestSilenceNanos(),
        x.wasLate,
        LIVE,
        1,
        NONE);
  }

  /** Of a request that never became a call. */
  static CallRecord unopened(Request r, int status, Outcome outcome, String reason, long now) {
    Dialect dialect = r.dialect;
    return new CallRecord(
        r.id.text(),
        r.team,
        r.policy == null ? NONE : r.policy.route().name(),
        dialect == null ? NONE : dialect.name(),
        dialect == null ? NONE : dialect.operation(),
        r.policy == null ? NONE : r.policy.provider(),
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
        r.startedEpochMillis,
        0,
        -1,
        now - r.startedNanos,
        0,
        0,
        0,
        false,
        LIVE,
        1,
        NONE);
  }

  /** Of bytes that never became a request. */
  static CallRecord unread(
      String id, @Nullable Dialect nearest, Refusal refusal, long epochMillis) {
    return new CallRecord(
        id,
        null,
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
        epochMillis,
        0,
        -1,
        0,
        0,
        0,
        0,
        false,
        LIVE,
        1,
        NONE);
  }
}
