package dev.sluice.admin.prefix;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Files that are there as a whole or not at all, whatever is cut off, and for their owner alone:
 * written beside their place, forced to disk, and moved there. Blocks.
 */
final class WholeFile {

  private WholeFile() {}

  /** Makes a directory where it is missing. */
  static void makeDirectory(Path directory) throws IOException {
    Files.createDirectories(directory, permissions(directory, "rwx------"));
  }

  /** Puts a file in the place of what is there. One at a time for each place. */
  static void put(Path place, byte[] bytes) throws IOException {
    writeBeside(place, bytes);
    moveFromBeside(place);
    forceDirectory(place);
  }

  /** The first part of {@link #put}: all of it that needs room. */
  static void writeBeside(Path place, byte[] bytes) throws IOException {
    Path beside = beside(place);
    Files.deleteIfExists(beside);
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel file = FileChannel.open(beside, options, permissions(place, "rw-------"))) {
      write(file, bytes);
    }
  }

  /** The second part. */
  static void moveFromBeside(Path place) throws IOException {
    Files.move(beside(place), place, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Where a file is until it is moved to its place. */
  static Path beside(Path place) {
    return place.resolveSibling("." + place.getFileName());
  }

  /**
   * Puts a file where nothing is, also with others who do the same at the same moment: one file
   * comes to stay.
   *
   * @return false where there was something; it is left as it is
   */
  static boolean create(Path place, byte[] bytes) throws IOException {
    // Each has one of its own beside, or somebody's half of a file could become the file.
    Path beside =
        Files.createTempFile(
            place.toAbsolutePath().getParent(),
            "." + place.getFileName() + "-",
            "",
            permissions(place, "rw-------"));
    try {
      try (FileChannel file = FileChannel.open(beside, StandardOpenOption.WRITE)) {
        write(file, bytes);
      }
      link(beside, place);
    } catch (FileAlreadyExistsException another) {
      return false;
    } finally {
      Files.deleteIfExists(beside);
    }
    forceDirectory(place);
    return true;
  }

  /** A link fails where something is; a move looks first, and replaces what comes in between. */
  private static void link(Path beside, Path place) throws IOException {
    try {
      Files.createLink(place, beside);
    } catch (FileAlreadyExistsException another) {
      throw another;
    } catch (UnsupportedOperationException | FileSystemException noLinksHere) {
      Files.move(beside, place);
    }
  }

  private static void write(FileChannel file, byte[] bytes) throws IOException {
    for (ByteBuffer left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) {
      file.write(left);
    }
    file.force(true);
  }

  /** The last part: so that what was moved, or deleted, stays so. */
  static void forceDirectory(Path place) throws IOException {
    try (FileChannel open =
        FileChannel.open(place.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      open.force(true);
    }
  }

  private static FileAttribute<?>[] permissions(Path place, String permissions) {
    return place.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }
}
