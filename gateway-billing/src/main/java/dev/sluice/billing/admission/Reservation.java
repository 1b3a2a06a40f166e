package dev.sluice.billing.admission;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.usage.Usage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Tokens set aside for one call. Settled or given back, once, from any thread. One that never is
 * stays charged at its estimate, as if that had been used, and goes on counting as reserved.
 */
public final class Reservation {

  private static final VarHandle ENDED;

  static {
    try {
      ENDED = MethodHandles.lookup().findVarHandle(Reservation.class, "ended", String.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable Pool pool;
  private final Estimate estimate;
  private final Place place;
  private final Standings standings;

  /** How it ended; null as long as it has not. */
  @SuppressWarnings("unused") // through ENDED
  private volatile @Nullable String ended;

  // Touched by whoever is at work on the pool.
  final @Nullable TeamShare share;
  final long epoch;

  /** Tokens taken from each meter, by {@code Counts.index()}. */
  final long[] costs;

  /** Units of that taken from the guarantee; the rest was borrowed. */
  final long[] own;

  /** What the team's virtual counter was raised by. */
  long counted;

  Reservation(
      @Nullable Pool pool,
      @Nullable TeamShare share,
      Estimate estimate,
      Place place,
      Standings standings,
      long epoch,
      long[] costs,
      long[] own) {
    this.pool = pool;
    this.share = share;
    this.estimate = estimate;
    this.place = place;
    this.standings = standings;
    this.epoch = epoch;
    this.costs = costs;
    this.own = own;
  }

  /** As it was asked for. */
  public Estimate estimate() {
    return estimate;
  }

  /** Tokens that the call is expected to be billed: input and output, whatever meters count. */
  public long tokens() {
    return estimate.input() + estimate.output();
  }

  /** How the team stood when this was decided. */
  public Standing standing() {
    return standings.standing();
  }

  /**
   * Gives the reserved tokens back and charges what was used, each to the time of the reservation.
   *
   * @throws IllegalStateException if it was settled or given back before: a call must never be
   *     charged twice
   */
  public void settle(Usage actual) {
    end("settled", "settled twice, now with " + actual);
    if (pool != null) {
      pool.settle(this, actual);
    }
  }

  /**
   * Un-does it, as if it had never been asked for, except that its place in the queue is kept.
   *
   * @return the place, to ask again with
   * @throws IllegalStateException if it was settled or given back before
   */
  public Place giveBack() {
    end("given back", "given back after it had ended");
    if (pool != null) {
      pool.giveBack(this);
    }
    return place;
  }

  private void end(String how, String wrong) {
    if (!ENDED.compareAndSet(this, null, how)) {
      throw new IllegalStateException(
          "A reservation of " + tokens() + " tokens (" + ended + ") was " + wrong);
    }
  }
}
