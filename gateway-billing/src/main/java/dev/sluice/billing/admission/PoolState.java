package dev.sluice.billing.admission;

import static dev.sluice.billing.pool.Bucket.TOKEN;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.pool.Bucket;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Usage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A pool as a machine of one thread at a time: each method is one step, and after each step nobody
 * waits who could go. {@link Pool} sees to it that the steps come one after the other.
 *
 * <p>A step lets time pass, then lets go whoever may ({@link WaitingRoom#next} says who, {@link
 * Limits} whether), then ends the waiting of those whose deadline is past, and at last sets the
 * alarm for the next moment at which any of that could change.
 *
 * <p>Epochs number reservations: what a refund may give back depends on what happened since.
 */
final class PoolState {

  /** Failures within so long are one: calls under way fail together. */
  private static final long TOGETHER_NANOS = 1_000_000_000L;

  private static final long PAUSE_MAX_NANOS = 60_000_000_000L;

  private final Pool pool;
  private final LongSupplier nanoTime;
  private final Alarm alarm;
  private final Limits limits;
  private final WaitingRoom room;
  private final Blame blame;
  private final Map<TeamId, TeamShare> shares = new HashMap<>();

  /** Decided, to be told; in order of decision. */
  private final Queue<Ask> answers = new ArrayDeque<>();

  /** Tokens of estimates that are not settled. */
  private long reserved;

  private PoolSettings settings;
  private boolean isRetired;
  private long now;
  private long epoch;
  private long nextSequence;
  private long pausedUntil;

  /** When it was last slowed down; null before. */
  private @Nullable Long slowedAt;

  private boolean isAlarmSet;

  /** Where one is set: the earliest. */
  private long alarmAt;

  PoolState(Pool pool, PoolSettings settings, LongSupplier nanoTime, Alarm alarm) {
    this.pool = pool;
    this.settings = settings;
    this.nanoTime = nanoTime;
    this.alarm = alarm;
    now = nanoTime.getAsLong();
    pausedUntil = now;
    limits = new Limits(settings, now);
    blame = new Blame(now);
    room = new WaitingRoom(limits, blame);
    apply(settings, true);
  }

  // The steps.

  /** Its decision, or null if it waits. */
  @Nullable Decision ask(Ask ask) {
    passTime();
    TeamShare share = shareOf(ask.team);
    ask.share = share;
    ask.askedNanos = now;
    Place earlier = ask.earlier;
    ask.sequence = earlier == null ? nextSequence++ : earlier.sequence();
    ask.firstAskedNanos = earlier == null ? now : earlier.firstAskedNanos();
    countCosts(ask.estimate, ask.costs);
    letGo();
    Decision decision = decide(ask, share);
    if (decision == null) {
      room.enter(ask, epoch, now);
      letGo(); // says what holds it; and with an earlier place it may go where another could not
    } else {
      ask.decide(decision);
    }
    setAlarm();
    return decision;
  }

  /** Whether {@link #ask} would decide at once, and let it go; takes nothing. */
  boolean mayGoNow(TeamId team, Estimate estimate) {
    passTime();
    goOn();
    TeamShare share = shareOf(team);
    if (isRetired || settings.mode() == Mode.SHADOW || share.quota.mode() == Mode.SHADOW) {
      return true;
    }
    long[] costs = new long[Limits.KINDS];
    countCosts(estimate, costs);
    return !isPaused() && room.mayPass(share, nextSequence, costs);
  }

  /** Whether somebody waits, or would have to whatever its cost. */
  boolean isCrowded() {
    return !room.isEmpty() || (isPaused() && !isRetired && settings.mode() != Mode.SHADOW);
  }

  void leave(Ask ask) {
    if (!ask.isWaiting()) {
      return;
    }
    passTime();
    ask.over();
    room.leave(ask, now);
    goOn();
  }

  void settle(Reservation reservation, Usage usage) {
    passTime();
    TeamShare share = reservation.share;
    if (share != null) {
      long[] actual = new long[Limits.KINDS];
      for (Counts each : limits.counts()) {
        actual[each.index()] =
            settings.counting().atSettlement(each, reservation.estimate(), usage);
      }
      correct(share, reservation, actual);
    }
    goOn();
  }

  void giveBack(Reservation reservation) {
    passTime();
    TeamShare share = reservation.share;
    if (share != null) {
      correct(share, reservation, new long[Limits.KINDS]);
      share.admitted--;
    }
    goOn();
  }

