package dev.sluice.it.ledger;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Another process that has a ledger's directory. */
final class LockHolder {

  static final String HOLDS = "holds the lock";

  private LockHolder() {}

  public static void main(String[] args) throws IOException {
    Path directory = Files.createDirectories(Path.of(args[0]));
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      if (channel.tryLock() == null) {
        throw new IllegalStateException("somebody else has it");
      }
      System.out.println(HOLDS);
      while (System.in.read() >= 0) {
        // until its parent ends
      }
    }
  }
}
