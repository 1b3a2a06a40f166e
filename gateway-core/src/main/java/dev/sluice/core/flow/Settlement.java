package dev.sluice.core.flow;

import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.sse.journal.JournalHead.Form;

/**
 * What a call is charged, and who counted it.
 *
 * @param usage billed tokens
 * @param source who counted
 * @param cost what it costs
 */
record Settlement(Usage usage, UsageSource source, Cost cost) {

  static Settlement of(Exchange x, TokenEstimator estimator) {
    Usage seen = x.reader.usage();
    if (seen != null) {
      boolean whole = x.form != Form.EVENTS || x.reader.isComplete();
      return new Settlement(seen, whole ? UsageSource.PROVIDER : UsageSource.PARTIAL, Cost.UNKNOWN);
    }
    Reservation reservation = x.reservation;
    boolean wasSent = x.upstream != null && x.upstream.wasSent();
    if (!wasSent || x.providerStatus >= 400 || reservation == null || !x.dialect.billsTokens()) {
      return new Settlement(Usage.NONE, UsageSource.NONE, Cost.NONE);
    }
    Estimate guess =
        estimator.after(reservation.estimate(), Orphans.events(x), x.reader.contentBytes());
    return new Settlement(
        new Usage(guess.input(), 0, 0, 0, 0, 0, guess.output(), 0),
        UsageSource.ESTIMATE,
        Cost.UNKNOWN);
  }
}
