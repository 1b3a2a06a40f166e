package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.CallRecord.Metering;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.ledger.InFlightFile.Found;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.util.ArrayList;
import java.util.List;

/**
 * What an earlier run left in its slots, as rows: calls that had ended with what they were, calls
 * that were open as marked estimates. That a call is there once is the store's doing: it passes
 * over what has a row. So a run that dies while it recovers is no matter.
 *
 * @param rows of calls that had ended, then of calls that were open
 * @param settled how many had ended
 * @param intents how many were open
 * @param torn slots that cannot be read
 */
record Recovery(List<PendingRow> rows, int settled, int intents, List<Integer> torn) {

  /** What is not known of a call whose gateway died. */
  private static final String UNKNOWN = "unknown";

  static Recovery of(InFlightFile file, List<Found> found, long now) {
    List<PendingRow> settled = new ArrayList<>();
    List<PendingRow> open = new ArrayList<>();
    List<Integer> torn = new ArrayList<>();
    for (Found slot : found) {
      Intent intent = slot.intent();
      CallRecord call = slot.settled();
      if (intent == null) {
        torn.add(slot.slot());
      } else if (call == null) {
        open.add(PendingRow.call(lost(intent), intent.expectedOutput(), file, slot.slot(), now));
      } else {
        settled.add(PendingRow.call(call, intent.expectedOutput(), file, slot.slot(), now));
      }
    }
    List<PendingRow> rows = new ArrayList<>(settled);
    rows.addAll(open);
    return new Recovery(rows, settled.size(), open.size(), torn);
  }

  boolean isNeeded() {
    return !rows.isEmpty() || !torn.isEmpty();
  }

  /** An open intent, closed as what it was expected to be. */
  static CallRecord lost(Intent intent) {
    return new CallRecord(
        intent.callId(),
        intent.team(),
        intent.keyId(),
        intent.tags(),
        intent.route(),
        intent.dialect(),
        intent.operation(),
        intent.provider(),
        intent.modelAsked(),
        null,
        null,
        intent.stream(),
        0,
        Outcome.LOST,
        "gateway_died",
        UNKNOWN,
        new Usage(intent.estimatedInput(), 0, 0, 0, 0, 0, intent.expectedOutput(), 0),
        UsageSource.ESTIMATE,
        intent.estimatedCost(),
        intent.startedEpochMillis(),
        0,
        -1,
        0,
        0,
        0,
        0,
        false,
        "live",
        1,
        UNKNOWN,
        Usage.NONE,
        Cost.NONE,
        new Metering(intent.pool(), null, intent.estimatedInput(), intent.reservedTokens()),
        CallRecord.Caching.NONE);
  }
}
