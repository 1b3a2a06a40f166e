package dev.sluice.core.flow;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes of request bodies that all loops together may hold: a call's body is kept whole until
 * it has been forwarded, so the sum needs a bound of its own. Any thread; never waits.
 */
public final class BodyBudget {

  private final long maxBytes;
  private final AtomicLong held = new AtomicLong();

  public BodyBudget(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Takes so many bytes, or none and returns false. */
  boolean tryTake(int bytes) {
    if (held.addAndGet(bytes) > maxBytes) {
      held.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void giveBack(long bytes) {
    long left = held.addAndGet(-bytes);
    assert left >= 0 : "more body bytes given back than taken: " + left;
  }

  /** Bytes held now. */
  public long heldBytes() {
    return held.get();
  }

  public long maxBytes() {
    return maxBytes;
  }
}