  void hear(ProviderLimits said) {
    passTime();
    for (ProviderLimits.Said each : said.said()) {
      limits.hear(each);
    }
    goOn();
  }

  void pause(long nanos) {
    passTime();
    long until = now + Math.max(0, Math.min(nanos, PAUSE_MAX_NANOS));
    if (until - pausedUntil > 0) {
      pausedUntil = until;
    }
    goOn();
  }

  void slowDown() {
    passTime();
    if (slowedAt == null || now - slowedAt >= TOGETHER_NANOS) {
      slowedAt = now;
      limits.slowDown();
      goOn();
    }
  }

  void ring(long setFor) {
    if (isAlarmSet && alarmAt == setFor) {
      isAlarmSet = false;
    }
    passTime();
    goOn();
  }

  void apply(PoolSettings changed) {
    passTime();
    limits.refillAll(now);
    apply(changed, false);
    goOn();
  }

  /** The pool is in no configuration any more: nothing is limited by it from now on. */
  void retire() {
    passTime();
    isRetired = true;
    goOn();
  }

  /** Decided since this was last asked, one at a time; null if none is left. */
  @Nullable Ask nextAnswer() {
    return answers.poll();
  }

  // What a step is made of.

  private void passTime() {
    long time = nanoTime.getAsLong();
    if (time - now > 0) {
      now = time;
    }
    limits.at(now);
    blame.at(now);
  }

  private void goOn() {
    letGo();
    setAlarm();
  }

  /**
   * Lets all go who may, in their order, and ends the waiting of those who have waited too long.
   */
  private void letGo() {
    do {
      if (isRetired || settings.mode() == Mode.SHADOW) {
        letAllGo();
      }
      for (Ask ask = nextUnlessPaused(); ask != null; ask = nextUnlessPaused()) {
        room.leave(ask, now);
        answer(ask, admit(ask, ask.share()));
      }
    } while (refuseOverdue());
  }

  private @Nullable Ask nextUnlessPaused() {
    if (isPaused()) {
      room.holdAll(now);
      return null;
    }
    return room.next(epoch, now);
  }

  private void letAllGo() {
    while (!room.isEmpty()) {
      letGoOf(room.backlogged().getFirst());
    }
  }

  private void letGoOf(TeamShare share) {
    for (Ask ask = share.first; ask != null; ask = share.first) {
      room.leave(ask, now);
      answer(ask, admit(ask, share));
    }
  }

  private boolean refuseOverdue() {
    boolean any = false;
    for (int i = room.backlogged().size() - 1; i >= 0; i--) {
      TeamShare share = room.backlogged().get(i);
      long maxWait = share.maxWaitNanos;
      for (Ask ask = share.firstDue;
          ask != null && now - ask.askedNanos >= maxWait;
          ask = share.firstDue) {
        room.leave(ask, now);
        answer(ask, refuse(share, ask, Limit.MAX_WAIT, limits.main(), 0));
        any = true;
      }
    }
    return any;
  }

  private void answer(Ask ask, Decision decision) {
    ask.decide(decision);
    answers.add(ask);
  }

  /** On a call that is not in the room, nobody in which may go; null if it has to wait. */
  private @Nullable Decision decide(Ask ask, TeamShare share) {
    if (isRetired) {
      return admit(ask, share);
    }
    if (!isPaused() && room.mayPass(share, ask.sequence, ask.costs)) {
      return admit(ask, share);
    }
    Decision.Refused refused = refuseAtOnce(ask, share);
    if (share.quota.mode() == Mode.SHADOW || settings.mode() == Mode.SHADOW) {
      if (refused == null) {
        share.wouldHaveWaited++;
      } else {
        share.wouldHaveRefused++;
        share.refused.merge(refused.limit(), -1L, Long::sum);
      }
      return admit(ask, share);
    }
    return refused;
  }

  private Decision.Admitted admit(Ask ask, TeamShare share) {
    epoch++;
    long[] own = new long[Limits.KINDS];
    limits.charge(share, ask.costs, own, epoch);
    Reservation reservation =
        new Reservation(
            pool,
            share,
            ask.estimate,
            new Place(ask.sequence, ask.firstAskedNanos),
            limits.standings(share, isPaused()),
            epoch,
            ask.costs,
            own);
    long[] borrowed = new long[Limits.KINDS];
    long any = 0;
    for (int m = 0; m < Limits.KINDS; m++) {
      borrowed[m] = ask.costs[m] * TOKEN - own[m];
      any |= borrowed[m];
    }
    if (any != 0) {
      long tokens = limits.dominant(borrowed);
      reservation.counted = room.borrow(share, tokens, epoch - 1);
      blame.lent(share.blame, tokens);
    }
    share.admitted++;
    share.servedTokens += ask.costs[limits.main()];
    share.borrowedUnits += borrowed[limits.main()];
    reserved += reservation.tokens();
    return new Decision.Admitted(reservation, now - ask.askedNanos);
  }

