package dev.sluice.billing.admission;

import dev.sluice.billing.pool.Counts;

/** The answer to "may this call go now?". Closed: a new answer shows every place that decides. */
public sealed interface Decision {

  /**
   * It may; its tokens are reserved until the reservation is settled or given back, one of which
   * must happen.
   *
   * @param waitedNanos since it asked
   */
  record Admitted(Reservation reservation, long waitedNanos) implements Decision {

    /** As of the decision; made when asked for. */
    public Standing standing() {
      return reservation.standing();
    }
  }

  /**
   * It may not, and nothing was changed by its having asked.
   *
   * @param limit which limit said so
   * @param counts what that limit counts
   * @param retryAfterNanos before then it would be refused again, as far as can be known; at least
   *     1
   * @param limitPerMinute of that limit, in what its meter counts
   * @param cost of the call, likewise
   */
  record Refused(
      Limit limit,
      Counts counts,
      long retryAfterNanos,
      long limitPerMinute,
      long cost,
      Standing standing)
      implements Decision {}
}
