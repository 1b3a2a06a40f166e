package dev.sluice.admin.prefix;

import dev.sluice.billing.account.Condition;
import dev.sluice.billing.account.Outcome;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Reason;
import dev.sluice.core.warm.RegisteredPrefix;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Registered prefixes: one file each, and all of them in memory. A file is written beside its
 * place, forced to disk and moved there, so a crash leaves the old one or the new one. A file that
 * is torn or somebody else's is reported and left out; registering its name anew moves it aside.
 *
 * <p>Any thread but an event loop: changes write to disk, one at a time.
 */
public final class PrefixStore {

  public static final int PREFIXES_MAX = 1_000;

  /** Of all requests together. */
  static final long BYTES_MAX = 64L << 20;

  /** A request of the longest kind, with each byte escaped. */
  private static final long FILE_MAX_BYTES = 6L * RegisteredPrefix.REQUEST_MAX_BYTES + (1 << 16);

  private static final String SUFFIX = ".json";

  /**
   * A prefix as it is on disk.
   *
   * @param version differs for whatever differs
   */
  public record Stored(RegisteredPrefix prefix, String version) {}

  private final Path directory;
  private final boolean isUsable;

  /** Replaced as a whole. */
  private volatile SortedMap<String, Stored> all = new TreeMap<>();

  private volatile List<RegisteredPrefix> prefixes = List.of();

  /**
   * Reads what is there.
   *
   * @param directory made where it is missing
   * @param trouble told whole sentences about what cannot be read
   */
  public PrefixStore(Path directory, Consumer<String> trouble) {
    this.directory = directory;
    SortedMap<String, Stored> found = new TreeMap<>();
    boolean isThere = false;
    try {
      WholeFile.makeDirectory(directory);
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
        for (Path file : files) {
          read(file, found, trouble);
        }
      }
      isThere = true;
    } catch (IOException unusable) {
      trouble.accept(
          "Registered prefixes cannot be kept in "
              + directory
              + ": "
              + unusable
              + ". Make it"
              + " readable and writable, and start again.");
    }
    isUsable = isThere;
    replace(found);
  }

  private static void read(Path file, SortedMap<String, Stored> into, Consumer<String> trouble) {
    String name = file.getFileName().toString();
    try {
      if (name.startsWith(".")) {
        return; // of a change that a crash has cut off
      }
      if (into.size() >= PREFIXES_MAX) {
        throw new IllegalArgumentException("there are more than " + PREFIXES_MAX);
      }
      if (!Files.isRegularFile(file) || Files.size(file) > FILE_MAX_BYTES) {
        throw new IllegalArgumentException("it is no file, or one of more than 6 MiB");
      }
      byte[] bytes = Files.readAllBytes(file);
      RegisteredPrefix prefix = PrefixFile.prefix(bytes);
      if (!name.equals(prefix.name() + SUFFIX)) {
        throw new IllegalArgumentException("in it is the prefix " + prefix.name());
      }
      into.put(prefix.name(), new Stored(prefix, version(bytes)));
    } catch (IOException | IllegalArgumentException unreadable) {
      trouble.accept(
          "The file "
              + file
              + " is left out: "
              + unreadable.getMessage()
              + ". Register the prefix again, or take the file away.");
    }
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

  /** Registers a prefix, or changes it. Blocks. */
  public synchronized Outcome<Stored> put(RegisteredPrefix prefix, Condition condition) {
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
    Stored stored = new Stored(prefix, version(file));
    if (old != null && old.version.equals(stored.version)) {
      return new Done<>(old, false);
    }
    try {
      write(prefix.name(), file, old == null);
    } catch (IOException full) {
      return unwritable(full);
    }
    SortedMap<String, Stored> changed = new TreeMap<>(all);
    changed.put(prefix.name(), stored);
    replace(changed);
    return new Done<>(stored, old == null);
  }

  /** Forgets a prefix. Blocks. */
  public synchronized Outcome<String> delete(String name, Condition condition) {
    Stored old = all.get(name);
    Refused<String> no = refusal(name, old, condition);
    if (no == null && old == null) {
      no = new Refused<>(Reason.NO_SUCH_PREFIX, missing(name), null);
    }
    if (no != null) {
      return no;
    }
    try {
      Files.deleteIfExists(place(name));
      WholeFile.forceDirectory(place(name));
    } catch (IOException readOnly) {
      return unwritable(readOnly);
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
      return unwritable(new NoSuchFileException(directory.toString()));
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

  private <T> Refused<T> unwritable(IOException why) {
    return new Refused<>(
        Reason.STORE_UNAVAILABLE,
        "Nothing was changed, because "
            + directory
            + " cannot be written ("
            + why.getClass().getSimpleName()
            + "). Make room there, or make it writable, and try again.",
        null);
  }

  private void replace(SortedMap<String, Stored> changed) {
    all = Collections.unmodifiableSortedMap(changed);
    prefixes = changed.values().stream().map(Stored::prefix).toList();
  }

  private Path place(String name) {
    return directory.resolve(name + SUFFIX);
  }

  private void write(String name, byte[] bytes, boolean isNew) throws IOException {
    Path place = place(name);
    WholeFile.writeBeside(place, bytes);
    if (isNew && Files.exists(place)) { // one that could not be read
      Path aside = directory.resolve(name + SUFFIX + ".unreadable");
      Files.move(place, aside, StandardCopyOption.REPLACE_EXISTING);
    }
    WholeFile.moveFromBeside(place);
  }

  private static String version(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, 12);
    } catch (NoSuchAlgorithmException never) {
      throw new IllegalStateException("Every JDK has SHA-256", never);
    }
  }
}