  private void correct(TeamShare share, Reservation reservation, long[] actual) {
    long[] borrowed = new long[Limits.KINDS];
    long more = 0;
    for (Counts each : limits.counts()) {
      int m = each.index();
      long cost = reservation.costs[m];
      long own = reservation.own[m];
      borrowed[m] = limits.correct(share, m, cost, actual[m], own, reservation.epoch);
      if (actual[m] > cost) {
        more = Math.max(more, (borrowed[m] - (cost * TOKEN - own)) / TOKEN);
      }
    }
    int main = limits.main();
    share.servedTokens += actual[main] - reservation.costs[main];
    share.borrowedUnits +=
        borrowed[main] - (reservation.costs[main] * TOKEN - reservation.own[main]);
    long tokens = limits.dominant(borrowed);
    reservation.counted = room.correct(share, reservation.epoch, reservation.counted, tokens);
    blame.lent(share.blame, more);
    reserved -= reservation.tokens();
  }

  // Refusals.

  /** Where waiting would only put off the no; null otherwise. */
  private Decision.@Nullable Refused refuseAtOnce(Ask ask, TeamShare share) {
    long maxWait = share.maxWaitNanos;
    long pause = isPaused() ? pausedUntil - now : 0;
    if (pause > maxWait || (pause > 0 && maxWait == 0)) {
      return refuse(share, ask, Limit.PROVIDER_PAUSED, limits.main(), pause);
    }
    long capped = 0;
    int cappedMeter = limits.main();
    long queued = 0;
    int queuedMeter = limits.main();
    for (Counts each : limits.counts()) {
      int m = each.index();
      long ahead = ahead(ask, share, m);
      long atCeiling = limits.leastNanosAtCeiling(share, m, ask.costs[m], ahead);
      if (atCeiling > capped) {
        capped = atCeiling;
        cappedMeter = m;
      }
      long inPool = limits.leastNanosInPool(m, ask.costs[m], ahead);
      if (inPool > queued) {
        queued = inPool;
        queuedMeter = m;
      }
    }
    if (capped > maxWait || (maxWait == 0 && capped > 0)) {
      return refuse(share, ask, Limit.TEAM_CEILING, cappedMeter, capped);
    }
    if (queued > maxWait || maxWait == 0) {
      return refuse(share, ask, Limit.POOL, queuedMeter, queued);
    }
    return share.waiting >= settings.waitingMaxPerTeam()
        ? refuse(share, ask, Limit.QUEUE_FULL, queuedMeter, Math.max(capped, queued))
        : null;
  }

  private static long ahead(Ask ask, TeamShare share, int m) {
    Ask last = share.last;
    if (last == null || last.sequence < ask.sequence) {
      return share.queued[m];
    }
    long tokens = 0;
    for (Ask a = share.first; a != null && a.sequence < ask.sequence; a = a.behind) {
      tokens += a.costs[m];
    }
    return tokens;
  }

  private Decision.Refused refuse(TeamShare share, Ask ask, Limit limit, int m, long leastNanos) {
    share.refused.merge(limit, 1L, Long::sum);
    Bucket ceiling = share.ceiling[m];
    long perMinute =
        limit == Limit.TEAM_CEILING && ceiling != null ? ceiling.rate() : limits.perMinute(m);
    long nanos =
        Math.min(
            limits.nanosUntilWithinGuarantee(share, ask.costs),
            limits.nanosUntilLent(share, ask.costs));
    nanos = Math.max(nanos, limits.nanosUntilCeilingHolds(share, ask.costs));
    nanos = Math.max(nanos, isPaused() ? pausedUntil - now : 0);
    nanos = Math.max(1, Math.min(Math.max(nanos, leastNanos), Limits.FAR_NANOS));
    Standing standing = limits.standings(share, isPaused()).standing();
    return new Decision.Refused(limit, limits.counts(m), nanos, perMinute, ask.costs[m], standing);
  }

  // Time.

