package dev.sluice.billing.account;

import dev.sluice.billing.account.SqliteRows.Row;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * Accounts in one SQLite file, {@code accounts.db}.
 *
 * <p>Write-ahead log, a sync with every commit, and the file locked for as long as it is open: a
 * second gateway on the same directory is refused instead of overwriting what this one knows.
 * Before it is opened for writing the file is checked read-only, so that one that is damaged is
 * left as it is: keys live in it, and whoever repairs it wants it untouched.
 */
final class SqliteAccounts implements AccountStore {

  /** Versions of the schema, each a resource that makes it from the one before. */
  private static final List<String> SCHEMA = List.of("V1.sql");

  private static final int BUSY_MILLIS = 500;

  private final Path file;
  private final Connection connection;

  private SqliteAccounts(Path file, Connection connection) {
    this.file = file;
    this.connection = connection;
  }

  static SqliteAccounts open(Path directory) throws StoreTrouble {
    Path file = directory.resolve("accounts.db");
    try {
      prepare(directory, file);
    } catch (IOException unusable) {
      throw new StoreTrouble(
          file
              + " cannot be made ("
              + unusable
              + "). Make the directory writable for the user that runs the gateway, or name another"
              + " in storage.directory.",
          unusable);
    }
    Connection connection = null;
    try {
      if (Files.size(file) > 0) {
        check(file);
      }
      connection = connect(file, false);
      SqliteAccounts opened = new SqliteAccounts(file, connection);
      opened.begin();
      return opened;
    } catch (SQLException | IOException failed) {
      close(connection);
      throw trouble(file, failed);
    } catch (StoreTrouble trouble) {
      close(connection);
      throw trouble;
    }
  }

