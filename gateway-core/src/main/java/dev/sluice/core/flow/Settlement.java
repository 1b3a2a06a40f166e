package dev.sluice.core.flow;

import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.billing.price.PriceAsk;
import dev.sluice.billing.price.PriceBook;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.sse.journal.JournalHead.Form;
import java.time.Instant;

/**
 * What a call is charged, and who counted it.
 *
 * @param usage billed tokens
 * @param source who counted
 * @param cost what it costs
 */
record Settlement(Usage usage, UsageSource source, Cost cost) {

  static Settlement of(Exchange x, TokenEstimator estimator, PriceBook prices) {
    Usage seen = x.reader.usage();
    if (seen != null) {
      return isFinal(x)
          ? of(x, seen, UsageSource.PROVIDER, prices)
          : of(x, seen.withOutputOf(x.reader.contentEvents()), UsageSource.PARTIAL, prices);
    }
    Reservation reservation = x.reservation;
    boolean wasSent = x.upstream != null && x.upstream.wasSent();
    if (!wasSent || x.providerStatus >= 400 || reservation == null || !x.dialect.billsTokens()) {
      return new Settlement(Usage.NONE, UsageSource.NONE, Cost.NONE);
    }
    Estimate guess =
        estimator.after(reservation.estimate(), Orphans.events(x), x.reader.contentBytes());
    Usage usage = new Usage(guess.input(), 0, 0, 0, 0, 0, guess.output(), 0);
    return of(x, usage, UsageSource.ESTIMATE, prices);
  }

  /** An error ends a stream too, but before the provider has said what it came to. */
  private static boolean isFinal(Exchange x) {
    return x.form != Form.EVENTS || (x.reader.isComplete() && x.reader.errorInBody() == null);
  }

  private static Settlement of(Exchange x, Usage usage, UsageSource source, PriceBook prices) {
    return new Settlement(usage, source, prices.cost(ask(x, usage)));
  }

  /** What the price table is asked: of the model as served, as far as that is known already. */
  static PriceAsk ask(Exchange x, Usage usage) {
    return new PriceAsk(
        x.account.priceTag(),
        x.reader.servedModel(),
        x.request.model(),
        x.reader.serviceTier(),
        x.reader.region(),
        usage,
        Instant.ofEpochMilli(x.request.startedEpochMillis));
  }
}
