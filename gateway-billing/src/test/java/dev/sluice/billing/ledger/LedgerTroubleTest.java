package dev.sluice.billing.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import dev.sluice.billing.ledger.LedgerState.Lost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disks and files that are not as they should be: calls go on, and nothing is lost in silence. */
@Timeout(90)
class LedgerTroubleTest {

  @TempDir Path temp;
  private final RandomCalls calls = new RandomCalls(new SplittableRandom(11), 86_400_000);
  private Path directory;
  private Ledgers ledgers;

  @BeforeEach
  void makeLedgers() {
    directory = temp.resolve("ledger");
    ledgers = new Ledgers(directory);
  }

  @Test
  void aFullDiskLosesNothingAndIsWrittenAgainWhenThereIsRoom() throws Exception {
    Files.createDirectories(directory);
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory.toString()));
    try (Ledger ledger = ledgers.open(ledgers.settings(Durability.RELAXED, 16, 100_000))) {
      settle(ledger, 1);
      assertThat(ledger.flush()).isTrue();
      Path filler = directory.resolve("filler");
      fill(filler);
      settle(ledger, 3_000);
      await().atMost(Duration.ofSeconds(30)).until(() -> !ledger.state().isWriting());
      settle(ledger, 10);
      assertThat(ledger.state().lost()).isEqualTo(Lost.NOTHING);
      assertThat(ledger.state().slotsTaken()).as("while they are not written").isEqualTo(16);
      assertThat(ledgers.saidAt(Level.ERROR))
          .singleElement()
          .asString()
          .contains("cannot be written", "full", "make room");
      run("mount", "-o", "remount,size=64m", directory.toString());
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(3_011);
      assertThat(ledger.state().isWriting()).isTrue();
    } finally {
      run("umount", "-l", directory.toString());
    }
  }

  @Test
  void aFullFileLosesNothingAndIsWrittenAgainWhenThereIsRoom() throws Exception {
    List<SqliteLedgerStore> stores = new CopyOnWriteArrayList<>();
    try (Ledger ledger =
        Ledger.open(
            ledgers.settings(),
            InstantSource.system(),
            System::nanoTime,
            ledgers::hear,
            file -> {
              SqliteLedgerStore opened = SqliteLedgerStore.open(file, Durability.RELAXED);
              stores.add(opened);
              return opened;
            },
            InFlightFile::force)) {
      stores.getFirst().limitPages(25);
      settle(ledger, 500);
      await().until(() -> !ledger.state().isWriting());
      assertThat(ledger.state().lastError()).contains("full");
      assertThat(ledger.state().queuedRows()).isPositive();
      stores.getFirst().limitPages(1_000_000);
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(500);
      assertThat(ledger.state().lost()).isEqualTo(Lost.NOTHING);
    }
    assertThat(ledgers.saidAt(Level.INFO)).singleElement().asString().contains("written again");
  }

  @Test
  void aFileThatSomebodyElseHasLockedIsWrittenWhenHeLetsGo() throws Exception {
    try (Ledger ledger = ledgers.open()) {
      try (Connection other =
              DriverManager.getConnection(
                  "jdbc:sqlite:" + directory.resolve(SqliteLedgerStore.FILE));
          Statement statement = other.createStatement()) {
        statement.executeUpdate("BEGIN IMMEDIATE");
        settle(ledger, 20);
        await().until(() -> !ledger.state().isWriting());
        assertThat(ledger.state().lastError()).contains("locked");
      }
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(20);
    }
  }

  @Test
  void aSecondLedgerInADirectoryWaitsForTheFirstToLeave() {
    Ledger first = ledgers.open();
    Ledgers seconds = new Ledgers(directory);
    try (Ledger second = seconds.open()) {
      assertThat(second.state().isWriting()).isFalse();
      assertThat(second.state().slots()).isZero();
      assertThat(seconds.saidAt(Level.ERROR))
          .singleElement()
          .asString()
          .contains("is used by another ledger of this process");
      settle(second, 5);
      assertThat(second.state().intentsSkipped()).isEqualTo(5);
      settle(first, 3);
      first.close();
      assertThat(second.flush()).isTrue();
      assertThat(second.state().slots()).isEqualTo(64);
      assertThat(Ledgers.all(second.queries())).hasSize(8);
    } finally {
      first.close();
    }
  }

  @Test
  void aDirectoryThatAnotherProcessHasIsTakenWhenThatIsDead() throws Exception {
    Process child = LedgerChild.start("hold", directory.toString(), "RELAXED");
    try (BufferedReader lines = child.inputReader(UTF_8)) {
      assertThat(lines.readLine()).isEqualTo("held");
      try (Ledger ledger = ledgers.open()) {
        assertThat(ledgers.saidAt(Level.ERROR))
            .singleElement()
            .asString()
            .contains("is used by process " + child.pid() + ". Stop that gateway");
        settle(ledger, 5);
        child.destroyForcibly().waitFor();
        assertThat(ledger.flush()).isTrue();
        assertThat(Ledgers.all(ledger.queries())).hasSize(5);
      }
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void aDirectoryThatCannotBeMadeIsTriedAgainAndRowsAreKeptMeanwhile() throws Exception {
    Files.writeString(directory, "in the way");
    try (Ledger ledger = ledgers.open()) {
      assertThat(ledger.state().isWriting()).isFalse();
      assertThat(ledgers.saidAt(Level.ERROR)).singleElement().asString().contains("cannot be made");
      settle(ledger, 5);
      Files.delete(directory);
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(5);
      assertThat(ledger.state().slots()).isEqualTo(64);
    }
  }

  @Test
  void aReadOnlyDirectoryIsWrittenWhenItCanBe() throws Exception {
    Files.createDirectories(directory);
    assumeTrue(run("mount", "-t", "tmpfs", "-o", "ro,size=8m", "tmpfs", directory.toString()));
    try {
      try (Ledger ledger = ledgers.open()) {
        assertThat(ledger.state().isWriting()).isFalse();
        assertThat(ledgers.saidAt(Level.ERROR))
            .singleElement()
            .asString()
            .contains("Read-only file system");
        settle(ledger, 5);
        run("mount", "-o", "remount,rw", directory.toString());
        assertThat(ledger.flush()).isTrue();
        assertThat(Ledgers.all(ledger.queries())).hasSize(5);
      }
    } finally {
      run("umount", "-l", directory.toString());
    }
  }

  @Test
  void whatIsNoDatabaseIsKeptAsideAndANewOneBegun() throws Exception {
    Files.createDirectories(directory);
    byte[] garbage = new byte[20_000];
    new SplittableRandom(1).nextBytes(garbage);
    Files.write(directory.resolve(SqliteLedgerStore.FILE), garbage);
    try (Ledger ledger = ledgers.open()) {
      assertThat(ledger.state().isWriting()).isTrue();
      settle(ledger, 5);
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(5);
    }
    assertThat(asides("ledger.db.corrupt-"))
        .singleElement()
        .satisfies(path -> assertThat(Files.readAllBytes(path)).isEqualTo(garbage));
    assertThat(ledgers.saidAt(Level.ERROR))
        .singleElement()
        .asString()
        .contains("is no database", "It is kept as ledger.db.corrupt-", "a new one is begun");
  }

  @Test
  void aDatabaseThatIsFoundDamagedAtTheStartIsKeptAside() throws Exception {
    try (Ledger ledger = ledgers.open()) {
      settle(ledger, 300);
    }
    Path file = directory.resolve(SqliteLedgerStore.FILE);
    damage(file, 1, Files.size(file) / 4_096 - 1);
    Ledgers again = new Ledgers(directory);
    try (Ledger ledger = again.open()) {
      settle(ledger, 5);
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(5);
    }
    assertThat(asides("ledger.db.corrupt-")).hasSize(1);
  }

  @Test
  void aDatabaseThatTurnsOutToBeDamagedIsKeptAsideWithoutLosingTheRowsThatFoundIt()
      throws Exception {
    try (Ledger ledger = ledgers.open()) {
      settle(ledger, 300);
    }
    Ledgers again = new Ledgers(directory);
    try (Ledger ledger = again.open()) {
      assertThat(ledger.state().isWriting()).isTrue();
      damage(directory.resolve(SqliteLedgerStore.FILE), rootOfTheIds() - 1, 1);
      settle(ledger, 5);
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(5);
      assertThat(ledger.state().lost()).isEqualTo(Lost.NOTHING);
    }
    assertThat(asides("ledger.db.corrupt-")).hasSize(1);
    assertThat(again.saidAt(Level.ERROR))
        .anySatisfy(line -> assertThat(line).contains("It is kept as ledger.db.corrupt-"));
  }

  @Test
  void aDatabaseThatIsTakenAwayIsBegunAnew() throws Exception {
    try (Ledger ledger = ledgers.open()) {
      settle(ledger, 5);
      assertThat(ledger.flush()).isTrue();
      for (String part : List.of("", "-wal", "-shm")) {
        Files.delete(directory.resolve(SqliteLedgerStore.FILE + part));
      }
      settle(ledger, 7);
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(7);
    }
    assertThat(ledgers.saidAt(Level.ERROR))
        .singleElement()
        .asString()
        .contains("is not the file any more that was opened");
  }

  @Test
  void slotsThatAreTakenAwayAreMadeAnew() throws Exception {
    Intent intent = calls.intent();
    Path slots = directory.resolve(LedgerHome.IN_FLIGHT);
    Ledger ledger = ledgers.open();
    try {
      Files.delete(slots);
      settle(ledger, 1);
      await().until(() -> Files.exists(slots));
      ledger.flush();
      ledger.intend(intent, Runnable::run, call -> {});
    } finally {
      ledger.close();
    }
    try (Ledger again = ledgers.open()) {
      assertThat(again.state().recoveredIntents()).isEqualTo(1);
    }
  }

  /** Storing into what is no longer there is SIGBUS. */
  @Test
  void slotsThatAreCutOffUnderTheirOwnerHoldNoCall() throws Exception {
    try (Ledger ledger = ledgers.open()) {
      Intent intent = calls.intent();
      OpenCall call = ledger.intend(intent, Runnable::run, told -> {});
      try (RandomAccessFile file =
          new RandomAccessFile(directory.resolve(LedgerHome.IN_FLIGHT).toFile(), "rw")) {
        file.setLength(0);
      }
      call.settled(calls.settled(intent));
      settle(ledger, 10);
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(11);
      assertThat(ledger.state().intentsSkipped()).isEqualTo(10);
    }
  }

  @Test
  void slotsThatCannotBeReadAreKeptAside() throws Exception {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve(LedgerHome.IN_FLIGHT), "something else");
    try (Ledger ledger = ledgers.open()) {
      assertThat(ledger.state().slots()).isEqualTo(64);
      settle(ledger, 1);
    }
    assertThat(asides("in-flight.bin.corrupt-")).hasSize(1);
    assertThat(ledgers.saidAt(Level.ERROR)).singleElement().asString().contains("It is kept as");
  }

  @Test
  void aTornSlotIsCountedAndTold() throws Exception {
    try (Ledger ledger = ledgers.open()) {
      ledger.intend(calls.intent(), Runnable::run, call -> {});
      ledger.intend(calls.intent(), Runnable::run, call -> {});
    }
    try (RandomAccessFile slots =
        new RandomAccessFile(directory.resolve(LedgerHome.IN_FLIGHT).toFile(), "rw")) {
      slots.seek(InFlightFile.HEADER_BYTES + InFlightFile.INTENT_AT + 20);
      slots.write(0xff);
    }
    try (Ledger ledger = ledgers.open()) {
      assertThat(ledger.state().tornSlots()).isEqualTo(1);
      assertThat(ledger.state().recoveredIntents()).isEqualTo(1);
      assertThat(ledger.state().slotsTaken()).isZero();
    }
    assertThat(ledgers.saidAt(Level.ERROR))
        .singleElement()
        .asString()
        .contains("1 were open", "1 cannot be read");
  }

  @Test
  void aChangedNumberOfSlotsHoldsFromTheNextStartOn() {
    ledgers.open(ledgers.settings(Durability.RELAXED, 10, 10)).close();
    try (Ledger ledger = ledgers.open(ledgers.settings(Durability.RELAXED, 20, 10))) {
      assertThat(ledger.state().slots()).isEqualTo(20);
      ledger.intend(calls.intent(), Runnable::run, call -> {});
    }
    try (Ledger ledger = ledgers.open(ledgers.settings(Durability.RELAXED, 5, 10))) {
      assertThat(ledger.state().slots()).isEqualTo(5);
      assertThat(ledger.state().recoveredIntents()).isEqualTo(1);
    }
  }

  @Test
  void aTornLogIsKeptAsideAndItsLossIsStated() throws Exception {
    Path copy = temp.resolve("copy");
    Intent open = calls.intent();
    try (Ledger ledger = ledgers.open()) {
      for (int i = 0; i < 6; i++) {
        settle(ledger, 1);
        assertThat(ledger.flush()).isTrue();
      }
      ledger.intend(open, Runnable::run, call -> {});
      copy(directory, copy);
    }
    Path log = copy.resolve(SqliteLedgerStore.FILE + "-wal");
    WalTail whole = WalTail.of(log);
    try (RandomAccessFile torn = new RandomAccessFile(log.toFile(), "rw")) {
      torn.seek(torn.length() - 3 * (24 + 4_096) - 100);
      torn.write(0xa5);
      torn.write(0x5a);
    }
    WalTail tail = WalTail.of(log);
    assertThat(tail.commitsRead() + tail.commitsUnread()).isEqualTo(whole.commitsRead());
    assertThat(tail.commitsUnread()).isBetween(1L, 3L);
    byte[] asItWas = Files.readAllBytes(log);

    Ledgers again = new Ledgers(copy);
    try (Ledger ledger = again.open()) {
      assertThat(ledger.state().isWriting()).isTrue();
      List<LedgerRow> rows = Ledgers.all(ledger.queries());
      assertThat(rows).hasSize((int) (6 - tail.commitsUnread() + 1));
      LedgerCall estimate = requireNonNull(ledger.queries().call(open.callId()));
      assertThat(estimate.row().call()).isEqualTo(Recovery.lost(open));
      settle(ledger, 1);
      assertThat(ledger.flush()).isTrue();
    }
    assertThat(again.said)
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains(
                        "is torn: of its commits "
                            + tail.commitsRead()
                            + " can be read, "
                            + tail.commitsUnread()
                            + " cannot"));
    directory = copy;
    assertThat(asides("ledger.db-wal.torn-"))
        .singleElement()
        .satisfies(path -> assertThat(Files.readAllBytes(path)).isEqualTo(asItWas));
  }

  private void settle(Ledger ledger, int count) {
    for (int i = 0; i < count; i++) {
      Intent intent = calls.intent();
      ledger.intend(intent, Runnable::run, call -> call.settled(calls.settled(intent)));
    }
  }

  private List<Path> asides(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(path -> path.getFileName().toString().startsWith(prefix))
          .filter(path -> !path.toString().endsWith("-wal") && !path.toString().endsWith("-shm"))
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    List<Path> files;
    try (Stream<Path> all = Files.list(from)) {
      files = new ArrayList<>(all.toList());
    }
    for (Path file : files) {
      Files.copy(file, to.resolve(file.getFileName()));
    }
  }

  /** Of an index that is read when a row is written, and not before. */
  private long rootOfTheIds() throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:sqlite:" + directory.resolve(SqliteLedgerStore.FILE));
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_calls_1'")) {
      return result.next() ? result.getLong(1) : -1;
    }
  }

  /** By another process: closing a file lets go of this process's locks on it, SQLite's too. */
  private static void damage(Path file, long firstPage, long pages) throws Exception {
    assertThat(
            run(
                "dd",
                "if=/dev/zero",
                "of=" + file,
                "bs=4096",
                "seek=" + firstPage,
                "count=" + pages,
                "conv=notrunc"))
        .isTrue();
  }

  /** Until not a byte more fits. */
  private static void fill(Path file) {
    try (RandomAccessFile filler = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] page = new byte[4_096];
      while (true) {
        filler.write(page);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
