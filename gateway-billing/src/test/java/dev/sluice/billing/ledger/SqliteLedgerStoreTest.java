package dev.sluice.billing.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerStoreTest {

  /** What a next form may bring. */
  private static final List<String> NEXT = List.of("ledger-1.sql", "ledger-2-test.sql");

  @TempDir Path directory;
  private Path file;
  private final RandomCalls calls = new RandomCalls(new SplittableRandom(3), 3_600_000);
  private long ids;

  @BeforeEach
  void nameTheFile() {
    file = directory.resolve(SqliteLedgerStore.FILE);
  }

  @Test
  void aCallIsThereOnceHoweverOftenItIsWritten() throws Exception {
    try (SqliteLedgerStore store = open()) {
      Intent intent = calls.intent();
      PendingRow row = call(calls.settled(intent));
      PendingRow estimate = call(Recovery.lost(intent));
      PendingRow read = numbered(PendingRow.read(calls.read(intent), 0));
      assertThat(store.write(List.of(row, read))).isEqualTo(2);
      assertThat(store.write(List.of(row, estimate, read))).isZero();
      assertThat(store.lastId()).isEqualTo(read.id);
      assertThat(Ledgers.all(queries()))
          .containsExactly(new LedgerRow(row.call, row.expectedOutput, 1));
      assertThat(number("SELECT sum(calls) FROM hourly")).isEqualTo(1);
      assertThat(number("SELECT sum(reads) FROM hourly")).isEqualTo(1);
      assertThat(number("SELECT count(*) FROM tags")).isEqualTo(intent.tags().size());
    }
  }

  @Test
  void whatFailsHalfwayChangesNothing() throws Exception {
    try (SqliteLedgerStore store = open()) {
      PendingRow good = call(calls.settled(calls.intent()));
      PendingRow sameNumber = call(calls.settled(calls.intent()));
      sameNumber.id = good.id;
      assertThatThrownBy(() -> store.write(List.of(good, sameNumber)))
          .isInstanceOfSatisfying(
              LedgerTrouble.class, e -> assertThat(e.kind).isEqualTo(LedgerTrouble.Kind.ROW));
      assertThat(number("SELECT count(*) FROM calls")).isZero();
      assertThat(number("SELECT count(*) FROM tags")).isZero();
      assertThat(number("SELECT count(*) FROM hourly")).isZero();
      assertThat(store.write(List.of(good))).isEqualTo(1);
    }
  }

  @Test
  void anEmptyFileIsBroughtToTheNewestForm() throws Exception {
    open().close();
    assertThat(number("PRAGMA user_version")).isEqualTo(SqliteLedgerSchema.STEPS.size());
    assertThat(number("SELECT count(*) FROM calls")).isZero();
    open().close();
    assertThat(number("PRAGMA user_version")).isEqualTo(SqliteLedgerSchema.STEPS.size());
  }

  @Test
  void aFileOfTheFirstFormKeepsItsRowsAndTakesTheSteps() throws Exception {
    PendingRow row = call(calls.settled(calls.intent()));
    try (SqliteLedgerStore store =
        SqliteLedgerStore.open(file, Durability.RELAXED, NEXT.subList(0, 1))) {
      store.write(List.of(row));
    }
    try (SqliteLedgerStore store = SqliteLedgerStore.open(file, Durability.RELAXED, NEXT)) {
      assertThat(store.write(List.of(row))).isZero();
    }
    assertThat(number("PRAGMA user_version")).isEqualTo(2);
    assertThat(number("SELECT count(added_for_test) FROM calls WHERE added_for_test = 7"))
        .isEqualTo(1);
  }

  @Test
  void aStepThatFailsLeavesTheFormAsItWas() throws Exception {
    open().close();
    List<String> broken = List.of("ledger-1.sql", "ledger-2-broken-test.sql");
    assertThatThrownBy(() -> SqliteLedgerStore.open(file, Durability.RELAXED, broken))
        .isInstanceOf(LedgerTrouble.class);
    assertThat(number("PRAGMA user_version")).isEqualTo(1);
    assertThat(number("SELECT count(*) FROM sqlite_schema WHERE name = 'half_a_step'")).isZero();
  }

  @Test
  void aFileOfANewerGatewayIsLeftAlone() throws Exception {
    SqliteLedgerStore.open(file, Durability.RELAXED, NEXT).close();
    assertThatThrownBy(() -> open())
        .isInstanceOfSatisfying(
            LedgerTrouble.class, e -> assertThat(e.kind).isEqualTo(LedgerTrouble.Kind.REOPEN))
        .hasMessageContaining("version 2, of a newer gateway; this one knows 1");
    assertThat(number("PRAGMA user_version")).isEqualTo(2);
  }

  @Test
  void strictSyncsEveryCommitAndRelaxedLeavesThatToTheCheckpoint() throws Exception {
    for (Durability durability : Durability.values()) {
      try (SqliteLedgerStore store = SqliteLedgerStore.open(file, durability)) {
        assertThat(store.synchronous()).isEqualTo(durability == Durability.STRICT ? 2 : 1);
      }
    }
  }

  private SqliteLedgerStore open() throws LedgerTrouble {
    return SqliteLedgerStore.open(file, Durability.RELAXED);
  }

  private LedgerQueries queries() {
    return LedgerQueries.in(directory);
  }

  private PendingRow call(CallRecord call) {
    return numbered(PendingRow.call(call, 7, 0));
  }

  private PendingRow numbered(PendingRow row) {
    row.id = ++ids;
    return row;
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? result.getLong(1) : -1;
    }
  }
}
