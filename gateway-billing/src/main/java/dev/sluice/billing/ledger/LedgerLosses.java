package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerState.Lost;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;

/** Counts what could be kept nowhere. Any thread. */
final class LedgerLosses {

  private final BiConsumer<Level, String> log;
  private final LongAdder calls = new LongAdder();
  private final LongAdder tokens = new LongAdder();
  private final LongAdder nanoUsd = new LongAdder();
  private final LongAdder reads = new LongAdder();

  LedgerLosses(BiConsumer<Level, String> log) {
    this.log = log;
  }

  void add(PendingRow row) {
    if (row.isRead) {
      reads.increment();
    } else {
      calls.increment();
      tokens.add(row.tokens());
      nanoUsd.add(row.nanoUsd());
    }
  }

  /** The store will never take this row; what it would have said goes into the log. */
  void giveUp(PendingRow row, LedgerTrouble why) {
    add(row);
    log.accept(
        Level.ERROR,
        "The row of call "
            + row.call.callId()
            + " can never be written and is given up: "
            + why.getMessage()
            + " tokens="
            + row.tokens()
            + " cost_nano_usd="
            + row.nanoUsd());
  }

  /** Exact as soon as nobody is adding. */
  Lost sum() {
    return new Lost(calls.sum(), tokens.sum(), nanoUsd.sum(), reads.sum());
  }
}
