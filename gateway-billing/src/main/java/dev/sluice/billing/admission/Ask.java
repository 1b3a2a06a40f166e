package dev.sluice.billing.admission;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.team.TeamId;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One call's question, from being asked to being answered. */
final class Ask implements Waiting {

  private final Pool pool;
  private final Executor loop;
  private final Consumer<Decision> then;
  final TeamId team;
  final Estimate estimate;
  final @Nullable Place earlier;

  /** Written by whoever is at work on the pool, read by anyone. */
  private volatile boolean over;

  // Touched by whoever is at work on the pool.

  /** What it costs on each meter, by {@code Counts.index()}; 0 where there is no such meter. */
  final long[] costs = new long[Limits.KINDS];

  long sequence;
  long firstAskedNanos;
  long askedNanos;
  @Nullable TeamShare share;
  private @Nullable Decision decision;

  /** Neighbours in the team's queue, by sequence. */
  @Nullable Ask ahead;

  @Nullable Ask behind;

  /** Neighbours by the time of asking, and so by deadline. */
  @Nullable Ask dueBefore;

  @Nullable Ask dueAfter;

  Ask(
      Pool pool,
      TeamId team,
      Estimate estimate,
      @Nullable Place earlier,
      Executor loop,
      Consumer<Decision> then) {
    this.pool = pool;
    this.team = team;
    this.estimate = estimate;
    this.earlier = earlier;
    this.loop = loop;
    this.then = then;
  }

  /** Whether it is known to the team's queue. */
  TeamShare share() {
    TeamShare known = share;
    if (known == null) {
      throw new IllegalStateException("A call of team " + team.name() + " was never asked.");
    }
    return known;
  }

  /** No decision will be made any more. */
  void over() {
    over = true;
  }

  void decide(Decision made) {
    assert decision == null && !over : "answered twice: " + decision + ", now " + made;
    decision = made;
    over = true;
  }

  /** On the stack of the one at work, who is not the asker. */
  void answerOnItsLoop() {
    Decision made = decision;
    if (made == null) {
      throw new IllegalStateException("Answered before it was decided.");
    }
    try {
      loop.execute(() -> then.accept(made));
    } catch (RejectedExecutionException e) {
      // Its loop has ended, and with it the call: nobody else would give the tokens back.
      if (made instanceof Decision.Admitted admitted) {
        admitted.reservation().giveBack();
      }
    }
  }

  @Override
  public void leave() {
    if (!over) {
      pool.leave(this);
    }
  }

  @Override
  public boolean isWaiting() {
    return !over;
  }
}
