package dev.sluice.core.warm;

import dev.sluice.core.warm.PrefixReader.Cacheable;
import dev.sluice.core.warm.PrefixReader.NotCacheable;
import dev.sluice.core.warm.PrefixReader.Reading;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All prefixes there are: the registered ones, with what traffic has shown of them, and those that
 * only traffic has shown. Any thread but an event loop: a new registration is read here, once.
 */
public final class WarmTargets implements Supplier<List<KnownPrefix>> {

  private record Read(RegisteredPrefix of, Reading reading) {}

  private final Supplier<List<RegisteredPrefix>> registered;
  private final PrefixReader reader;
  private final Supplier<List<KnownPrefix>> learned;

  /** By name; guarded by this. */
  private Map<String, Read> readings = Map.of();

  /**
   * @param registered of which each name stands there once
   * @param learned of which each id stands there once; bounded by whoever supplies it
   */
  public WarmTargets(
      Supplier<List<RegisteredPrefix>> registered,
      PrefixReader reader,
      Supplier<List<KnownPrefix>> learned) {
    this.registered = registered;
    this.reader = reader;
    this.learned = learned;
  }

  /** Registered ones first; one that is not cacheable is left out. */
  @Override
  public List<KnownPrefix> get() {
    Map<Object, KnownPrefix> left = new LinkedHashMap<>();
    learned.get().forEach(prefix -> left.put(prefix.id(), prefix));
    Map<Object, KnownPrefix> named = new LinkedHashMap<>();
    for (Read read : readAll()) {
      switch (read.reading) {
        case Cacheable found -> {
          // Two names of one prefix: the first has it, or both would refresh it.
          if (!named.containsKey(found.id())) {
            named.put(found.id(), named(read.of.name(), found, left.remove(found.id())));
          }
        }
        case NotCacheable _ -> {}
      }
    }
    List<KnownPrefix> all = new ArrayList<>(named.values());
    all.addAll(left.values());
    return all;
  }

  private static KnownPrefix named(String name, Cacheable found, @Nullable KnownPrefix seen) {
    return seen == null
        ? new KnownPrefix(
            found.id(),
            name,
            found.provider(),
            found.model(),
            found.tokens(),
            false,
            0,
            found.lifetimeNanos(),
            KnownPrefix.NEVER,
            0)
        : new KnownPrefix(
            seen.id(),
            name,
            seen.provider(),
            seen.model(),
            seen.tokens(),
            seen.isWarm(),
            seen.warmUntilNanos(),
            seen.lifetimeNanos(),
            seen.lastUseNanos(),
            seen.warmUpNanos());
  }

  /** What was found in a registered request. */
  public synchronized Reading reading(RegisteredPrefix prefix) {
    Read read = readings.get(prefix.name());
    return read != null && read.of.equals(prefix)
        ? read.reading
        : reader.read(prefix.route(), prefix.request());
  }

  private synchronized List<Read> readAll() {
    Map<String, Read> all = new HashMap<>();
    List<Read> inOrder = new ArrayList<>();
    for (RegisteredPrefix prefix : registered.get()) {
      Read read = new Read(prefix, reading(prefix));
      all.put(prefix.name(), read);
      inOrder.add(read);
    }
    readings = all;
    return inOrder;
  }
}
