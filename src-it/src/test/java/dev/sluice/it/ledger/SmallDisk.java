package dev.sluice.it.ledger;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A disk of a few megabytes, of memory; only where mounting is allowed. */
final class SmallDisk implements AutoCloseable {

  private final Path root;

  private SmallDisk(Path root) {
    this.root = root;
  }

  /** Mounts one, or skips the test. */
  static SmallDisk mount(Path root, String size) {
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + size, "small-disk", root.toString()),
        "mounting is not allowed here");
    return new SmallDisk(root);
  }

  /** Takes all the room that is left. */
  void fill() throws IOException {
    byte[] zeros = new byte[64 * 1024];
    try (OutputStream filler = Files.newOutputStream(filler())) {
      for (int length = zeros.length; length > 0; length /= 2) {
        write(filler, zeros, length);
      }
    }
  }

  private static void write(OutputStream filler, byte[] bytes, int length) {
    try {
      while (true) {
        filler.write(bytes, 0, length);
      }
    } catch (IOException full) {
      // that is what it is for
    }
  }

  void makeRoom() throws IOException {
    Files.delete(filler());
  }

  private Path filler() {
    return root.resolve("filler");
  }

  void setWritable(boolean writable) {
    assumeTrue(
        run("mount", "-o", "remount," + (writable ? "rw" : "ro"), root.toString()),
        "mounting is not allowed here");
  }

  @Override
  public void close() {
    // Lazily: what is mapped stays mapped until it is collected.
    run("umount", "-l", root.toString());
  }

  private static boolean run(String... command) {
    List<String> words = Arrays.asList(command);
    try {
      return new ProcessBuilder(words)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException missing) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
