package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.CallRecord.Outcome;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which calls; null is any.
 *
 * @param model the one served, or else the one asked for
 * @param tag a tag that the call has
 * @param from inclusive; by the start of a call
 * @param until exclusive
 * @param after {@link CallPage#next} of the page before; null for the first
 * @param limit 1 to {@link LedgerQueries#CALLS_MAX}
 */
public record CallQuery(
    @Nullable String team,
    @Nullable String keyId,
    @Nullable String provider,
    @Nullable String model,
    @Nullable Outcome outcome,
    @Nullable Tag tag,
    @Nullable Instant from,
    @Nullable Instant until,
    @Nullable String after,
    int limit) {

  /** A tag and its value. */
  public record Tag(String name, String value) {}

  /** The newest of all. */
  public static CallQuery newest(int limit) {
    return new CallQuery(null, null, null, null, null, null, null, null, null, limit);
  }

  public CallQuery {
    if (limit < 1 || limit > LedgerQueries.CALLS_MAX) {
      throw new IllegalArgumentException(
          "limit is " + limit + "; allowed are 1 to " + LedgerQueries.CALLS_MAX);
    }
  }

  /** The same, from where a page ended. */
  public CallQuery after(@Nullable String next) {
    return new CallQuery(team, keyId, provider, model, outcome, tag, from, until, next, limit);
  }
}
