package dev.sluice.billing.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Brings a file to the newest form. {@code PRAGMA user_version} is how many of the steps it has
 * taken; a step and that number are one transaction.
 */
final class SqliteLedgerSchema {

  /** Resources beside this class. Only ever appended to. */
  static final List<String> STEPS = List.of("ledger-1.sql");

  private SqliteLedgerSchema() {}

  /**
   * Takes the steps that are missing.
   *
   * @throws LedgerTrouble if a newer gateway made the file
   */
  static void migrate(Connection connection, List<String> steps)
      throws SQLException, LedgerTrouble {
    try (Statement statement = connection.createStatement()) {
      int version = version(statement);
      if (version > steps.size()) {
        throw new LedgerTrouble(
            LedgerTrouble.Kind.REOPEN,
            "its form is version "
                + version
                + ", of a newer gateway; this one knows "
                + steps.size()
                + ". Start the newer one, or name another directory.");
      }
      for (; version < steps.size(); version++) {
        statement.executeUpdate("BEGIN IMMEDIATE");
        try {
          statement.executeUpdate(text(steps.get(version)));
          statement.executeUpdate("PRAGMA user_version = " + (version + 1));
          statement.executeUpdate("COMMIT");
        } catch (SQLException e) {
          SqliteLedgerStore.rollBack(statement);
          throw e;
        }
      }
    }
  }

  private static int version(Statement statement) throws SQLException {
    try (ResultSet result = statement.executeQuery("PRAGMA user_version")) {
      return result.next() ? result.getInt(1) : 0;
    }
  }

  private static String text(String resource) {
    try (InputStream in = SqliteLedgerSchema.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is missing from the program.");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(resource + " cannot be read from the program.", e);
    }
  }
}
