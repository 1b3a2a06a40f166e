package dev.sluice.admin.prefix;

import dev.sluice.admin.prefix.PrefixStore.Stored;
import dev.sluice.admin.prefix.PrefixWitness.Changing;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Reason;
import dev.sluice.core.warm.RegisteredPrefix;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The files of registered prefixes, and how one is changed: it is written beside its place and
 * forced to disk, remembered by the {@link PrefixWitness}, and then moved. So nothing changes that
 * is not remembered, and all that needs room has been done before.
 *
 * <p>What is remembered may still not be made. Where the move fails, the witness is told that the
 * change was undone. Where the gateway ends in between, the next start finds what is beside the
 * place (nothing but a name, for a deletion), takes it away and says so.
 *
 * <p>One thread at a time; blocks.
 */
final class PrefixFiles {

  /** A request of the longest kind, with each byte escaped. */
  private static final long FILE_MAX_BYTES = 6L * RegisteredPrefix.REQUEST_MAX_BYTES + (1 << 16);

  private static final String SUFFIX = ".json";

  private final Path directory;
  private final Consumer<String> trouble;

  PrefixFiles(Path directory, Consumer<String> trouble) {
    this.directory = directory;
    this.trouble = trouble;
  }

  /**
   * Reads what is there; makes the directory where it is missing.
   *
   * @return whether the directory can be used
   */
  boolean read(SortedMap<String, Stored> into) {
    try {
      WholeFile.makeDirectory(directory);
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
        for (Path file : files) {
          String name = file.getFileName().toString();
          if (name.startsWith(".")) {
            cutOff(file, name.substring(1, name.length() - SUFFIX.length()));
          } else {
            read(file, name, into);
          }
        }
      }
      return true;
    } catch (IOException unusable) {
      trouble.accept(
          "Registered prefixes cannot be kept in "
              + directory
              + ": "
              + unusable
              + ". Make it readable and writable, and start again.");
      return false;
    }
  }

  private void read(Path file, String name, SortedMap<String, Stored> into) {
    try {
      if (into.size() >= PrefixStore.PREFIXES_MAX) {
        throw new IllegalArgumentException("there are more than " + PrefixStore.PREFIXES_MAX);
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

  /** What an end in the middle of a change has left: a registration, or nothing for a deletion. */
  private void cutOff(Path beside, String name) {
    try {
      if (!RegisteredPrefix.isName(name) || !Files.isRegularFile(beside)) {
        return; // somebody else's
      }
      boolean isMade = Files.size(beside) == 0 && !Files.exists(place(name));
      Files.delete(beside);
      if (!isMade) {
        trouble.accept(
            "A change of the prefix \""
                + name
                + "\" was cut off when the gateway ended, and is not made. If it stands in"
                + " GET /admin/v1/audit all the same, make it again.");
      }
    } catch (IOException readOnly) {
      trouble.accept(
          "What a change of the prefix \""
              + name
              + "\" has left when the gateway ended cannot be deleted ("
              + readOnly
              + "). The change is not made; take "
              + beside
              + " away.");
    }
  }

  /**
   * Has a change remembered, and makes it.
   *
   * @param file what will be there; empty for a deletion
   * @return null where it is made
   */
  <T> @Nullable Refused<T> make(Changing change, byte[] file, PrefixWitness witness) {
    Path place = place(change.name());
    try {
      WholeFile.writeBeside(place, file);
    } catch (IOException full) {
      dropBeside(place);
      return unwritable(full);
    }
    Refused<?> no = witness.sees(change);
    if (no != null) {
      dropBeside(place);
      // A write that failed may be on the disk all the same.
      trouble.accept(
          "The prefix \""
              + change.name()
              + "\" was not changed, because that could not be written to the log of changes. If"
              + " GET /admin/v1/audit should have it all the same, it is not so.");
      return new Refused<>(no.reason(), no.detail(), no.id());
    }
    try {
      move(change);
      return null;
    } catch (IOException inTheWay) {
      return undo(change, inTheWay, witness);
    }
  }

  private void move(Changing change) throws IOException {
    Path place = place(change.name());
    if (change.after() == null) {
      Files.deleteIfExists(place);
      dropBeside(place);
    } else {
      if (change.before() == null && Files.exists(place)) { // one that could not be read
        Path aside = directory.resolve(change.name() + SUFFIX + ".unreadable");
        Files.move(place, aside, StandardCopyOption.REPLACE_EXISTING);
      }
      WholeFile.moveFromBeside(place);
    }
    try {
      WholeFile.forceDirectory(place);
    } catch (IOException unsure) {
      trouble.accept(
          "The change of the prefix \""
              + change.name()
              + "\" is made, but the disk does not confirm it ("
              + unsure
              + "). Look at the disk, and at the prefix after the next start.");
    }
  }

  private <T> Refused<T> undo(Changing change, IOException why, PrefixWitness witness) {
    dropBeside(place(change.name()));
    Refused<?> no = witness.sees(change.undone());
    if (no != null) {
      trouble.accept(
          "The change of the prefix \""
              + change.name()
              + "\" that stands in GET /admin/v1/audit is not made ("
              + why
              + "), and that could not be written there: "
              + no.detail());
    }
    return unwritable(why);
  }

  /** What cannot be dropped is found at the next start, or replaced by the next change. */
  private static void dropBeside(Path place) {
    try {
      Files.deleteIfExists(WholeFile.beside(place));
    } catch (IOException _) {
      // as above
    }
  }

  /** Nothing can be changed. */
  <T> Refused<T> unwritable(IOException why) {
    return new Refused<>(
        Reason.STORE_UNAVAILABLE,
        "Nothing was changed, because "
            + directory
            + " cannot be written ("
            + why.getClass().getSimpleName()
            + "). Make room there, or make it writable, and try again.",
        null);
  }

  private Path place(String name) {
    return directory.resolve(name + SUFFIX);
  }

  /** Of a file. */
  static String version(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, 12);
    } catch (NoSuchAlgorithmException never) {
      throw new IllegalStateException("Every JDK has SHA-256", never);
    }
  }
}
