package dev.sluice.core.flow;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.estimate.OutputForecast;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.sse.journal.JournalHead.Form;
import dev.sluice.sse.keepalive.SilenceWheel;
import org.jspecify.annotations.Nullable;

/**
 * How far a paid call goes that nobody listens to any more. Pure.
 *
 * <p>Going on costs output tokens, and saves the price of asking again if the client comes back:
 * its prompt, and the output that such a question usually has. Nobody knows whether it will. That
 * is ski rental: go on until going on has cost as much as asking again would, then stop. Whenever
 * the client comes back, it has then cost at most twice what would have been best in hindsight, and
 * no rule without knowledge does better (Karlin, Manasse, Rudolph, Sleator: Competitive snoopy
 * caching, Algorithmica 1988). A client that never comes back costs at most one asking.
 */
final class Orphans {

  /**
   * Price of an output token in input tokens: what most of the providers' published price lists
   * come to (4 to 6).
   */
  static final long OUTPUT_WEIGHT = 5;

  // What became of one, in the words of the record and the metric.
  static final String NONE = "none";
  static final String RETURNED = "returned";
  static final String FINISHED = "finished";
  static final String CANCELLED = "cancelled";
  static final String BUDGET_SPENT = "budget_spent";
  static final String RELEASED = "released";

  private Orphans() {}

  /** Until when a call goes on that has just been left. */
  static long until(Exchange x, long nowNanos) {
    OrphanPolicy policy = x.policy.orphans();
    return policy.kind() == OrphanPolicy.Kind.CANCEL
        ? nowNanos + policy.grace().toNanos()
        : SilenceWheel.NEVER;
  }

  /** Why such a call ends now, or null where it goes on. */
  static @Nullable String end(Exchange x, TokenEstimator estimator, OutputForecast forecast) {
    OrphanPolicy.Kind kind = x.policy.orphans().kind();
    if (kind == OrphanPolicy.Kind.FINISH) {
      return null;
    }
    if (!x.journal().isResumable()) {
      return CANCELLED; // nobody could read it
    }
    return kind == OrphanPolicy.Kind.BUDGET && isSpent(x, estimator, forecast)
        ? BUDGET_SPENT
        : null;
  }

  /** Output of the call so far, in tokens: a guess, since providers count at the end. */
  static long output(Exchange x, TokenEstimator estimator) {
    return estimator.after(new Estimate(0, 0, -1), events(x), x.reader.contentBytes()).output();
  }

  /**
   * Events of a stream that had content; where none is known to have had any, as in an answer of a
   * form that is not read, all of them.
   */
  static long events(Exchange x) {
    long content = x.form == Form.EVENTS ? x.reader.contentEvents() : 0;
    return content > 0 ? content : x.journal().eventsPassed();
  }

  private static boolean isSpent(Exchange x, TokenEstimator estimator, OutputForecast forecast) {
    if (x.form != Form.EVENTS) {
      return false; // nothing is seen of it before its end; it goes to that
    }
    long prompt = x.reservation == null ? 0 : x.reservation.estimate().input();
    long usual = forecast.expected(x.team, x.request.model());
    return isSpent(output(x, estimator) - x.orphanOutput, prompt, usual, x.orphanOutput);
  }

  /**
   * Whether going on has cost as much as asking again would. All in tokens.
   *
   * @param extra output since the last client left
   * @param prompt input
   * @param usual output that such a call usually has; 0 where that is not known
   * @param before output by the time the last client left: the next call would come to it again
   */
  static boolean isSpent(long extra, long prompt, long usual, long before) {
    return extra * OUTPUT_WEIGHT >= prompt + OUTPUT_WEIGHT * Math.max(usual, before);
  }
}
