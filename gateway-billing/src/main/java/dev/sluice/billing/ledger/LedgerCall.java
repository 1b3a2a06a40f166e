package dev.sluice.billing.ledger;

import java.util.List;

/**
 * A call and who else read it.
 *
 * @param reads by their start
 */
public record LedgerCall(LedgerRow row, List<CallRecord> reads) {}