  /** Nobody but the owner may read what is made here. */
  private static void prepare(Path directory, Path file) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory, owners(directory, "rwx------"));
    }
    if (!Files.exists(file)) {
      Files.createFile(file, owners(directory, "rw-------"));
    }
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is something that is no file");
    }
  }

  private static FileAttribute<?>[] owners(Path place, String permissions) {
    if (!place.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return new FileAttribute<?>[0];
    }
    Set<PosixFilePermission> set = PosixFilePermissions.fromString(permissions);
    return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(set)};
  }

  private static Connection connect(Path file, boolean isReadOnly) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(isReadOnly);
    config.setBusyTimeout(BUSY_MILLIS);
    config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
    return config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
  }

  /** Looks at all of it without writing anything. */
  private static void check(Path file) throws SQLException, StoreTrouble {
    try (Connection looking = connect(file, true);
        Statement statement = looking.createStatement()) {
      int version = number(statement, "PRAGMA user_version");
      if (version > SCHEMA.size()) {
        throw new StoreTrouble(
            file
                + " was made by a newer Sluice (version "
                + version
                + " of its tables, known here: "
                + SCHEMA.size()
                + "). Run that one, or name another storage.directory.");
      }
      try (ResultSet found = statement.executeQuery("PRAGMA quick_check(1)")) {
        if (!found.next() || !"ok".equals(found.getString(1))) {
          throw damaged(file, "quick_check finds errors");
        }
      }
    }
  }

  /** Takes the lock, and makes the tables what they must be. */
  private void begin() throws SQLException, StoreTrouble {
    try (Statement statement = connection.createStatement()) {
      // In this order: a log that is never shared needs no shared memory beside it.
      statement.execute("PRAGMA locking_mode = EXCLUSIVE");
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("BEGIN EXCLUSIVE");
      for (int version = number(statement, "PRAGMA user_version");
          version < SCHEMA.size();
          version++) {
        for (String sql : resource(SCHEMA.get(version)).split(";\n", -1)) {
          if (!sql.isBlank()) {
            statement.execute(sql);
          }
        }
        statement.execute("PRAGMA user_version = " + (version + 1));
      }
      statement.execute("COMMIT");
    }
  }

  private static String resource(String name) {
    try (InputStream in = SqliteAccounts.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("The resource " + name + " is missing.");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw new IllegalStateException("The resource " + name + " cannot be read.", broken);
    }
  }

  private static int number(Statement statement, String sql) throws SQLException {
    try (ResultSet found = statement.executeQuery(sql)) {
      return found.next() ? found.getInt(1) : 0;
    }
  }

  // ---- reading

  @Override
  public AccountState load() throws StoreTrouble {
    try {
      return new AccountState(
          all("SELECT * FROM teams", SqliteRows::team, StoredTeam::id),
          all("SELECT * FROM keys", SqliteRows::key, IssuedKey::id),
          all("SELECT * FROM quotas", SqliteRows::quota, StoredQuota::of),
          all("SELECT * FROM budgets", SqliteRows::budget, StoredBudget::of),
          all("SELECT * FROM answered", SqliteRows::answered, AnsweredRequest::request),
          lastChange());
    } catch (SQLException failed) {
      throw trouble(file, failed);
    } catch (IllegalArgumentException senseless) {
      throw damaged(file, "a row that makes no sense: " + senseless.getMessage());
    }
  }

  private <K, V> Map<K, V> all(String sql, Row<V> row, Function<V, K> name) throws SQLException {
    Map<K, V> all = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      while (found.next()) {
        V value = row.of(found);
        all.put(name.apply(value), value);
      }
    }
    return all;
  }

  private long lastChange() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery("SELECT max(sequence) FROM audit")) {
      return found.next() ? found.getLong(1) : 0;
    }
  }

  @Override
  public List<AuditEntry> audit(AuditQuery query) throws StoreTrouble {
    // '0' comes after '/': so all that is under a resource is one range of its index.
    String sql =
        "SELECT * FROM audit WHERE sequence < ?1"
            + (query.resource() == null
                ? ""
                : " AND (resource = ?2 OR (resource >= ?2 || '/' AND resource < ?2 || '0'))")
            + (query.who() == null ? "" : " AND who = ?3")
            + (query.since() == null ? "" : " AND at >= ?4")
            + " ORDER BY sequence DESC LIMIT ?5";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, query.before());
      set(statement, 2, query.resource());
      set(statement, 3, query.who());
      set(statement, 4, query.since() == null ? null : query.since().toEpochMilli());
      statement.setInt(5, query.limit());
      List<AuditEntry> entries = new ArrayList<>();
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          entries.add(SqliteRows.entry(found));
        }
      }
      return entries;
    } catch (SQLException failed) {
      throw trouble(file, failed);
    }
  }

  private static void set(PreparedStatement statement, int place, @Nullable Object value)
      throws SQLException {
    if (value != null) {
      statement.setObject(place, value);
    }
  }

  // ---- writing

  @Override
  public void write(AuditEntry entry, List<Edit> edits) throws StoreTrouble {
    try {
      connection.setAutoCommit(false);
      try {
        SqliteRows.insert(connection, entry);
        for (Edit edit : edits) {
          SqliteRows.apply(connection, edit);
        }
        connection.commit();
      } catch (SQLException failed) {
        connection.rollback();
        throw failed;
      }
      connection.setAutoCommit(true);
    } catch (SQLException failed) {
      throw trouble(file, failed);
    }
  }

  @Override
  public void close() {
    close(connection);
  }

  private static void close(@Nullable Connection connection) {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException _) {
      // All that counts is committed; whoever opens it next says what is the matter.
    }
  }

  // ---- what is the matter

  private static StoreTrouble trouble(Path file, Exception failed) {
    SQLiteErrorCode code =
        failed instanceof SQLiteException sqlite
            ? sqlite.getResultCode()
            : SQLiteErrorCode.UNKNOWN_ERROR;
    // The low byte says what kind of trouble it is, the others which.
    return switch (SQLiteErrorCode.getErrorCode(code.code & 0xff)) {
      case SQLITE_BUSY, SQLITE_LOCKED ->
          new StoreTrouble(
              file
                  + " is in use by another program. One gateway at a time may use it: stop the"
                  + " other, or give each a storage.directory of its own.",
              failed);
      case SQLITE_NOTADB, SQLITE_CORRUPT -> damaged(file, String.valueOf(failed.getMessage()));
      case SQLITE_FULL ->
          new StoreTrouble(file + " cannot grow: the disk is full. Make room.", failed);
      case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM ->
          new StoreTrouble(
              file
                  + " cannot be written ("
                  + code
                  + "). Make it and its directory writable for the user that runs the gateway, or"
                  + " name another in storage.directory.",
              failed);
      default ->
          new StoreTrouble(
              file + " cannot be used: " + failed.getMessage() + ". Look at its disk.", failed);
    };
  }

  private static StoreTrouble damaged(Path file, String how) {
    return new StoreTrouble(
        file
            + " is damaged ("
            + how
            + ") and is left as it is. Put a backup in its place; or move it away, which gives up"
            + " the teams, keys, quotas and budgets in it.");
  }
}
