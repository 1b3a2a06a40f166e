package dev.sluice.core.prefix;

import dev.sluice.billing.usage.Usage;
import dev.sluice.core.prefix.Belief.Suspect;
import dev.sluice.core.prefix.Belief.Warm;
import dev.sluice.core.prefix.Belief.Warming;
import dev.sluice.core.warm.EarlyRefresh;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One call's way through the gate: it asks whether it may go, waits if it must, and tells how its
 * answer went. Confined to the call's loop, except that it is let go from any.
 *
 * <p>Its prefixes are a chain, each the beginning of the next. What can be read of the longest that
 * is there can be read of all shorter ones; what is longer has to be written. A call leads what it
 * writes. It waits for the longest that somebody else is writing, and for one at a time.
 */
public final class Pass {

  /** Within this of the end of a belief the request may come too late. */
  private static final long GUARD_NANOS = 1_000_000_000L;

  /** Of the lifetime, at most. */
  private static final int GUARD_PART = 20;

  /**
   * Of what a prefix is thought to have; so much was read of it at least where it was read. Before
   * the provider has counted it by itself, its tokens are a share by length.
   */
  private static final double NEARLY_ALL = 0.7;

  private final PrefixGate gate;
  private final List<Prefix> chain;
  private final PrefixEntry[] entries;
  private final AnswerTimes times;
  private final RandomGenerator random;

  private @Nullable CacheRole role;
  private @Nullable Waiter waiter;
  private @Nullable Waiter lastWaiter;

  /** Which of the chain it last waited for; -1 if it never had to. */
  private int awaited = -1;

  /** What could be read when it first had to wait: an index, or -1. */
  private int readableBefore = -1;

  /** The longest that another was writing when it passed by; -1 for none. */
  private int passedBy = -1;

  private boolean hasGivenUp;
  private long waitSinceNanos;
  private long waitedNanos;
  private long giveUpAtNanos = Long.MAX_VALUE;
  private long sentNanos;
  private boolean hasBegun;

  /** How much of the chain could be read by what was believed when it went: an index, or -1. */
  private int warmTo = -1;

  /** When the call before was sent, of each prefix. */
  private final long[] before;

  Pass(PrefixGate gate, List<Prefix> chain, PrefixEntry[] entries, RandomGenerator random) {
    this.gate = gate;
    this.chain = chain;
    this.entries = entries;
    this.times = entries[entries.length - 1].times;
    this.random = random;
    this.before = new long[entries.length];
  }

  /**
   * Whether the call may go now. To be asked when it could be sent at once, and again whenever it
   * has been let go.
   *
   * @return false if it has to wait: it gives its tokens back and calls {@link #await}
   */
  public boolean enter() {
    long now = gate.nanoTime();
    while (true) {
      int readable = longestReadable(now);
      int other = ledByAnother(readable, true);
      if (other >= 0) {
        leaveTo(now); // nobody waits for one who waits
        readableBefore = awaited < 0 ? readable : readableBefore;
        awaited = other;
        return false;
      }
      other = ledByAnother(readable, false);
      if (other >= 0) {
        leadWhatIsFree(readable, now);
        passedBy = other;
        entries[other].stats.bypasses.increment();
        go(CacheRole.BYPASS, readable);
        return true;
      }
      if (lead(readable, now)) {
        go(roleOf(readable, now), readable);
        return true;
      }
    }
  }

  private int longestReadable(long now) {
    for (int i = entries.length - 1; i >= 0; i--) {
      Belief belief = entries[i].belief();
      long guard = belief instanceof Warming ? guard(entries[i]) : 0;
      if (!(belief instanceof Suspect)
          && now < belief.readableUntilNanos() - guard
          && !entries[i].isLedBy(this)) {
        return i;
      }
    }
    return -1;
  }

  private static long guard(PrefixEntry entry) {
    return Math.min(GUARD_NANOS, entry.lifetimeNanos() / GUARD_PART);
  }

  /**
   * The longest that cannot be read and that another call writes; -1 if there is none.
   *
   * @param isToWait only what this call may wait for
   */
  private int ledByAnother(int readable, boolean isToWait) {
    for (int i = entries.length - 1; i > readable; i--) {
      if (entries[i].belief() instanceof Warming warming
          && warming.leader() != this
          && (!isToWait || mayWait(entries[i]))) {
        return i;
      }
    }
    return -1;
  }

  /** Takes all that has to be written, shortest first; false if another was quicker. */
  private boolean lead(int readable, long now) {
    for (int i = readable + 1; i < entries.length; i++) {
      if (!entries[i].isLedBy(this)
          && !entries[i].isInDoubt(now)
          && !entries[i].lead(this, now, false)) {
        for (int j = readable + 1; j < i; j++) {
          entries[j].handOver(this, gate.later(), now);
        }
        return false;
      }
    }
    return readable < 0 || renews(entries[readable], now);
  }

