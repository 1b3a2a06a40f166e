package dev.sluice.billing.account;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.team.ApiKeyHash;
import dev.sluice.billing.team.TeamId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Rows of {@link SqliteAccounts}: from records, and back. */
final class SqliteRows {

  private SqliteRows() {}

  /** Reads the row on which a result stands. */
  @FunctionalInterface
  interface Row<V> {
    /**
     * The row as a value.
     *
     * @throws IllegalArgumentException if it makes no sense
     */
    V of(ResultSet found) throws SQLException;
  }

  // ---- reading

  static StoredTeam team(ResultSet found) throws SQLException {
    return new StoredTeam(
        new TeamId(found.getString("name")),
        found.getBoolean("hold_answers"),
        Instant.ofEpochMilli(found.getLong("created_at")),
        found.getLong("revision"));
  }

  static IssuedKey key(ResultSet found) throws SQLException {
    return new IssuedKey(
        found.getString("id"),
        new TeamId(found.getString("team")),
        found.getString("name"),
        ApiKeyHash.parse(found.getString("hash")),
        Instant.ofEpochMilli(found.getLong("created_at")),
        instant(found, "expires_at"),
        instant(found, "revoked_at"),
        found.getString("replaced_by"),
        found.getLong("revision"));
  }

  static StoredQuota quota(ResultSet found) throws SQLException {
    long wait = found.getLong("max_wait_millis");
    Duration maxWait = found.wasNull() ? null : Duration.ofMillis(wait);
    return new StoredQuota(
        new Named(new TeamId(found.getString("team")), found.getString("pool")),
        new QuotaTerms(
            found.getLong("guaranteed"),
            found.getLong("ceiling"),
            found.getInt("weight"),
            Lane.valueOf(found.getString("lane")),
            maxWait,
            found.getLong("burst"),
            Mode.valueOf(found.getString("mode"))),
        found.getLong("revision"));
  }

  static StoredBudget budget(ResultSet found) throws SQLException {
    return new StoredBudget(
        new BudgetRule(
            found.getString("name"),
            new TeamId(found.getString("team")),
            found.getString("key_id"),
            BudgetRule.Unit.valueOf(found.getString("unit")),
            found.getLong("amount"),
            BudgetRule.Period.valueOf(found.getString("per")),
            found.getInt("warn_percent"),
            Mode.valueOf(found.getString("mode"))),
        found.getLong("revision"));
  }

  static AnsweredRequest answered(ResultSet found) throws SQLException {
    return new AnsweredRequest(
        found.getString("request"),
        found.getString("body"),
        found.getString("key_id"),
        Instant.ofEpochMilli(found.getLong("at")));
  }

  static AuditEntry entry(ResultSet found) throws SQLException {
    return new AuditEntry(
        found.getLong("sequence"),
        Instant.ofEpochMilli(found.getLong("at")),
        new Author(found.getString("who"), found.getString("role")),
        found.getString("action"),
        found.getString("resource"),
        found.getString("before"),
        found.getString("after"));
  }

  private static @Nullable Instant instant(ResultSet found, String column) throws SQLException {
    long millis = found.getLong(column);
    return found.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  // ---- writing

  static void insert(Connection connection, AuditEntry entry) throws SQLException {
    run(
        connection,
        "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        entry.sequence(),
        entry.at(),
        entry.author().who(),
        entry.author().role(),
        entry.action(),
        entry.resource(),
        entry.before(),
        entry.after());
  }

  static void apply(Connection connection, Edit edit) throws SQLException {
    switch (edit) {
      case Edit.PutTeam(StoredTeam row) ->
          run(
              connection,
              "INSERT OR REPLACE INTO teams VALUES (?, ?, ?, ?)",
              row.id().name(),
              row.holdsAnswers(),
              row.created(),
              row.revision());
      case Edit.DropTeam(TeamId team) ->
          run(connection, "DELETE FROM teams WHERE name = ?", team.name());
      case Edit.PutKey(IssuedKey row) -> put(connection, row);
      case Edit.DropKey(String id) -> run(connection, "DELETE FROM keys WHERE id = ?", id);
      case Edit.PutQuota(StoredQuota row) -> put(connection, row);
      case Edit.DropQuota(Named of) ->
          run(
              connection,
              "DELETE FROM quotas WHERE team = ? AND pool = ?",
              of.team().name(),
              of.name());
      case Edit.PutBudget(StoredBudget row) -> put(connection, row);
      case Edit.DropBudget(Named of) ->
          run(
              connection,
              "DELETE FROM budgets WHERE team = ? AND name = ?",
              of.team().name(),
              of.name());
      case Edit.PutAnswered(AnsweredRequest row) ->
          run(
              connection,
              "INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?)",
              row.request(),
              row.body(),
              row.keyId(),
              row.at());
      case Edit.DropAnswered(String request) ->
          run(connection, "DELETE FROM answered WHERE request = ?", request);
    }
  }

  private static void put(Connection connection, IssuedKey row) throws SQLException {
    run(
        connection,
        "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.id(),
        row.team().name(),
        row.name(),
        row.hash().text(),
        row.created(),
        row.expires(),
        row.revoked(),
        row.replacedBy(),
        row.revision());
  }

  private static void put(Connection connection, StoredQuota row) throws SQLException {
    QuotaTerms terms = row.terms();
    run(
        connection,
        "INSERT OR REPLACE INTO quotas VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.of().team().name(),
        row.of().name(),
        terms.guaranteed(),
        terms.ceiling(),
        terms.weight(),
        terms.lane(),
        terms.maxWait(),
        terms.burst(),
        terms.mode(),
        row.revision());
  }

  private static void put(Connection connection, StoredBudget row) throws SQLException {
    BudgetRule rule = row.rule();
    run(
        connection,
        "INSERT OR REPLACE INTO budgets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rule.team().name(),
        rule.name(),
        rule.keyId(),
        rule.unit(),
        rule.amount(),
        rule.per(),
        rule.warnPercent(),
        rule.mode(),
        row.revision());
  }

  private static void run(Connection connection, String sql, @Nullable Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        Object value =
            switch (values[i]) {
              case Instant instant -> instant.toEpochMilli();
              case Duration duration -> duration.toMillis();
              case Enum<?> constant -> constant.name();
              case null -> null;
              case Object other -> other;
            };
        statement.setObject(i + 1, value);
      }
      statement.executeUpdate();
    }
  }
}
