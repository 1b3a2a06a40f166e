package dev.sluice.billing.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against logs that SQLite wrote, and what it makes of them. */
class WalTailTest {

  private static final int PAGE = 4_096;
  private static final int FRAME = 24 + PAGE;

  @TempDir Path directory;
  private Path copy;

  /** Ten commits in a log, copied away while it is in use. */
  @BeforeEach
  void write() throws Exception {
    copy = directory.resolve("copy.db");
    Path live = directory.resolve("live.db");
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.executeUpdate("CREATE TABLE t (n INTEGER)");
      for (int i = 0; i < 3; i++) {
        statement.executeUpdate("INSERT INTO t VALUES (" + i + ")");
      }
      // Begins the log anew over longer leftovers, with other salts.
      for (int i = 0; i < 20; i++) {
        statement.executeUpdate("INSERT INTO t VALUES (" + i + ")");
      }
      statement.execute("PRAGMA wal_checkpoint(RESTART)");
      statement.executeUpdate("DELETE FROM t");
      for (int i = 1; i < 10; i++) {
        statement.executeUpdate("INSERT INTO t VALUES (" + i + ")");
      }
      Files.copy(live, copy);
      Files.copy(wal(live), wal(copy));
    }
  }

  @Test
  void aWholeLogIsReadToItsEndAndLeftoversBehindItAreNoLoss() throws Exception {
    assertThat(WalTail.of(wal(copy))).isEqualTo(new WalTail(10, 0, false));
    assertThat(Files.size(wal(copy))).as("leftovers").isGreaterThan(32 + 10 * FRAME);
    assertThat(rows()).isEqualTo(9);
  }

  @Test
  void whatComesBehindAFrameThatDoesNotCheckIsCountedAndIsWhatSqlitePassesOver() throws Exception {
    for (int frame = 0; frame < 10; frame++) {
      flip(32 + frame * FRAME + 24 + 777);
      WalTail tail = WalTail.of(wal(copy));
      assertThat(tail).isEqualTo(new WalTail(frame, 10 - frame, frame == 9));
      assertThat(tail.isTorn()).isTrue();
      flip(32 + frame * FRAME + 24 + 777);
    }
    flip(32 + 4 * FRAME + 24 + 777);
    assertThat(rows()).as("one commit deletes all, three add a row each").isEqualTo(3);
  }

  @Test
  void aFrameThatWasNotWrittenToItsEndIsNoCommit() throws Exception {
    try (RandomAccessFile log = new RandomAccessFile(wal(copy).toFile(), "rw")) {
      log.setLength(32 + 9 * FRAME + 100);
    }
    assertThat(WalTail.of(wal(copy))).isEqualTo(new WalTail(9, 0, false));
  }

  @Test
  void whatIsNoLogIsEmpty() throws IOException {
    assertThat(WalTail.of(directory.resolve("nothing"))).isEqualTo(WalTail.EMPTY);
    Path file = Files.write(directory.resolve("short"), new byte[31]);
    assertThat(WalTail.of(file)).isEqualTo(WalTail.EMPTY);
    Files.write(file, new byte[10_000]);
    assertThat(WalTail.of(file)).isEqualTo(WalTail.EMPTY);
  }

  /** SQLite begins such a log anew. */
  @Test
  void behindAHeadThatDoesNotCheckNothingIsRead() throws Exception {
    for (int at : new int[] {0, 10, 13, 17, 25}) {
      flip(at);
      assertThat(WalTail.of(wal(copy))).as("byte %s", at).isEqualTo(new WalTail(0, 10, false));
      flip(at);
    }
    flip(13);
    assertThat(rows()).as("as it was before the log began").isEqualTo(23);
  }

  private static Path wal(Path database) {
    return database.resolveSibling(database.getFileName() + "-wal");
  }

  private void flip(long at) throws IOException {
    try (RandomAccessFile log = new RandomAccessFile(wal(copy).toFile(), "rw")) {
      log.seek(at);
      int old = log.read();
      log.seek(at);
      log.write(old ^ 1);
    }
  }

  /** Ends the log: it is taken into the database. */
  private long rows() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT count(*) FROM t")) {
      return result.next() ? result.getLong(1) : -1;
    }
  }
}
