package dev.sluice.admin.ledger;

import dev.sluice.billing.ledger.Ledger;
import dev.sluice.billing.ledger.LedgerState;
import dev.sluice.core.telemetry.MeterName;
import dev.sluice.core.telemetry.Meters;
import java.util.function.ToLongFunction;

/** How the ledger is, at each scrape. */
public final class LedgerMeters {

  private static final double NANOS_PER_SECOND = 1e9;

  private final Ledger ledger;
  private final Meters meters;

  public LedgerMeters(Meters meters, Ledger ledger) {
    this.ledger = ledger;
    this.meters = meters;
    meters.gauge(MeterName.LEDGER_UP, () -> ledger.state().isWriting() ? 1 : 0);
    meters.gauge(MeterName.LEDGER_OPEN, () -> ledger.state().openCalls());
    meters.gauge(MeterName.LEDGER_QUEUE, () -> ledger.state().queuedRows());
    meters.gauge(MeterName.LEDGER_LAG, () -> ledger.state().lagNanos() / NANOS_PER_SECOND);
    count(MeterName.LEDGER_ROWS, LedgerState::rowsWritten);
    count(MeterName.LEDGER_LOST, s -> s.lost().calls(), "calls");
    count(MeterName.LEDGER_LOST, s -> s.lost().tokens(), "tokens");
    count(MeterName.LEDGER_LOST, s -> s.lost().nanoUsd(), "nano_usd");
    count(MeterName.LEDGER_LOST, s -> s.lost().reads(), "reads");
    count(MeterName.LEDGER_UNBOOKED, LedgerState::intentsSkipped, "no_slot");
    count(MeterName.LEDGER_UNBOOKED, LedgerState::intentsUnforced, "not_forced");
    count(MeterName.LEDGER_RECOVERED, LedgerState::recoveredRows, "settled");
    count(MeterName.LEDGER_RECOVERED, LedgerState::recoveredIntents, "estimated");
    count(MeterName.LEDGER_RECOVERED, LedgerState::tornSlots, "torn");
  }

  private void count(MeterName name, ToLongFunction<LedgerState> value, String... labels) {
    meters.count(name, () -> value.applyAsLong(ledger.state()), labels);
  }
}
