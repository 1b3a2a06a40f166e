package dev.sluice.billing.admission;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.usage.Usage;
import java.util.concurrent.atomic.LongAdder;

/** Tokens set aside for one call. Settles once; confined to the call's loop. */
public final class Reservation {

  private final Estimate estimate;
  private final LongAdder reserved;
  private boolean settled;

  Reservation(Estimate estimate, LongAdder reserved) {
    this.estimate = estimate;
    this.reserved = reserved;
    reserved.add(tokens());
  }

  public Estimate estimate() {
    return estimate;
  }

  /**
   * Gives the reserved tokens back and charges what was used.
   *
   * @throws IllegalStateException if it was settled before: a call must never be charged twice
   */
  public void settle(Usage usage) {
    if (settled) {
      throw new IllegalStateException(
          "A reservation of " + tokens() + " tokens was settled twice, now with " + usage);
    }
    settled = true;
    reserved.add(-tokens());
  }

  private long tokens() {
    return estimate.input() + estimate.output();
  }
}
