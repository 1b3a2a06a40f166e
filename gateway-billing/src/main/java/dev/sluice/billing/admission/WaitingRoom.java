package dev.sluice.billing.admission;

import dev.sluice.billing.pool.Bucket;
import dev.sluice.billing.pool.Lane;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for a pool, and who of them is next. Confined to its pool.
 *
 * <p><b>The order.</b> Within a team, first come first served, by place. Between teams only their
 * first calls count:
 *
 * <ol>
 *   <li>Whoever fits within its own guarantee. By the invariant of {@link Limits} the pool holds it
 *       then. While something has broken that, the one that has saved up its guarantee for longest
 *       waits for the pool, and nobody passes it.
 *   <li>Of the others, those in the better {@link Lane}; among these the one with the least virtual
 *       counter, which is what the team has borrowed, divided by its weight. It waits until it can
 *       be lent to, and no borrower passes it, so large requests are not starved by small ones.
 * </ol>
 *
 * Whoever is held by its own ceiling only is in nobody's way.
 *
 * <p><b>The counter</b> is that of VTC (Sheng et al., OSDI '24, <a
 * href="https://arxiv.org/html/2401.00588v2">2401.00588</a>) with start-time tags (Goyal et al.,
 * SIGCOMM '96): {@code virtualTime} of a lane is the counter of the one last chosen in it, and a
 * team that comes back from having nothing to ask for, or from under its ceiling, is lifted to it.
 * So nobody hoards credit, and what two backlogged teams have borrowed over any interval, each
 * divided by its weight, differs by at most two of the largest requests so divided, and by
 * settlements.
 *
 * <p>Tried first, and worse: lifting to the least counter of those who wait. A team under its
 * ceiling keeps that low for everyone who returns.
 */
final class WaitingRoom {

  private static final int NOBODY = Lane.LANES;

  private final Limits limits;
  private final Blame blame;
  private final List<TeamShare> backlogged = new ArrayList<>();
  private final long[] virtualTime = new long[NOBODY];

  /** What {@link #next} found in the way when it found nobody who may go. */
  private boolean isOwnerHeld;

  private int laneHeld = NOBODY;

  WaitingRoom(Limits limits, Blame blame) {
    this.limits = limits;
    this.blame = blame;
  }

  boolean isEmpty() {
    return backlogged.isEmpty();
  }

  /** Teams that wait; to be looked at. */
  List<TeamShare> backlogged() {
    return backlogged;
  }

  void enter(Ask ask, long epoch, long now) {
    TeamShare share = ask.share();
    if (share.waiting++ == 0) {
      lift(share, epoch);
      share.isCapped = false;
      backlogged.add(share);
    }
    blame.waiting(share.blame, 1, now);
    for (int m = 0; m < Limits.KINDS; m++) {
      share.queued[m] += ask.costs[m];
    }
    Ask ahead = share.last;
    while (ahead != null && ahead.sequence > ask.sequence) {
      ahead = ahead.ahead;
    }
    Ask behind = ahead == null ? share.first : ahead.behind;
    ask.ahead = ahead;
    ask.behind = behind;
    if (ahead == null) {
      share.first = ask;
    } else {
      ahead.behind = ask;
    }
    if (behind == null) {
      share.last = ask;
    } else {
      behind.ahead = ask;
    }
    Ask due = share.lastDue;
    ask.dueBefore = due;
    share.lastDue = ask;
    if (due == null) {
      share.firstDue = ask;
    } else {
      due.dueAfter = ask;
    }
  }

  void leave(Ask ask, long now) {
    TeamShare share = ask.share();
    blame.waiting(share.blame, -1, now);
    for (int m = 0; m < Limits.KINDS; m++) {
      share.queued[m] -= ask.costs[m];
    }
    Ask ahead = ask.ahead;
    Ask behind = ask.behind;
    if (ahead == null) {
      share.first = behind;
    } else {
      ahead.behind = behind;
    }
    if (behind == null) {
      share.last = ahead;
    } else {
      behind.ahead = ahead;
    }
    Ask before = ask.dueBefore;
    Ask after = ask.dueAfter;
    if (before == null) {
      share.firstDue = after;
    } else {
      before.dueAfter = after;
    }
    if (after == null) {
      share.lastDue = before;
    } else {
      after.dueBefore = before;
    }
    ask.ahead = null;
    ask.behind = null;
    ask.dueBefore = null;
    ask.dueAfter = null;
    if (--share.waiting == 0) {
      backlogged.remove(share);
    }
  }

  /**
   * The call that may go now, or null. Also says what holds each team, and remembers what is in the
   * way of those who come next.
   */
  @Nullable Ask next(long epoch, long now) {
    isOwnerHeld = false;
    laneHeld = NOBODY;
    if (backlogged.isEmpty()) {
      return null;
    }
    Blame.Hold hold = limits.isShort() ? Blame.Hold.PROVIDER : Blame.Hold.OTHERS;
    TeamShare owner = null;
    TeamShare borrower = null;
    for (int i = 0; i < backlogged.size(); i++) {
      TeamShare share = backlogged.get(i);
      long[] costs = first(share).costs;
      if (!limits.ceilingHolds(share, costs)) {
        share.isCapped = true;
        blame.held(share.blame, Blame.Hold.ITSELF, now);
        continue;
      }
      if (share.isCapped) {
        share.isCapped = false;
        lift(share, epoch);
      }
      blame.held(share.blame, hold, now);
      if (limits.isWithinGuarantee(share, costs)) {
        owner = owner == null || hasSavedLonger(share, owner) ? share : owner;
      } else {
        borrower = borrower == null || borrowsBefore(share, borrower) ? share : borrower;
      }
    }
    if (owner != null) {
      isOwnerHeld = !limits.poolHolds(first(owner).costs);
      laneHeld = isOwnerHeld ? 0 : NOBODY;
      return isOwnerHeld ? null : first(owner);
    }
    if (borrower == null || limits.canLend(borrower, first(borrower).costs)) {
      return borrower == null ? null : first(borrower);
    }
    laneHeld = borrower.quota.lane().rank();
    reach(borrower);
    return null;
  }

  /** Everybody waits for the provider, which is paused. */
  void holdAll(long now) {
    for (TeamShare share : backlogged) {
      blame.held(share.blame, Blame.Hold.PROVIDER, now);
    }
  }

  /**
   * Whether a call that is not in the room may go now, past those who are: after {@link #next} has
   * found nobody.
   *
   * @param sequence its place
   */
  boolean mayPass(TeamShare share, long sequence, long[] costs) {
    Ask first = share.first;
    if ((first != null && first.sequence < sequence) || !limits.ceilingHolds(share, costs)) {
      return false;
    }
    if (limits.isWithinGuarantee(share, costs)) {
      return !isOwnerHeld && limits.poolHolds(costs);
    }
    return share.quota.lane().rank() < laneHeld && limits.canLend(share, costs);
  }

  /** The team borrows: its counter rises, and time in its lane reaches where the counter was. */
  long borrow(TeamShare share, long tokens, long epoch) {
    if (share.waiting == 0) {
      lift(share, epoch);
    }
    reach(share);
    long counted = scaled(share, tokens);
    share.counter += counted;
    return counted;
  }

  /**
   * What was borrowed in {@code epoch} turns out to have been so many tokens. What a lift has
   * swallowed meanwhile does not come back.
   *
   * @param counted what the counter was raised by for it
   * @return what it would have been raised by
   */
  long correct(TeamShare share, long epoch, long counted, long tokens) {
    long right = scaled(share, tokens);
    if (right > counted) {
      share.counter += right - counted;
    } else if (epoch > share.liftedEpoch) {
      share.counter = latest(share.counter - (counted - right), share.liftedTo);
    }
    return right;
  }

  /**
   * Nanoseconds until somebody may be able to go, tokens alone considered; after {@link #next} has
   * found nobody. Whoever is in the way of the others is waited for, and only that one: an alarm
   * for somebody who may not pass would ring in vain, again and again.
   */
  long nanosUntilNext() {
    long nanos = limits.nanosUntilFaster();
    TeamShare owner = null;
    TeamShare borrower = null;
    for (int i = 0; i < backlogged.size(); i++) {
      TeamShare share = backlogged.get(i);
      long[] costs = first(share).costs;
      long capped = limits.nanosUntilCeilingHolds(share, costs);
      if (capped > 0) {
        nanos = Math.min(nanos, capped);
      } else if (limits.isWithinGuarantee(share, costs)) {
        owner = owner == null || hasSavedLonger(share, owner) ? share : owner;
      } else {
        nanos = Math.min(nanos, limits.nanosUntilWithinGuarantee(share, costs));
        borrower = borrower == null || borrowsBefore(share, borrower) ? share : borrower;
      }
    }
    if (owner != null) {
      nanos = Math.min(nanos, limits.nanosUntilPoolHolds(first(owner).costs));
      for (int i = 0; i < backlogged.size(); i++) {
        TeamShare share = backlogged.get(i);
        long[] costs = first(share).costs;
        if (limits.isWithinGuarantee(share, costs) && limits.ceilingHolds(share, costs)) {
          nanos = Math.min(nanos, limits.nanosUntilSavedLonger(share, owner));
        }
      }
    } else if (borrower != null) {
      nanos = Math.min(nanos, limits.nanosUntilLent(borrower, first(borrower).costs));
    }
    return nanos == Bucket.NEVER ? Limits.FAR_NANOS : nanos;
  }

  /** Counts made with another weight, or in another lane, cannot be compared. */
  void startAnew(TeamShare share, long epoch) {
    share.counter = virtualTime[share.quota.lane().rank()];
    share.liftedTo = share.counter;
    share.liftedEpoch = epoch;
  }

  @Override
  public String toString() {
    return "WaitingRoom[" + backlogged.size() + " teams, " + Arrays.toString(virtualTime) + "]";
  }

  private static Ask first(TeamShare share) {
    Ask first = share.first;
    if (first == null) {
      throw new IllegalStateException("Team " + share.team.name() + " waits with nothing.");
    }
    return first;
  }

  private void lift(TeamShare share, long epoch) {
    long time = virtualTime[share.quota.lane().rank()];
    if (time - share.counter > 0) {
      share.counter = time;
      share.liftedTo = time;
      share.liftedEpoch = epoch;
    }
  }

  private void reach(TeamShare share) {
    int lane = share.quota.lane().rank();
    virtualTime[lane] = latest(virtualTime[lane], share.counter);
  }

  private boolean hasSavedLonger(TeamShare a, TeamShare b) {
    return limits.nanosSaved(a) > limits.nanosSaved(b);
  }

  private static boolean borrowsBefore(TeamShare a, TeamShare b) {
    int lanes = a.quota.lane().compareTo(b.quota.lane());
    if (lanes != 0) {
      return lanes < 0;
    }
    long counters = a.counter - b.counter;
    return counters != 0 ? counters < 0 : first(a).sequence < first(b).sequence;
  }

  /** 16 bits of fraction: a token over a weight of 1,000 is still told apart from another. */
  private static long scaled(TeamShare share, long tokens) {
    return (tokens << 16) / share.quota.weight();
  }

  private static long latest(long a, long b) {
    return a - b > 0 ? a : b;
  }
}
