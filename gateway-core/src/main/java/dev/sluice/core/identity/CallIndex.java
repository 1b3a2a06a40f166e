package dev.sluice.core.identity;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** The calls in flight. Every request is a call of its own. Any loop; does not block. */
public final class CallIndex {

  private final LongAdder inFlight = new LongAdder();

  /**
   * Claims a call.
   *
   * @param then hears what became of it, on the loop that asked
   */
  public void claim(CallId id, Consumer<Claim> then) {
    inFlight.increment();
    then.accept(new Claim.Opened(id));
  }

  /** The call has been settled. */
  public void close(Claim.Opened call) {
    assert call.id() != null;
    inFlight.decrement();
  }

  /** Calls opened and not closed. Any thread. */
  public long inFlight() {
    return inFlight.sum();
  }
}
