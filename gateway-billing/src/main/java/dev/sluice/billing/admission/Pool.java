package dev.sluice.billing.admission;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Usage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One provider account's limits for a group of models, shared by teams. Any thread; nobody ever
 * waits for anybody: what comes while another thread is at work is left for that thread ({@link
 * Serial}).
 */
public final class Pool {

  private final String name;
  private final Serial serial = new Serial();
  private final PoolState state;

  /** Whether anybody waited after the last step: what is known while a step is being made. */
  private volatile boolean isCrowded;

  /** As last handed in; what waits to be worked off may not know it yet. */
  private volatile PoolSettings settings;

  Pool(PoolSettings settings, LongSupplier nanoTime, Alarm alarm) {
    this.name = settings.name();
    this.settings = settings;
    this.state = new PoolState(this, settings, nanoTime, alarm);
  }

  /** Unique among the pools, and the same for ever. */
  public String name() {
    return name;
  }

  /** As last applied. */
  public PoolSettings settings() {
    return settings;
  }

  /**
   * Asks whether a call may go.
   *
   * @param estimate what it is expected to need, not negative
   * @param earlier a place kept from before, by which it stands in its team's queue; null for the
   *     end of that queue. Its max-wait begins anew
   * @param loop where a decision is told that is not made at once. If it takes no more work, an
   *     admission is given back
   * @param then hears the decision exactly once, unless {@link Waiting#leave} came first: on the
   *     stack of this call if it can be made at once and no other thread is at work on the pool,
   *     else on {@code loop}
   * @return the ask; already over if the decision has been told
   */
  public Waiting ask(
      TeamId team,
      Estimate estimate,
      @Nullable Place earlier,
      Executor loop,
      Consumer<Decision> then) {
    Ask ask = new Ask(this, team, estimate, earlier, loop, then);
    if (!serial.enter()) {
      serial.add(
          () -> {
            if (state.ask(ask) != null) {
              ask.answerOnItsLoop();
            }
            answer();
          });
      return ask;
    }
    Decision atOnce = null;
    try {
      atOnce = state.ask(ask);
      answer();
    } finally {
      serial.leave();
    }
    if (atOnce != null) {
      then.accept(atOnce); // when the pool is free again: whatever happens in there
    }
    return ask;
  }

  /**
   * Whether a call would be let go at once if it were asked for now; takes nothing. It binds
   * nobody: who chooses between pools asks this, and then {@link #ask}s the one it has chosen,
   * which may say something else by then. While another thread is at work on the pool, the answer
   * is whether nobody waited last.
   */
  public boolean mayGoNow(TeamId team, Estimate estimate) {
    if (!serial.enter()) {
      return !isCrowded;
    }
    try {
      boolean may = state.mayGoNow(team, estimate);
      answer();
      return may;
    } finally {
      serial.leave();
    }
  }

  /**
   * What the provider's answer said of its limits. What it has left lowers the level and never
   * raises it: the gateway knows of calls that the provider has not counted yet. A limit below the
   * configured one lowers the rate, and the guarantees with it, until the provider says a higher
   * one; above the configured one it never gets.
   */
  public void hear(ProviderLimits said) {
    step(() -> state.hear(said));
  }

  /**
   * The provider asked for silence: nothing is admitted until then, except in shadow.
   *
   * @param nanos from now, cut to 60 seconds; an earlier pause that lasts longer is not shortened
   */
  public void pause(long nanos) {
    step(() -> state.pause(nanos));
  }

  /**
   * The provider is overloaded (529, 503): halves the rate at which it is sent more, down to a
   * sixteenth of the limit. Failures within a second are one, since calls under way fail together.
   * Each second that passes gives a sixteenth back.
   */
  public void slowDown() {
    step(state::slowDown);
  }

  /**
   * A picture of now.
   *
   * @param on where {@code then} is run
   */
  public void view(Executor on, Consumer<PoolView> then) {
    step(
        () -> {
          PoolView view = state.view();
          on.execute(() -> then.accept(view));
        });
  }

  void settle(Reservation reservation, Usage usage) {
    if (!serial.enter()) {
      serial.add(
          () -> {
            state.settle(reservation, usage);
            answer();
          });
      return;
    }
    try {
      state.settle(reservation, usage);
      answer();
    } finally {
      serial.leave();
    }
  }

  void giveBack(Reservation reservation) {
    step(() -> state.giveBack(reservation));
  }

  void leave(Ask ask) {
    step(() -> state.leave(ask));
  }

  void ring(long setFor) {
    step(() -> state.ring(setFor));
  }

  void apply(PoolSettings changed) {
    settings = changed;
    step(() -> state.apply(changed));
  }

  void retire() {
    step(state::retire);
  }

  private void step(Runnable operation) {
    serial.add(
        () -> {
          operation.run();
          answer();
        });
  }

  /** Tells those who were let go or refused in the last step. */
  private void answer() {
    for (Ask ask = state.nextAnswer(); ask != null; ask = state.nextAnswer()) {
      ask.answerOnItsLoop();
    }
    boolean crowded = state.isCrowded();
    if (crowded != isCrowded) {
      isCrowded = crowded;
    }
  }

  @Override
  public String toString() {
    return "Pool[" + name + "]";
  }
}
