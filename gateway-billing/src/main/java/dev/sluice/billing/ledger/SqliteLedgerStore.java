package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import dev.sluice.billing.ledger.LedgerTrouble.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;

/**
 * The one connection that writes to {@code ledger.db}. Every transaction begins as a writing one: a
 * reading one that turns into a writing one can fail halfway.
 */
final class SqliteLedgerStore implements LedgerStore {

  static final String FILE = "ledger.db";

  /** What another program may hold the file for, before its rows have to wait for a next time. */
  private static final int BUSY_MILLIS = 1_000;

  /** What the log is cut to when it has grown beyond it. */
  private static final long LOG_BYTES_MAX = 64L << 20;

  private final Path file;
  private final Object fileKey;
  private final Connection connection;
  private final Statement statement;

  /** For rows that must be new, and for rows of which some may be there. */
  private final SqliteLedgerInsert<PendingRow> newCalls;

  private final SqliteLedgerInsert<PendingRow> newCursors;
  private final PreparedStatement callUnlessThere;
  private final PreparedStatement cursorUnlessThere;
  private final SqliteLedgerInsert<TagRow> tags;
  private final SqliteLedgerInsert<TagRow> cursorTags;
  private final PreparedStatement addHours;

  private record TagRow(long row, int position, String name, String value) {}

  private SqliteLedgerStore(Path file, Connection connection) throws SQLException, IOException {
    this.file = file;
    this.connection = connection;
    this.statement = connection.createStatement();
    this.newCalls = newRows("calls");
    this.newCursors = newRows("cursors");
    this.callUnlessThere = unlessThere("calls", "call_id");
    this.cursorUnlessThere = unlessThere("cursors", "id");
    this.tags = newTags("tags", "call_row");
    this.cursorTags = newTags("cursor_tags", "cursor_row");
    this.addHours = SqliteLedgerHours.prepare(connection);
    this.fileKey = keyOf(file);
  }

  static SqliteLedgerStore open(Path file, Durability durability) throws LedgerTrouble {
    return open(file, durability, SqliteLedgerSchema.STEPS);
  }

  static SqliteLedgerStore open(Path file, Durability durability, List<String> steps)
      throws LedgerTrouble {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(BUSY_MILLIS);
    Connection connection = null;
    try {
      connection = config.createConnection("jdbc:sqlite:" + file);
      try (Statement statement = connection.createStatement()) {
        String mode = word(statement, "PRAGMA journal_mode = WAL");
        if (!mode.equals("wal")) {
          throw new LedgerTrouble(
              Kind.REOPEN,
              file
                  + " cannot be written through a log (it stays in mode "
                  + mode
                  + "). Choose a directory on a local disk.");
        }
        statement.executeUpdate(
            "PRAGMA synchronous = " + (durability == Durability.STRICT ? "FULL" : "NORMAL"));
        statement.executeUpdate("PRAGMA journal_size_limit = " + LOG_BYTES_MAX);
      }
      SqliteLedgerSchema.migrate(connection, steps);
      return new SqliteLedgerStore(file, connection);
    } catch (SQLException e) {
      closeQuietly(connection);
      throw trouble(file, e);
    } catch (LedgerTrouble e) {
      closeQuietly(connection);
      throw e;
    } catch (IOException e) {
      closeQuietly(connection);
      throw new LedgerTrouble(Kind.REOPEN, file + " cannot be opened: " + e, e);
    }
  }

  @Override
  public boolean isSound() {
    try {
      return word(statement, "PRAGMA quick_check(1)").equals("ok");
    } catch (SQLException e) {
      return false;
    }
  }

  @Override
  public int write(List<PendingRow> rows) throws LedgerTrouble {
    try {
      return write(rows, true);
    } catch (LedgerTrouble e) {
      if (e.kind != Kind.ROW) {
        throw e;
      }
      // Most likely one of them is there already, after a crash, or a commit of unknown end.
      return write(rows, false);
    }
  }

  private int write(List<PendingRow> rows, boolean areNew) throws LedgerTrouble {
    int fresh = 0;
    SqliteLedgerHours hours = new SqliteLedgerHours();
    try {
      statement.executeUpdate("BEGIN IMMEDIATE");
      for (PendingRow row : rows) {
        if (areNew) {
          (row.isRead ? newCursors : newCalls).add(row);
        } else if (!insertUnlessThere(row)) {
          continue;
        }
        fresh++;
        addTags(row);
        hours.add(row);
      }
      newCalls.finish();
      newCursors.finish();
      tags.finish();
      cursorTags.finish();
      hours.write(addHours);
      statement.executeUpdate("COMMIT");
      return fresh;
    } catch (SQLException e) {
      abandon();
      throw trouble(file, e);
    } catch (ArithmeticException e) {
      abandon();
      throw new LedgerTrouble(Kind.ROW, "the sums of an hour do not fit", e);
    }
  }

  private void abandon() {
    newCalls.clear();
    newCursors.clear();
    tags.clear();
    cursorTags.clear();
    rollBack(statement);
  }

  private boolean insertUnlessThere(PendingRow row) throws SQLException {
    PreparedStatement insert = row.isRead ? cursorUnlessThere : callUnlessThere;
    SqliteLedgerRow.bind(insert, 1, row);
    return insert.executeUpdate() == 1;
  }

