package dev.sluice.billing.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls, newest first. Rows that are written meanwhile move no page: what was there when the first
 * was asked for is on exactly one of them.
 *
 * @param next where the next page begins, or null where this was the last
 */
public record CallPage(List<LedgerRow> calls, @Nullable String next) {}
