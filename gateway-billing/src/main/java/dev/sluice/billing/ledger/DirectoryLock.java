package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerTrouble.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * That no two ledgers write one directory. The kernel lets go of it when the process dies, however
 * it dies; the number in the file is only for whoever finds it taken.
 */
final class DirectoryLock {

  static final String FILE = "lock";

  private final FileChannel held;

  private DirectoryLock(FileChannel held) {
    this.held = held;
  }

  /**
   * Takes it.
   *
   * @throws LedgerTrouble where somebody else has it; says who
   */
  static DirectoryLock take(Path directory) throws LedgerTrouble {
    Path path = directory.resolve(FILE);
    FileChannel channel;
    try {
      channel =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new LedgerTrouble(Kind.REOPEN, path + " cannot be written: " + e, e);
    }
    DirectoryLock lock = new DirectoryLock(channel);
    try {
      FileLock taken = channel.tryLock();
      if (taken == null) {
        throw new LedgerTrouble(
            Kind.REOPEN,
            directory
                + " is used by "
                + holder(path)
                + ". Stop that gateway, or name another directory.");
      }
      channel.truncate(0);
      String pid = Long.toString(ProcessHandle.current().pid());
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
      return lock;
    } catch (OverlappingFileLockException e) {
      lock.release();
      throw new LedgerTrouble(
          Kind.REOPEN,
          directory + " is used by another ledger of this process. Name another directory.",
          e);
    } catch (IOException e) {
      lock.release();
      throw new LedgerTrouble(Kind.REOPEN, path + " cannot be written: " + e, e);
    } catch (LedgerTrouble e) {
      lock.release();
      throw e;
    }
  }

  private static String holder(Path path) {
    try {
      String pid = Files.readString(path, StandardCharsets.US_ASCII).strip();
      return pid.matches("\\d{1,10}") ? "process " + pid : "another process";
    } catch (IOException e) {
      return "another process"; // who it is was only a courtesy
    }
  }

  void release() {
    try {
      held.close();
    } catch (IOException e) {
      // It goes with the process at the latest.
    }
  }
}