  private void addTags(PendingRow row) throws SQLException {
    SqliteLedgerInsert<TagRow> to = row.isRead ? cursorTags : tags;
    int position = 0;
    for (Map.Entry<String, String> tag : row.call.tags().entrySet()) {
      if (position == TAGS_MAX) {
        return;
      }
      to.add(
          new TagRow(
              row.id,
              position++,
              Place.TAG_NAME.cut(tag.getKey()),
              Place.TAG_VALUE.cut(tag.getValue())));
    }
  }

  @Override
  public void sync() throws LedgerTrouble {
    try {
      word(statement, "PRAGMA wal_checkpoint(PASSIVE)"); // begins with syncing the log
    } catch (SQLException e) {
      throw trouble(file, e);
    }
  }

  @Override
  public long lastId() throws LedgerTrouble {
    try (ResultSet result =
        statement.executeQuery(
            "SELECT max(coalesce((SELECT max(id) FROM calls), 0),"
                + " coalesce((SELECT max(id) FROM cursors), 0))")) {
      return result.next() ? result.getLong(1) : 0;
    } catch (SQLException e) {
      throw trouble(file, e);
    }
  }

  @Override
  public boolean isThere() {
    try {
      return keyOf(file).equals(fileKey);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public int expire(long beforeEpochMillis, int max) throws LedgerTrouble {
    try {
      statement.executeUpdate("BEGIN IMMEDIATE");
      int deleted =
          expire("calls", "tags", "call_row", beforeEpochMillis, max)
              + expire("cursors", "cursor_tags", "cursor_row", beforeEpochMillis, max);
      statement.executeUpdate("COMMIT");
      return deleted;
    } catch (SQLException e) {
      rollBack(statement);
      throw trouble(file, e);
    }
  }

  private int expire(String table, String tags, String tagsRow, long before, int max)
      throws SQLException {
    String old =
        "(SELECT id FROM "
            + table
            + " WHERE started_ms < "
            + before
            + " ORDER BY started_ms, id LIMIT "
            + max
            + ")";
    statement.executeUpdate("DELETE FROM " + tags + " WHERE " + tagsRow + " IN " + old);
    return statement.executeUpdate("DELETE FROM " + table + " WHERE id IN " + old);
  }

  /** For tests of a full disk: the file may not grow beyond so many pages. */
  void limitPages(long pages) throws SQLException {
    word(statement, "PRAGMA max_page_count = " + pages);
  }

  /** For tests: 1 is NORMAL, 2 is FULL. */
  int synchronous() throws SQLException {
    return Integer.parseInt(word(statement, "PRAGMA synchronous"));
  }

  @Override
  public void close() {
    closeQuietly(connection);
  }

  private SqliteLedgerInsert<PendingRow> newRows(String table) throws SQLException {
    return new SqliteLedgerInsert<>(
        connection, table, SqliteLedgerRow.COLUMNS, SqliteLedgerRow.COUNT, SqliteLedgerRow::bind);
  }

  private SqliteLedgerInsert<TagRow> newTags(String table, String row) throws SQLException {
    return new SqliteLedgerInsert<>(
        connection,
        table,
        row + ", position, name, value",
        4,
        (insert, first, tag) -> {
          insert.setLong(first, tag.row);
          insert.setInt(first + 1, tag.position);
          insert.setString(first + 2, tag.name);
          insert.setString(first + 3, tag.value);
        });
  }

  private PreparedStatement unlessThere(String table, String unique) throws SQLException {
    return connection.prepareStatement(
        "INSERT INTO "
            + table
            + " ("
            + SqliteLedgerRow.COLUMNS
            + ") VALUES ("
            + String.join(", ", Collections.nCopies(SqliteLedgerRow.COUNT, "?"))
            + ") ON CONFLICT ("
            + unique
            + ") DO NOTHING");
  }

  private static Object keyOf(Path file) throws IOException {
    Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    return key == null ? file : key;
  }

  private static String word(Statement statement, String sql) throws SQLException {
    try (ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? SqliteLedgerRow.orEmpty(result.getString(1)) : "";
    }
  }

  static void rollBack(Statement statement) {
    try {
      statement.executeUpdate("ROLLBACK");
    } catch (SQLException e) {
      // Some errors have rolled back already; then there is no transaction, and this one says so.
    }
  }

  private static void closeQuietly(@Nullable Connection connection) {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // What was committed is in the log, and what was not is still with the writer.
      }
    }
  }

  /** Which of its <a href="https://www.sqlite.org/rescode.html">result codes</a> calls for what. */
  static LedgerTrouble trouble(Path file, SQLException e) {
    int primary = e.getErrorCode() & 0xff;
    Kind kind =
        switch (SQLiteErrorCode.getErrorCode(primary)) {
          case SQLITE_FULL, SQLITE_BUSY, SQLITE_LOCKED -> Kind.WAIT;
          case SQLITE_CORRUPT, SQLITE_NOTADB -> Kind.CORRUPT;
          case SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG, SQLITE_RANGE -> Kind.ROW;
          default -> Kind.REOPEN;
        };
    return new LedgerTrouble(kind, file + ": " + e.getMessage(), e);
  }
}
