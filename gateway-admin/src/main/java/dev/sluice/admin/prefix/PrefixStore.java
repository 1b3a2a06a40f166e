package dev.sluice.admin.prefix;

import dev.sluice.admin.prefix.PrefixWitness.Changing;
import dev.sluice.billing.account.Condition;
import dev.sluice.billing.account.Outcome;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Reason;
import dev.sluice.core.warm.RegisteredPrefix;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Registered prefixes: one file each, and all of them in memory. A crash leaves the old one or the
 * new one, and nothing changes that is not remembered: see {@link PrefixFiles}. A file that is torn
 * or somebody else's is reported and left out; registering its name anew moves it aside.
 *
 * <p>Any thread but an event loop: changes write to disk, one at a time.
 */
public final class PrefixStore {

  public static final int PREFIXES_MAX = 1_000;

  /** Of all requests together. */
  static final long BYTES_MAX = 64L << 20;

  /**
   * A prefix as it is on disk.
   *
   * @param version differs for whatever differs
   */
  public record Stored(RegisteredPrefix prefix, String version) {}

  private final Path directory;
  private final PrefixFiles files;
  private final boolean isUsable;

  /** Replaced as a whole. */
  private volatile SortedMap<String, Stored> all = new TreeMap<>();

  private volatile List<RegisteredPrefix> prefixes = List.of();

  /**
   * Reads what is there.
   *
   * @param directory made where it is missing
   * @param trouble told whole sentences about what cannot be read, and what is not as it was said
   */
  public PrefixStore(Path directory, Consumer<String> trouble) {
    this.directory = directory;
    files = new PrefixFiles(directory, trouble);
    SortedMap<String, Stored> found = new TreeMap<>();
    isUsable = files.read(found);
    replace(found);
  }

  /** By name. Any thread; does not block. */
  public Collection<Stored> all() {
    return all.values();
  }

  /** The same without versions. Any thread; does not block. */
  public List<RegisteredPrefix> prefixes() {
    return prefixes;
  }

  /** Null where there is none. Any thread; does not block. */
  public @Nullable Stored get(String name) {
    return all.get(name);
  }

  /**
   * Registers a prefix, or changes it. Blocks.
   *
   * @param witness asked once all that can be foreseen is in order; not where nothing changes
   */
  public synchronized Outcome<Stored> put(
      RegisteredPrefix prefix, Condition condition, PrefixWitness witness) {
    Stored old = all.get(prefix.name());
    Refused<Stored> no = refusal(prefix.name(), old, condition);
    if (no != null) {
      return no;
    }
    long bytes = prefix.requestBytes();
    for (RegisteredPrefix other : prefixes) {
      bytes += other.name().equals(prefix.name()) ? 0 : other.requestBytes();
    }
    if (bytes > BYTES_MAX || (old == null && all.size() >= PREFIXES_MAX)) {
      return new Refused<>(
          Reason.TOO_MANY,
          "With \""
              + prefix.name()
              + "\" there would be "
              + (all.size() + (old == null ? 1 : 0))
              + " prefixes with "
              + bytes
              + " bytes of requests. At most "
              + PREFIXES_MAX
              + " and "
              + BYTES_MAX
              + " bytes are kept. Delete some.",
          null);
    }
    byte[] file = PrefixFile.bytes(prefix);
    Stored stored = new Stored(prefix, PrefixFiles.version(file));
    if (old != null && old.version.equals(stored.version)) {
      return new Done<>(old, false);
    }
    no = files.make(new Changing(prefix.name(), old, stored, false), file, witness);
    if (no != null) {
      return no;
    }
    SortedMap<String, Stored> changed = new TreeMap<>(all);
    changed.put(prefix.name(), stored);
    replace(changed);
    return new Done<>(stored, old == null);
  }

  /**
   * Forgets a prefix. Blocks.
   *
   * @param witness as for {@link #put}
   */
  public synchronized Outcome<String> delete(
      String name, Condition condition, PrefixWitness witness) {
    Stored old = all.get(name);
    Refused<String> no = refusal(name, old, condition);
    if (no == null && old == null) {
      no = new Refused<>(Reason.NO_SUCH_PREFIX, missing(name), null);
    }
    if (no == null) {
      no = files.make(new Changing(name, old, null, false), new byte[0], witness);
    }
    if (no != null) {
      return no;
    }
    SortedMap<String, Stored> changed = new TreeMap<>(all);
    changed.remove(name);
    replace(changed);
    return new Done<>(name, false);
  }

  /** What is said of one that is not there. */
  public static String missing(String name) {
    return "No prefix \""
        + name
        + "\" is registered. PUT registers it; GET /admin/v1/prefixes lists those there are.";
  }

  private <T> @Nullable Refused<T> refusal(String name, @Nullable Stored old, Condition condition) {
    if (!isUsable) {
      return files.unwritable(new NoSuchFileException(directory.toString()));
    }
    Reason broken = condition.broken(old == null ? null : old.version);
    return broken == null
        ? null
        : new Refused<>(
            broken,
            "The prefix \""
                + name
                + "\" is "
                + (old == null ? "not there" : "there, and not as it was seen")
                + ". Read it, and send its ETag as If-Match.",
            null);
  }

  private void replace(SortedMap<String, Stored> changed) {
    all = Collections.unmodifiableSortedMap(changed);
    prefixes = changed.values().stream().map(Stored::prefix).toList();
  }
}
