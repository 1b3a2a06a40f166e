package dev.sluice.core.warm;

import dev.sluice.core.warm.WarmSchedule.Occurrence;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What {@link KeepWarm} remembers of one prefix. Confined to its thread. */
final class WarmState {

  /** How long the provider takes where nobody has measured it. */
  private static final long WARM_UP_USUAL = Duration.ofSeconds(2).toNanos();

  /** For the way there and for the round in which it is seen. */
  private static final long ON_THE_WAY = Duration.ofSeconds(1).toNanos();

  private static final long BACKOFF_MIN = Duration.ofSeconds(5).toNanos();
  private static final long BACKOFF_MAX = Duration.ofMinutes(5).toNanos();

  /** A provider that has thrown a held entry away so often does not hold it. */
  private static final int EVICTIONS_MAX = 3;

  private final Map<WarmSchedule, Occurrence> occurrences = new HashMap<>();

  private long lastUse = KnownPrefix.NEVER;
  private long refreshes;
  private int evictions;
  private int failures;
  private boolean isPaused;
  private long pausedUntil;

  // The end of the entry's life by the last refresh.
  private boolean isAided;
  private long aidedUntil;

  // The lead is drawn once per life.
  private boolean isDrawn;
  private long drawnFor;
  private long lead;

  private boolean isShort;

  /** Null where none is on its way. */
  @Nullable Flight flight;

  /** How an entry is wanted. */
  enum Wish {
    NOT,
    /** While it lives. */
    EXTEND,
    /** Also where it must be written first. */
    HOLD
  }

  /**
   * Sees whether a client has used it since the last look.
   *
   * @return whether the use found an entry that a refresh had kept from ending
   */
  boolean sees(KnownPrefix prefix) {
    long use = prefix.lastUseNanos();
    if (use == lastUse) {
      return false;
    }
    boolean isUnaided =
        lastUse != KnownPrefix.NEVER && use - (lastUse + prefix.lifetimeNanos()) <= 0;
    boolean wasKept = isAided && !isUnaided && use - aidedUntil <= 0;
    lastUse = use;
    refreshes = 0;
    evictions = 0;
    isAided = false;
    isShort = false;
    return wasKept;
  }

  Wish wish(
      KnownPrefix prefix, boolean isKept, KeepWarmRule rule, @Nullable Occurrence going, long now) {
    if (isPaused && now - pausedUntil < 0) {
      return Wish.NOT;
    }
    if (going != null && evictions < EVICTIONS_MAX) {
      return Wish.HOLD;
    }
    boolean pays =
        isKept
            && lastUse != KnownPrefix.NEVER
            && refreshes < rule.refreshesMax()
            && evictions == 0
            && prefix.remainingNanos(now) > 0;
    return pays ? Wish.EXTEND : Wish.NOT;
  }

  /** The occurrence that goes on now; null for none. */
  @Nullable Occurrence going(
      List<WarmSchedule> schedules, KnownPrefix prefix, Instant at, RandomGenerator random) {
    occurrences.keySet().retainAll(schedules);
    Duration lead = Duration.ofNanos(2 * warmUp(prefix)).plusSeconds(5);
    Occurrence going = null;
    for (WarmSchedule schedule : schedules) {
      Occurrence next = occurrences.get(schedule);
      if (next == null || !at.isBefore(next.keepUntil())) {
        next = schedule.next(at, lead, random);
        occurrences.put(schedule, next);
        evictions = 0;
      }
      if (next.covers(at) && (going == null || next.keepUntil().isAfter(going.keepUntil()))) {
        going = next;
      }
    }
    return going;
  }

  /** Whether the end is near enough; without an entry it has come. */
  boolean isNear(KnownPrefix prefix, KeepWarmRule rule, long now, RandomGenerator random) {
    long remaining = prefix.remainingNanos(now);
    if (remaining <= 0) {
      return true;
    }
    if (!isDrawn || drawnFor != prefix.warmUntilNanos()) {
      isDrawn = true;
      drawnFor = prefix.warmUntilNanos();
      lead = lead(prefix, rule, random.nextDouble());
    }
    return remaining <= lead;
  }

  /**
   * Early enough to arrive, and spread. Refreshes that are early are more than those that hindsight
   * needs; as long as all that come after one use are early by less than one lifetime together, it
   * needs one less at most, and twice its spending stays the bound. Hence the limit of the spread.
   */
  private static long lead(KnownPrefix prefix, KeepWarmRule rule, double u) {
    long delta = warmUp(prefix);
    long least = delta + ON_THE_WAY;
    long most = prefix.lifetimeNanos() / (rule.refreshesMax() + 1);
    return Math.max(least, Math.min(most, least + EarlyRefresh.leadNanos(delta, u)));
  }

  private static long warmUp(KnownPrefix prefix) {
    return prefix.warmUpNanos() == 0 ? WARM_UP_USUAL : prefix.warmUpNanos();
  }

  void sent(Flight sent) {
    flight = sent;
    refreshes++;
    isShort = false;
  }

  void ended(Flight ended, WarmCalls.Outcome outcome, long now) {
    flight = null;
    switch (outcome) {
      case FAILED -> {
        long shift = Math.min(failures++, 10);
        pause(now, Math.min(BACKOFF_MAX, BACKOFF_MIN << shift));
      }
      case READ, WROTE -> {
        failures = 0;
        isAided = true;
        aidedUntil = ended.sentAt() + ended.prefix().lifetimeNanos();
        // Whatever the belief says meanwhile: nothing is refreshed in a circle.
        pause(now, ended.prefix().lifetimeNanos() / 4);
        if (outcome == WarmCalls.Outcome.WROTE && ended.prefix().isWarm()) {
          evictions++;
        }
      }
    }
  }

  private void pause(long now, long nanos) {
    isPaused = true;
    pausedUntil = now + nanos;
  }

  /** Whether it is the first time since a refresh or a use that there was no money. */
  boolean isNewlyShort() {
    boolean isNew = !isShort;
    isShort = true;
    return isNew;
  }
}
