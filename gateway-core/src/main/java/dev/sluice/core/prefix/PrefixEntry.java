package dev.sluice.core.prefix;

import dev.sluice.core.prefix.Belief.Cold;
import dev.sluice.core.prefix.Belief.Suspect;
import dev.sluice.core.prefix.Belief.Warm;
import dev.sluice.core.prefix.Belief.Warming;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One prefix: the belief in it, and what has been learned and counted. Any thread, without a lock:
 * every change of belief is one compare-and-set of an immutable value.
 */
final class PrefixEntry {

  /** Misses in a row, of a provider that counts no writes, after which it is in doubt. */
  private static final int MISSES_MAX = 2;

  private static final long SHORTEST_LIFETIME_NANOS = 30_000_000_000L;
  private static final long NOT_LONGER_NANOS = 1_000_000L;
  private static final long REMEMBER_NANOS = 100_000_000L;
  private static final long USUAL_WRITE_NANOS = 1_000_000_000L;

  /** Of everything that has never been seen. */
  private static final Belief COLD = new Cold();

  private static final VarHandle BELIEF;

  static {
    try {
      BELIEF = MethodHandles.lookup().findVarHandle(PrefixEntry.class, "belief", Belief.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final PrefixId id;
  final String model;
  final PrefixStats stats = new PrefixStats();

  /** Shared with others of its model that are about as long. */
  final AnswerTimes times;

  /** Of somebody's registration; null for what was only seen. */
  volatile @Nullable Registration registration;

  private volatile Belief belief = COLD;

  // Learned. Written by whoever has just seen it; a lost update costs a little precision. What has
  // not changed is not written again: other loops have it in their caches.
  private volatile long lifetimeNanos;
  private volatile long tokens;
  private volatile boolean isCounted;
  private volatile long writeNanos = USUAL_WRITE_NANOS;
  private volatile int misses;
  private volatile long sentNanos = Belief.NEVER;
  private volatile long usedNanos = Belief.NEVER;
  private volatile long rememberedNanos = Belief.NEVER;

  /** What evictions have taught: it does not live longer, whatever is asked for. */
  private volatile long lifetimeCapNanos = Long.MAX_VALUE;

  /** How somebody named it, and what holds for it besides. */
  record Registration(String name, @Nullable GateMode mode) {}

  PrefixEntry(Prefix prefix, String model, AnswerTimes times) {
    this.id = prefix.id();
    this.model = model;
    this.times = times;
    this.lifetimeNanos = prefix.lifetimeNanos();
    this.tokens = prefix.tokens();
  }

  Belief belief() {
    return belief;
  }

  private boolean change(Belief from, Belief to) {
    return BELIEF.compareAndSet(this, from, to);
  }

  /** As the provider counted it, or as estimated. */
  long tokens() {
    return tokens;
  }

  void counted(long exactly) {
    if (tokens != exactly || !isCounted) {
      tokens = exactly;
      isCounted = true;
    }
  }

  /** A better guess than the first; does nothing once it has been counted. */
  void guessed(long about) {
    if (!isCounted) {
      tokens = about;
    }
  }

  /** Time to the first byte of an answer that writes it. */
  long writeNanos() {
    return writeNanos;
  }

  void wrote(long tookNanos) {
    writeNanos = (3 * writeNanos + tookNanos) / 4;
  }

  /** As last asked for, if it lives that long. */
  long lifetimeNanos() {
    return Math.min(lifetimeNanos, lifetimeCapNanos);
  }

  /** When the last call was sent whose answer began; {@link Belief#NEVER} before the first. */
  long sentNanos() {
    return sentNanos;
  }

  /**
   * Whether its being used is to be told to whatever forgets the least used: at most ten times a
   * second, because being told is what its readers would contend for.
   */
  boolean isToBeRemembered() {
    long used = usedNanos;
    if (used - rememberedNanos < REMEMBER_NANOS) {
      return false;
    }
    rememberedNanos = used;
    return true;
  }

  /** When traffic last asked for it; what the gateway sends by itself does not count. */
  long usedNanos() {
    return usedNanos;
  }

  void used(long nowNanos) {
    usedNanos = nowNanos;
  }

  GateMode mode(GateMode usual) {
    Registration own = registration;
    return own == null || own.mode() == null || usual == GateMode.OFF ? usual : own.mode();
  }

  // Leading.

  /**
   * Makes a call the one that writes.
   *
   * @return false if another was quicker, or it can be read and may not be renewed yet
   */
  boolean lead(Pass pass, long nowNanos, boolean renews) {
    Belief now = belief;
    boolean isFree =
        switch (now) {
          case Cold _ -> true;
          case Warming _ -> false;
          case Warm warm -> renews || nowNanos >= warm.untilNanos();
          case Suspect suspect -> nowNanos >= suspect.untilNanos();
        };
    long readable = renews ? now.readableUntilNanos() : Belief.NEVER;
    return isFree && change(now, new Warming(pass, Followers.NONE, readable));
  }

  /** Whether it is in doubt: neither waited for nor led. */
  boolean isInDoubt(long nowNanos) {
    return belief instanceof Suspect suspect && nowNanos < suspect.untilNanos();
  }

  boolean isLedBy(Pass pass) {
    return belief instanceof Warming warming && warming.leader() == pass;
  }

  /**
   * Its call ends or is refused before an answer has begun: the next who waits leads, and is let go
   * at once.
   */
  void handOver(Pass from, Later later, long nowNanos) {
    Pass leader = from;
    while (belief instanceof Warming now && now.leader() == leader) {
      Waiter next = now.followers().first();
      if (next == null) {
        Belief left =
            nowNanos < now.readableUntilNanos() ? new Warm(now.readableUntilNanos()) : COLD;
        if (change(now, left)) {
          return;
        }
      } else {
        Belief led = new Warming(next.pass, now.followers(), now.readableUntilNanos());
        if (change(now, led)) {
          // One that has just waited long enough is on its way, and leads all the same.
          if (next.release(later, 0) || !next.hasEnded()) {
            return;
          }
          leader = next.pass;
        }
      }
    }
  }

  // Following.

  /** Joins those who wait; false if there is nobody to wait for any more. */
  boolean follow(Waiter waiter) {
    while (belief instanceof Warming now) {
      Belief joined =
          new Warming(now.leader(), now.followers().and(waiter), now.readableUntilNanos());
      if (change(now, joined)) {
        return true;
      }
    }
    return false;
  }

  /** Whether somebody waits for the answer of this call to begin. */
  boolean isAwaited(Pass leader) {
    return belief instanceof Warming now && now.leader() == leader && now.followers().isAwaited();
  }

  /**
   * An answer to a call with this prefix has begun, so it can be read: whoever waits may go.
   *
   * @param by that call
   * @param sent when it was sent; the provider counts from there
   * @param lifetime as asked for
   */
  void readable(
      Pass by, long sent, long lifetime, long nowNanos, Later later, RandomGenerator random) {
    if (lifetimeNanos != lifetime) {
      lifetimeNanos = lifetime;
    }
    sentNanos = Math.max(sentNanos, sent);
    while (true) {
      Belief now = belief;
      if (now instanceof Suspect suspect && sent < suspect.untilNanos()) {
        return; // an answer that begins proves nothing: a read would
      }
      long until = Math.max(now.readableUntilNanos(), sent + lifetimeNanos());
      if (until <= nowNanos && now instanceof Warming other && other.leader() != by) {
        return; // it has expired on the way, and another writes it anew
      }
      if (now instanceof Warm warm && until - warm.untilNanos() < NOT_LONGER_NANOS) {
        return; // many at once: they would be in each other's way for nothing
      }
      if (change(now, new Warm(until))) {
        if (now instanceof Warming warming) {
          letGo(warming.followers().inOrder(), later, random);
        }
        return;
      }
    }
  }

  private static void letGo(List<Waiter> waiting, Later later, RandomGenerator random) {
    for (int i = 0; i < waiting.size(); i++) {
      waiting.get(i).release(later, ReleaseRamp.delayNanos(i, waiting.size(), random.nextDouble()));
    }
  }

  // What the provider said.

  /**
   * It was read.
   *
   * @param sent when the call was sent that read it
   * @param before when the call before was sent
   */
  void hit(long sent, long before) {
    if (misses != 0) {
      misses = 0;
    }
    long age = sent - before;
    if (before != Belief.NEVER && age > lifetimeCapNanos) {
      lifetimeCapNanos = age / 4 * 5; // it lives longer than was thought
    }
    Belief now = belief;
    if (now instanceof Suspect) {
      change(now, new Warm(sent + lifetimeNanos()));
    }
  }

  /**
   * It was believed to be there, and the provider wrote it anew: it had gone before its time.
   *
   * @param sent when the call was sent that wrote it
   * @param before when the call before was sent
   */
  void evicted(long sent, long before) {
    stats.evictions.increment();
    long age = sent - before;
    if (before != Belief.NEVER && age > SHORTEST_LIFETIME_NANOS && age < lifetimeNanos()) {
      lifetimeCapNanos = Math.max(SHORTEST_LIFETIME_NANOS, age / 4 * 3);
      long until = sent + lifetimeNanos();
      if (belief instanceof Warm warm && warm.untilNanos() > until) {
        change(warm, new Warm(until));
      }
    }
  }

  /** It ought to have been read or written, and the provider says neither. */
  void missed(long nowNanos, boolean isWriteCounted) {
    int inARow = misses + 1;
    misses = inARow;
    if (inARow >= MISSES_MAX || isWriteCounted) {
      Belief now = belief;
      if (now instanceof Warm) {
        change(now, new Suspect(nowNanos + lifetimeNanos()));
      }
    }
  }
}