  /** What it writes besides what another writes: others are to know of it. */
  private void leadWhatIsFree(int readable, long now) {
    for (int i = readable + 1; i < entries.length; i++) {
      entries[i].lead(this, now, false);
    }
  }

  /** One read near the end renews it; another, in the same moment, may have to wait for that. */
  private boolean renews(PrefixEntry entry, long now) {
    if (!(entry.belief() instanceof Warm warm)) {
      return true;
    }
    long left = warm.untilNanos() - now;
    boolean isTight = left < guard(entry);
    if (isTight || EarlyRefresh.isDue(left, entry.writeNanos(), random.nextDouble())) {
      return entry.lead(this, now, true) || !isTight;
    }
    return true;
  }

  private CacheRole roleOf(int readable, long now) {
    if (awaited >= 0 && awaited <= readable) {
      return CacheRole.FOLLOWER;
    }
    if (readable == entries.length - 1) {
      return CacheRole.WARM;
    }
    for (int i = readable + 1; i < entries.length; i++) {
      if (!entries[i].isInDoubt(now)) {
        return CacheRole.LEADER;
      }
    }
    return CacheRole.BYPASS;
  }

  private boolean mayWait(PrefixEntry entry) {
    return !hasGivenUp && entry.mode(gate.settings().mode()) == GateMode.ON;
  }

  private void go(CacheRole as, int readable) {
    role = as;
    warmTo = readable;
    for (int i = 0; i < before.length; i++) {
      before[i] = entries[i].sentNanos();
    }
    if (as == CacheRole.FOLLOWER) {
      entries[awaited].stats.followers.increment();
    }
  }

  /**
   * Waits until the answer that it waits for has begun, or it is its turn to lead.
   *
   * @param loop where it is let go
   * @param then to {@link #enter} again; not on this stack
   */
  public void await(Executor loop, Runnable then) {
    if (awaited < 0) {
      throw new IllegalStateException("waits for nobody: ask first");
    }
    long now = gate.nanoTime();
    waitSinceNanos = now;
    if (giveUpAtNanos == Long.MAX_VALUE) {
      giveUpAtNanos = now + gate.longestWaitNanos(times);
    }
    Waiter own = new Waiter(this, loop, then);
    waiter = own;
    lastWaiter = own;
    if (!entries[awaited].follow(own)) {
      own.release(gate.later(), 0);
    }
  }

  /** When it will have waited long enough; {@link Long#MAX_VALUE} while it does not wait. */
  public long giveUpAtNanos() {
    return waiter == null ? Long.MAX_VALUE : giveUpAtNanos;
  }

  /**
   * It has waited long enough and passes.
   *
   * @return false if it has been let go already, and will hear of it
   */
  public boolean giveUp() {
    if (waiter == null || !waiter.leave()) {
      return false;
    }
    hasGivenUp = true;
    endWait();
    return true;
  }

  /** It has been let go. */
  public void isReleased() {
    endWait();
  }

  private void endWait() {
    waitedNanos += Math.max(1, gate.nanoTime() - waitSinceNanos);
    waiter = null;
  }

  /**
   * The request is on its way.
   *
   * @param isOwn whether the gateway sends it by itself, and no traffic asked for it
   */
  public void sent(long nowNanos, boolean isOwn) {
    sentNanos = nowNanos;
    for (PrefixEntry entry : entries) {
      if (!isOwn) {
        entry.used(nowNanos);
        entry.stats.calls.increment();
      }
    }
  }

  /**
   * The answer itself has begun, or is a refusal. Only a good one makes an entry readable.
   *
   * @param status of its head
   */
  public void answerBegan(int status, long nowNanos) {
    if (status < 200 || status >= 300) {
      leaveTo(nowNanos);
      return;
    }
    hasBegun = true;
    long took = nowNanos - sentNanos;
    if (role == CacheRole.LEADER) {
      times.add(took);
    }
    for (int i = 0; i < entries.length; i++) {
      if (i > warmTo) {
        entries[i].wrote(took);
      }
      long lifetime = chain.get(i).lifetimeNanos();
      entries[i].readable(this, sentNanos, lifetime, nowNanos, gate.later(), random);
    }
  }

  /** Whether its answer has begun. */
  public boolean hasBegun() {
    return hasBegun;
  }

