package dev.sluice.billing.admission;

import dev.sluice.billing.estimate.Estimate;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** Decides whether a call may go. Every team's quota is unlimited, so it always may, at once. */
public final class Admission {

  private final LongAdder reserved = new LongAdder();

  /**
   * Asks for a call's tokens. Any loop; does not block.
   *
   * @param then hears the decision, on the loop that asked
   */
  public void ask(Estimate estimate, Consumer<Decision> then) {
    then.accept(new Decision.Admitted(new Reservation(estimate, reserved)));
  }

  /** Tokens reserved for calls that have not been settled. Any thread. */
  public long reservedTokens() {
    return reserved.sum();
  }
}
