package dev.sluice.core.account;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One provider account as this process finds it: how many calls are at it, and until when it is
 * better left alone. Any thread; nobody ever waits.
 */
public final class Account {

  /**
   * @param untilNanos of the choice's clock
   */
  record Skip(Spill why, long untilNanos) {}

  private final String provider;
  private final long seed;
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicReference<Skip> skip;

  Account(String provider, long nowNanos) {
    this.provider = provider;
    this.seed = Affinity.seed(provider);
    this.skip = new AtomicReference<>(new Skip(Spill.UNREACHABLE, nowNanos));
  }

  /** Its name in the configuration. */
  String provider() {
    return provider;
  }

  long seed() {
    return seed;
  }

  /** Calls that are on their way to it or at it, those that wait for their tokens included. */
  public int calls() {
    return calls.get();
  }

  /** A call goes to it from now on; {@link #ends} must follow. */
  public void begins() {
    calls.incrementAndGet();
  }

  /** That call has ended, or goes elsewhere. */
  public void ends() {
    calls.decrementAndGet();
  }

  /** One that ends earlier does not shorten another. */
  void skip(Spill why, long untilNanos) {
    skip.accumulateAndGet(
        new Skip(why, untilNanos),
        (old, later) -> later.untilNanos - old.untilNanos > 0 ? later : old);
  }

  /** The last one; it may be over. */
  Skip skip() {
    return requireNonNull(skip.get(), "there is one from the start");
  }

  @Override
  public String toString() {
    return "Account[" + provider + "]";
  }
}
