package dev.sluice.billing.ledger;

/**
 * A call as it is in the ledger.
 *
 * @param expectedOutput tokens, as estimated before it was forwarded; -1 where that is not known
 * @param reads other requests that were served from it, and whose cursors have ended
 */
public record LedgerRow(CallRecord call, long expectedOutput, long reads) {}