  private boolean isPaused() {
    return pausedUntil - now > 0;
  }

  private void setAlarm() {
    if (room.isEmpty()) {
      return;
    }
    long nanos = isPaused() ? pausedUntil - now : room.nanosUntilNext();
    for (TeamShare share : room.backlogged()) {
      Ask due = share.firstDue;
      if (due != null) {
        nanos = Math.min(nanos, due.askedNanos + share.maxWaitNanos - now);
      }
    }
    long at = now + Math.max(1, Math.min(nanos, Limits.FAR_NANOS));
    if (!isAlarmSet || at - alarmAt < 0) {
      isAlarmSet = true;
      alarmAt = at;
      alarm.ring(at, () -> pool.ring(at));
    }
  }

  // Teams and settings.

  private TeamShare shareOf(TeamId team) {
    TeamShare share = shares.get(team);
    if (share == null) {
      share = new TeamShare(team, settings.others());
      shares.put(team, share);
      limits.admit(share, settings.others(), true, epoch);
    }
    return share;
  }

  private void apply(PoolSettings changed, boolean isNew) {
    settings = changed;
    limits.apply(changed, epoch);
    for (TeamId team : changed.quotas().keySet()) {
      shares.computeIfAbsent(team, id -> new TeamShare(id, changed.quotaOf(id)));
    }
    for (TeamShare share : shares.values()) {
      Quota quota = changed.quotaOf(share.team);
      boolean isOrderedAnew =
          quota.weight() != share.quota.weight() || quota.lane() != share.quota.lane();
      limits.admit(share, quota, isNew, epoch);
      if (isOrderedAnew) {
        room.startAnew(share, epoch);
      }
    }
    limits.spreadRates();
    room.backlogged().forEach(this::recount);
    for (TeamShare share : List.copyOf(room.backlogged())) {
      if (share.quota.mode() == Mode.SHADOW) {
        letGoOf(share);
      }
    }
  }

  /** What those who wait cost, as the pool counts now. */
  private void recount(TeamShare share) {
    Arrays.fill(share.queued, 0);
    for (Ask ask = share.first; ask != null; ask = ask.behind) {
      countCosts(ask.estimate, ask.costs);
      for (int m = 0; m < Limits.KINDS; m++) {
        share.queued[m] += ask.costs[m];
      }
    }
  }

  private void countCosts(Estimate estimate, long[] costs) {
    Arrays.fill(costs, 0);
    for (Counts each : limits.counts()) {
      costs[each.index()] = settings.counting().atAdmission(each, estimate);
    }
  }

  // Pictures.

  PoolView view() {
    passTime();
    goOn();
    blame.close(now);
    limits.refillAll(now);
    List<PoolView.MeterView> meters = new ArrayList<>();
    for (Counts each : limits.counts()) {
      Bucket bucket = limits.pool(each.index());
      meters.add(
          new PoolView.MeterView(
              each,
              Math.floorDiv(bucket.level(), TOKEN),
              bucket.burst() / TOKEN,
              limits.perMinute(each.index()),
              bucket.rate()));
    }
    Map<TeamId, TeamShare> inOrder = new LinkedHashMap<>();
    settings.quotas().keySet().forEach(team -> inOrder.put(team, shareOf(team)));
    inOrder.putAll(shares);
    return new PoolView(
        settings.name(),
        settings.mode(),
        Math.max(0, pausedUntil - now),
        reserved,
        List.copyOf(meters),
        inOrder.values().stream().map(this::view).toList());
  }

  private PoolView.TeamView view(TeamShare share) {
    Map<Limit, Long> refused = new EnumMap<>(share.refused);
    refused.values().removeIf(calls -> calls == 0); // shadow counts them otherwise
    Bucket own = share.own[limits.main()];
    long oldest = 0;
    for (Ask ask = share.firstDue; ask != null; ask = ask.dueAfter) {
      oldest = Math.max(oldest, now - ask.askedNanos);
    }
    return new PoolView.TeamView(
        share.team,
        share.quota,
        own == null ? 0 : Math.floorDiv(own.level(), TOKEN),
        share.waiting,
        share.queued[limits.main()],
        oldest,
        share.admitted,
        share.servedTokens,
        share.borrowedUnits / TOKEN,
        Collections.unmodifiableMap(refused),
        share.wouldHaveWaited,
        share.wouldHaveRefused,
        share.blame.total(),
        Collections.unmodifiableMap(share.blame.causes()),
        share.blame.provider());
  }
}
