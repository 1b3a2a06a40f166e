package dev.sluice.core.prefix;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One writer for a prompt cache entry. A thousand calls with one prefix that is not in the
 * provider's cache would each pay for writing it, because it cannot be read before the first answer
 * has begun; here one of them leads, and the others wait for that moment.
 *
 * <p>The gateway cannot look into the cache. It has a {@link Belief} about each prefix, from what
 * it has sent and when, and corrects it by the counters of every answer.
 *
 * <p>Any thread; never blocks. Bounded: the least used prefixes are forgotten, which costs one
 * write at most.
 */
public final class PrefixGate {

  private static final int BOUND_FACTOR = 3;
  private static final int MODELS_MAX = 1_000;

  private final GateSettings settings;
  private final LongSupplier nanoTime;
  private final Later later;
  private final Cache<PrefixId, PrefixEntry> entries;
  private final Policy<PrefixId, PrefixEntry> quietly;
  private final ConcurrentHashMap<PrefixId, PrefixEntry> registered = new ConcurrentHashMap<>();
  private final Cache<String, AnswerTimes> times;

  /**
   * @param nanoTime nanoseconds; any thread; never goes back
   * @param later how those who wait are let go
   */
  public PrefixGate(GateSettings settings, LongSupplier nanoTime, Later later) {
    this.settings = settings;
    this.nanoTime = nanoTime;
    this.later = later;
    // On the thread that happens to notice: a few entries each time.
    this.entries =
        Caffeine.newBuilder().maximumSize(settings.prefixesMax()).executor(Runnable::run).build();
    this.quietly = entries.policy();
    this.times = Caffeine.newBuilder().maximumSize(MODELS_MAX).executor(Runnable::run).build();
  }

  /**
   * A way through for one call.
   *
   * @param chain its cacheable beginnings, shortest first; not empty
   * @param model as the request names it; answers of one model take alike to begin
   * @param random for jitter; the caller's loop's
   */
  public Pass pass(List<Prefix> chain, String model, RandomGenerator random) {
    PrefixEntry[] own = new PrefixEntry[chain.size()];
    for (int i = 0; i < own.length; i++) {
      own[i] = entry(chain.get(i), model);
    }
    return new Pass(this, chain, own, random);
  }

  private PrefixEntry entry(Prefix prefix, String model) {
    PrefixEntry named = registered.isEmpty() ? null : registered.get(prefix.id());
    PrefixEntry known = named != null ? named : quietly.getIfPresentQuietly(prefix.id());
    if (known != null) {
      if (known.isToBeRemembered()) {
        var _ = entries.getIfPresent(prefix.id());
      }
      return known;
    }
    PrefixEntry fresh = new PrefixEntry(prefix, model, timesOf(prefix, model));
    PrefixEntry other = entries.asMap().putIfAbsent(prefix.id(), fresh);
    return other == null ? fresh : other;
  }

  /** Of prefixes about as long: a long one takes longer to write. */
  private AnswerTimes timesOf(Prefix prefix, String model) {
    int size = (Long.SIZE - Long.numberOfLeadingZeros(prefix.tokens())) / 2;
    String of = prefix.id().account() + "/" + model + "/" + size;
    AnswerTimes known = times.getIfPresent(of);
    if (known != null) {
      return known;
    }
    AnswerTimes fresh = new AnswerTimes();
    AnswerTimes other = times.asMap().putIfAbsent(of, fresh);
    return other == null ? fresh : other;
  }

  /** Three times what most answers that write take to begin, and never longer than is allowed. */
  long longestWaitNanos(AnswerTimes of) {
    long p95 = of.p95Nanos();
    long most = settings.maxWait().toNanos();
    return p95 > most / BOUND_FACTOR ? most : BOUND_FACTOR * p95;
  }

  /**
   * Gives a prefix a name, and what holds for it besides; it is not forgotten from now on.
   *
   * @param mode null for what holds for all
   */
  public void register(Prefix prefix, String model, String name, @Nullable GateMode mode) {
    PrefixEntry entry = entry(prefix, model);
    entry.registration = new PrefixEntry.Registration(name, mode);
    registered.put(prefix.id(), entry);
  }

  /** It has no name any more. */
  public void unregister(PrefixId id) {
    PrefixEntry entry = registered.remove(id);
    if (entry != null) {
      entry.registration = null;
      entries.put(id, entry);
    }
  }

  /**
   * Pictures of now: those with a name, then those that have wasted most.
   *
   * @param most how many of the latter
   */
  public List<PrefixView> views(int most) {
    long now = nanoTime.getAsLong();
    List<PrefixView> all = new ArrayList<>();
    registered.values().forEach(entry -> all.add(view(entry, now)));
    entries.asMap().values().stream()
        .filter(entry -> entry.registration == null)
        .map(entry -> view(entry, now))
        .sorted(
            Comparator.comparingLong((PrefixView view) -> view.wasted() + view.saved())
                .thenComparingLong(PrefixView::calls)
                .reversed())
        .limit(most)
        .forEach(all::add);
    return all;
  }

  /** How many prefixes are known. */
  public long size() {
    return registered.size() + entries.estimatedSize();
  }

  private PrefixView view(PrefixEntry entry, long now) {
    PrefixStats stats = entry.stats;
    Belief belief = entry.belief();
    PrefixEntry.Registration own = entry.registration;
    return new PrefixView(
        entry.id,
        entry.model,
        own == null ? null : own.name(),
        entry.mode(settings.mode()),
        belief.label(now),
        entry.tokens(),
        entry.lifetimeNanos(),
        now,
        Math.max(0, belief.readableUntilNanos() - now),
        entry.usedNanos() == Belief.NEVER ? Long.MIN_VALUE : entry.usedNanos(),
        entry.writeNanos(),
        stats.calls.sum(),
        stats.writes.sum(),
        stats.readTokens.sum(),
        stats.writtenTokens.sum(),
        stats.followers.sum(),
        stats.bypasses.sum(),
        stats.evictions.sum(),
        stats.wasted.sum(),
        stats.saved.sum());
  }

  public GateSettings settings() {
    return settings;
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  Later later() {
    return later;
  }
}
