package dev.sluice.it.invoice;

import dev.sluice.billing.ledger.CallPage;
import dev.sluice.billing.ledger.CallQuery;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.LedgerCall;
import dev.sluice.billing.ledger.LedgerQueries;
import dev.sluice.billing.ledger.LedgerRow;
import dev.sluice.billing.ledger.UsageQuery;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.usage.UsageSource;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * All that is in a ledger.
 *
 * @param rows of calls
 * @param sums of all hours, as the ledger has added them up itself
 * @param reads of calls that somebody else had paid for, and that were read to the end
 * @param avoidedDifference tokens and nano-dollars by which what a read is said to have avoided
 *     differs from what its call has cost
 */
public record LedgerBook(
    List<CallRecord> rows, UsageSums sums, long reads, long avoidedDifference) {

  private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant UNTIL = Instant.parse("2100-01-01T00:00:00Z");

  /**
   * Reads all of it.
   *
   * @param directory the ledger's own
   */
  public static LedgerBook in(Path directory) {
    LedgerQueries queries = LedgerQueries.in(directory);
    List<CallRecord> rows = new ArrayList<>();
    long reads = 0;
    long avoidedDifference = 0;
    CallQuery query = CallQuery.newest(LedgerQueries.CALLS_MAX);
    CallPage page = queries.calls(query);
    while (true) {
      for (LedgerRow row : page.calls()) {
        rows.add(row.call());
        if (row.reads() > 0 && row.call().usageSource() == UsageSource.PROVIDER) {
          LedgerCall call = Objects.requireNonNull(queries.call(row.call().callId()));
          for (CallRecord read : call.reads()) {
            if (read.outcome() == CallRecord.Outcome.COMPLETE) {
              reads++;
              avoidedDifference += avoidedDifference(row.call(), read);
            }
          }
        }
      }
      if (page.next() == null) {
        break;
      }
      page = queries.calls(query.after(page.next()));
    }
    UsageSums sums =
        queries
            .usage(new UsageQuery(FROM, UNTIL, List.of(), java.util.Map.of()))
            .rows()
            .getFirst()
            .sums();
    return new LedgerBook(rows, sums, reads, avoidedDifference);
  }

  private static long avoidedDifference(CallRecord call, CallRecord read) {
    return Meters.of(call.usage()).difference(Meters.of(read.avoided()))
        + Amount.of(call.cost()).difference(Amount.of(read.avoidedCost()))
        + Meters.of(read.usage()).tokens();
  }

  /** Tokens and nano-dollars by which the sums differ from the rows that they are sums of. */
  public long sumsDifference() {
    long tokens = 0;
    long nanoUsd = 0;
    for (CallRecord row : rows) {
      tokens += Meters.of(row.usage()).tokens();
      nanoUsd += Amount.of(row.cost()).sum();
    }
    return Math.abs(Meters.of(sums.usage()).tokens() - tokens)
        + Math.abs(sums.costNanoUsd() - nanoUsd)
        + Math.abs(sums.calls() - rows.size());
  }
}
