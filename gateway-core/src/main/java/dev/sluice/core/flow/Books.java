package dev.sluice.core.flow;

import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.budget.BudgetDecision;
import dev.sluice.billing.budget.BudgetHold;
import dev.sluice.billing.budget.Budgets;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.estimate.OutputForecast;
import dev.sluice.billing.ledger.Intent;
import dev.sluice.billing.price.PriceBook;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Objects;

/**
 * A call's money: what is set aside for it, what is written down of it before it is forwarded, and
 * what is charged when it has ended. Decides nothing but whether it is a call that costs anything.
 */
final class Books {

  private Books() {}

  /** What is only looked up costs nothing. */
  static boolean keep(Exchange x) {
    return x.request.method.equals(HttpMethod.POST);
  }

  /**
   * Sets aside what the call may cost at most: what the client allows as output, or else what such
   * calls usually stay below.
   */
  static BudgetDecision hold(Exchange x, Estimate estimate, PriceBook prices, Budgets budgets) {
    if (!x.dialect.billsTokens()) {
      return budgets.hold(x.team, x.request.keyId, 0, Cost.UNKNOWN);
    }
    long output = estimate.outputCap() >= 0 ? estimate.outputCap() : estimate.output();
    return budgets.hold(
        x.team,
        x.request.keyId,
        estimate.input() + output,
        cost(x, estimate.input(), output, prices));
  }

  /** Where neither a pool nor a budget has asked for more than the body's length. */
  private static long expectedOutput(Exchange x, Estimate estimate, OutputForecast forecast) {
    return estimate.output() > 0 || estimate.outputCap() >= 0
        ? estimate.output()
        : forecast.expected(x.team, x.request.model());
  }

  private static Cost cost(Exchange x, long input, long output, PriceBook prices) {
    return prices.cost(Settlement.ask(x, new Usage(input, 0, 0, 0, 0, 0, output, 0)));
  }

  /** From every exit, once. */
  static void settle(Exchange x, Settlement settlement) {
    BudgetHold hold = x.hold;
    if (hold == null) {
      return;
    }
    if (x.upstream == null || !x.upstream.wasSent()) {
      hold.giveBack();
    } else {
      Usage usage = settlement.usage();
      hold.settle(usage.input() + usage.output(), settlement.cost());
    }
  }

  static Intent intent(Exchange x, PriceBook prices, OutputForecast forecast) {
    Request r = x.request;
    Pool pool = x.pool;
    Reservation tokens = Objects.requireNonNull(x.reservation, "admitted before it is forwarded");
    Estimate estimate = tokens.estimate();
    boolean isBilled = x.dialect.billsTokens();
    long input = isBilled ? estimate.input() : 0;
    long output = isBilled ? expectedOutput(x, estimate, forecast) : 0;
    return new Intent(
        x.callId(),
        x.team,
        r.keyId,
        x.policy.route().name(),
        x.dialect.name(),
        x.dialect.operation(),
        x.account.provider(),
        r.model(),
        r.stream(),
        r.tags,
        r.startedEpochMillis,
        input,
        output,
        pool == null ? 0 : tokens.tokens(),
        pool == null ? null : pool.name(),
        cost(x, input, output, prices));
  }
}