  /** Whether others wait for this call's answer to begin: then it goes on, whoever has left. */
  public boolean isAwaited() {
    if (!hasBegun) {
      for (PrefixEntry entry : entries) {
        if (entry.isAwaited(this)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The call has ended, however. Once.
   *
   * @param counted by the provider; null where it has not counted
   * @return what its tokens mean to the prompt cache
   */
  public Finding ended(@Nullable Usage counted) {
    if (lastWaiter != null) {
      lastWaiter.end();
    }
    long now = gate.nanoTime();
    if (!hasBegun) {
      leaveTo(now);
      return Finding.NOTHING;
    }
    return counted == null ? Finding.NOTHING : learn(counted, now);
  }

  private void leaveTo(long now) {
    for (PrefixEntry entry : entries) {
      entry.handOver(this, gate.later(), now);
    }
  }

  // What the provider says goes before what was believed.

  private Finding learn(Usage counted, long now) {
    long read = counted.cacheRead();
    long written = counted.cacheWrites();
    boolean isWriteCounted = chain.getLast().isWriteCounted();
    if (isWriteCounted && read + written > 0) {
      shareOut(read, read + written);
    }
    int readTo = readTo(read, isWriteCounted);
    long missing = 0;
    for (int i = 0; i < entries.length; i++) {
      PrefixEntry entry = entries[i];
      if (i <= readTo) {
        entry.hit(sentNanos, before[i]);
        entry.stats.readTokens.add(Math.min(read, entry.tokens()));
      } else if (written > 0) {
        entry.stats.writes.increment();
        entry.stats.writtenTokens.add(Math.min(written, entry.tokens()));
        if (i <= warmTo) {
          entry.evicted(sentNanos, before[i]);
          missing = entry.tokens() - read;
        }
      } else if (i <= warmTo || isWriteCounted) {
        entry.missed(now, isWriteCounted); // gone, or too short, or not cached at all
        missing = i <= warmTo ? entry.tokens() - read : missing;
      }
    }
    return finding(counted, read, written, missing);
  }

  /** The longest has been counted; the others are shares of it until they are counted too. */
  private void shareOut(long read, long all) {
    int last = entries.length - 1;
    entries[last].counted(all);
    if (warmTo >= 0
        && warmTo < last
        && readTo(read, true) == warmTo
        && NEARLY_ALL * read <= entries[warmTo].tokens()) {
      entries[warmTo].counted(read); // else it was read of another, longer one
    }
    for (int i = 0; i < last; i++) {
      entries[i].guessed((long) ((double) all * chain.get(i).bytes() / chain.get(last).bytes()));
    }
  }

  /** The longest that was read, or -1. */
  private int readTo(long read, boolean isWriteCounted) {
    for (int i = entries.length - 1; i >= 0 && read > 0; i--) {
      if (!isWriteCounted || isNearlyAll(read, entries[i])) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isNearlyAll(long read, PrefixEntry entry) {
    return read >= NEARLY_ALL * entry.tokens();
  }

  private Finding finding(Usage counted, long read, long written, long missing) {
    if (role == CacheRole.FOLLOWER && read > 0) {
      PrefixEntry about = entries[awaited];
      long anyway = readableBefore < 0 ? 0 : entries[readableBefore].tokens();
      return finding(Finding.Kind.SAVED, Math.min(read, about.tokens()) - anyway, about);
    }
    // Where writes are not counted, what was not read was plain input.
    long most = written > 0 ? written : counted.uncachedInput();
    if (passedBy >= 0) {
      PrefixEntry about = entries[passedBy];
      long twice = isNearlyAll(read, about) ? 0 : about.tokens() - read;
      return finding(Finding.Kind.WASTED, Math.min(twice, most), about);
    }
    return warmTo < 0
        ? Finding.NOTHING
        : finding(Finding.Kind.WASTED, Math.min(missing, most), entries[warmTo]);
  }

  private static Finding finding(Finding.Kind kind, long tokens, PrefixEntry about) {
    return tokens <= 0 ? Finding.NOTHING : new Finding(kind, tokens, about);
  }

  /** Whether traffic has asked for one of its prefixes before. */
  public boolean isUsedAgain(PrefixId id) {
    for (PrefixEntry entry : entries) {
      if (entry.id.equals(id)) {
        return entry.usedNanos() != Belief.NEVER;
      }
    }
    return false;
  }

  /** Of its longest prefix, as asked for; in nanoseconds. */
  public long lifetimeNanos() {
    return chain.getLast().lifetimeNanos();
  }

  /** Whether the provider tells what it writes. */
  public boolean isWriteCounted() {
    return chain.getLast().isWriteCounted();
  }

  /** Null before it has gone. */
  public @Nullable CacheRole role() {
    return role;
  }

  /** In nanoseconds; 0 if it never waited. */
  public long waitedNanos() {
    return waitedNanos;
  }
}
