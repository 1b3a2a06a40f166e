package dev.sluice.core.prefix;

import dev.sluice.billing.usage.Usage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A provider's prompt cache, by its published rules: an entry at each marker, readable once the
 * first answer that wrote it has begun, its lifetime counted from the start of a request and
 * renewed by each use; sometimes gone before its time.
 */
final class ProviderCache {

  /** What a provider is like. */
  enum Habit {
    COUNTS_WRITES,
    COUNTS_READS,
    NEVER_CACHES
  }

  private static final long UNCACHED = 10;
  private static final long OUTPUT = 5;

  private final Habit habit;
  private final Map<PrefixId, Long> readableUntil = new HashMap<>();
  final Map<PrefixId, Integer> writes = new HashMap<>();

  ProviderCache(Habit habit) {
    this.habit = habit;
  }

  /**
   * A request at work.
   *
   * @param readTo the longest of its prefixes that was there; -1 for none
   */
  record Served(List<Prefix> chain, long startedAt, int readTo) {

    boolean hasWritten(Prefix prefix) {
      return chain.indexOf(prefix) > readTo;
    }
  }

  Served starts(List<Prefix> chain, long now) {
    int readTo = chain.size() - 1;
    while (readTo >= 0 && now >= readableUntil.getOrDefault(chain.get(readTo).id(), Belief.NEVER)) {
      readTo--;
    }
    for (int i = 0; i < chain.size(); i++) {
      if (i <= readTo) {
        renew(chain.get(i), now);
      } else {
        writes.merge(chain.get(i).id(), 1, Integer::sum);
      }
    }
    return new Served(chain, now, readTo);
  }

  void begins(Served served) {
    if (habit != Habit.NEVER_CACHES) {
      for (Prefix each : served.chain) {
        if (served.hasWritten(each)) {
          renew(each, served.startedAt);
        }
      }
    }
  }

  private void renew(Prefix prefix, long from) {
    readableUntil.merge(prefix.id(), from + prefix.lifetimeNanos(), Math::max);
  }

  void evict(Prefix prefix) {
    readableUntil.remove(prefix.id());
  }

  boolean isReadable(Prefix prefix, long now) {
    return now < readableUntil.getOrDefault(prefix.id(), Belief.NEVER);
  }

  Usage usage(Served served) {
    long all = served.chain.getLast().tokens();
    long read = served.readTo < 0 ? 0 : served.chain.get(served.readTo).tokens();
    return switch (habit) {
      case COUNTS_WRITES -> new Usage(UNCACHED, read, all - read, 0, 0, 0, OUTPUT, 0);
      case COUNTS_READS -> new Usage(UNCACHED + all - read, read, 0, 0, 0, 0, OUTPUT, 0);
      case NEVER_CACHES -> new Usage(UNCACHED + all, 0, 0, 0, 0, 0, OUTPUT, 0);
    };
  }
}
