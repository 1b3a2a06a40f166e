package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.UsageGroup.Field;
import dev.sluice.billing.usage.Cost;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Reads {@code ledger.db}, each time over a connection of its own that cannot write: that costs a
 * millisecond, and no reader can hold the log from being cleared for longer than its one answer.
 */
final class SqliteLedgerQueries implements LedgerQueries {

  private static final int BUSY_MILLIS = 1_000;
  private static final int PAGE = 1_000;

  private final Path file;

  SqliteLedgerQueries(Path directory) {
    file = directory.resolve(SqliteLedgerStore.FILE);
  }

  /** What is asked of a connection. */
  private interface Question<A> {
    A ask(Connection connection) throws SQLException;
  }

  private <A> A answer(Question<A> question) {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    try {
      if (!Files.exists(file)) {
        throw new LedgerUnreadable(
            file + " is not there. Is it the right directory, and has a gateway written to it?",
            new NoSuchFileException(file.toString()));
      }
      try (Connection connection = config.createConnection("jdbc:sqlite:" + file)) {
        return question.ask(connection);
      }
    } catch (SQLException e) {
      throw new LedgerUnreadable(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public UsageTable usage(UsageQuery query) {
    SqliteLedgerUsage sql = SqliteLedgerUsage.of(query, GROUPS_MAX + 1);
    return answer(
        connection -> {
          List<UsageTable.Row> rows = new ArrayList<>();
          try (PreparedStatement select = sql.prepare(connection);
              ResultSet result = select.executeQuery()) {
            while (result.next()) {
              rows.add(row(query.groups(), result));
            }
          }
          boolean isWhole = rows.size() <= GROUPS_MAX;
          return new UsageTable(isWhole ? rows : rows.subList(0, GROUPS_MAX), isWhole);
        });
  }

  private static UsageTable.Row row(List<UsageGroup> groups, ResultSet result) throws SQLException {
    List<String> values = new ArrayList<>(groups.size());
    for (int i = 0; i < groups.size(); i++) {
      values.add(
          switch (groups.get(i)) {
            case Field.HOUR -> hour(result.getLong(i + 1)).toString();
            case Field.DAY -> LocalDate.ofEpochDay(result.getLong(i + 1)).toString();
            case UsageGroup text -> SqliteLedgerRow.orEmpty(result.getString(i + 1));
          });
    }
    return new UsageTable.Row(
        List.copyOf(values), SqliteLedgerUsage.sums(result, groups.size() + 1));
  }

  private static Instant hour(long sinceEpoch) {
    return Instant.EPOCH.plus(sinceEpoch, ChronoUnit.HOURS);
  }

  @Override
  public CallPage calls(CallQuery query) {
    SqliteLedgerCalls sql = SqliteLedgerCalls.of(query);
    return answer(
        connection -> {
          List<LedgerRow> rows = new ArrayList<>();
          String last = null;
          boolean isMore = false;
          try (PreparedStatement select = sql.prepare(connection);
              Tags tags = Tags.ofCalls(connection);
              ResultSet result = select.executeQuery()) {
            while (result.next()) {
              if (rows.size() == query.limit()) {
                isMore = true;
                break;
              }
              long id = result.getLong(1);
              CallRecord call = SqliteLedgerRow.call(result, tags.of(id));
              rows.add(ledgerRow(call, result));
              last = SqliteLedgerCalls.after(call.startedEpochMillis(), id);
            }
            return new CallPage(rows, isMore ? last : null);
          }
        });
  }

  private static LedgerRow ledgerRow(CallRecord call, ResultSet result) throws SQLException {
    return new LedgerRow(
        call, result.getLong("expected_output"), result.getLong(SqliteLedgerRow.COUNT + 1));
  }

  /** The tags of one row after the other, by one statement. */
  private static final class Tags implements AutoCloseable {
    private final PreparedStatement select;

    Tags(Connection connection, String table, String row) throws SQLException {
      select =
          connection.prepareStatement(
              "SELECT name, value FROM " + table + " WHERE " + row + " = ? ORDER BY position");
    }

    static Tags ofCalls(Connection connection) throws SQLException {
      return new Tags(connection, "tags", "call_row");
    }

    Map<String, String> of(long id) throws SQLException {
      Map<String, String> tags = new LinkedHashMap<>();
      select.setLong(1, id);
      try (ResultSet result = select.executeQuery()) {
        while (result.next()) {
          tags.put(result.getString(1), result.getString(2));
        }
      }
      return tags;
    }

    @Override
    public void close() throws SQLException {
      select.close();
    }
  }

  @Override
  public @Nullable LedgerCall call(String callId) {
    Optional<LedgerCall> found =
        answer(
            connection -> {
              try (PreparedStatement select =
                      connection.prepareStatement(SqliteLedgerCalls.SELECT + " WHERE call_id = ?");
                  Tags tags = Tags.ofCalls(connection)) {
                select.setString(1, Place.CALL_ID.cut(callId));
                try (ResultSet result = select.executeQuery()) {
                  if (!result.next()) {
                    return Optional.empty();
                  }
                  CallRecord call = SqliteLedgerRow.call(result, tags.of(result.getLong(1)));
                  return Optional.of(
                      new LedgerCall(ledgerRow(call, result), reads(connection, callId)));
                }
              }
            });
    return found.orElse(null);
  }

  private static List<CallRecord> reads(Connection connection, String callId) throws SQLException {
    List<CallRecord> reads = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT "
                    + SqliteLedgerRow.COLUMNS
                    + " FROM cursors WHERE call_id = ? ORDER BY started_ms, id LIMIT "
                    + READS_MAX);
        Tags tags = new Tags(connection, "cursor_tags", "cursor_row")) {
      select.setString(1, Place.CALL_ID.cut(callId));
      try (ResultSet result = select.executeQuery()) {
        while (result.next()) {
          reads.add(SqliteLedgerRow.call(result, tags.of(result.getLong(1))));
        }
      }
    }
    return reads;
  }

  @Override
  public Spent spent(SpentQuery query) {
    wholeHours(query.from(), query.until());
    Map<UsageGroup, String> filters =
        query.keyId() == null
            ? Map.of(Field.TEAM, query.team().name())
            : Map.of(Field.TEAM, query.team().name(), Field.KEY, query.keyId());
    UsageTable table = usage(new UsageQuery(query.from(), query.until(), List.of(), filters));
    UsageSums sums = table.rows().getFirst().sums();
    return new Spent(
        Math.addExact(sums.usage().input(), sums.usage().output()),
        sums.costNanoUsd(),
        sums.callsOfUnknownCost());
  }

  @Override
  public void hours(Instant from, Instant until, Consumer<UsageHour> to) {
    wholeHours(from, until);
    String columns = "hour, team, key_id, provider, model, price_version, cost_state";
    String sql =
        "SELECT "
            + columns
            + ", "
            + SqliteLedgerUsage.SUMS
            + " FROM hourly WHERE hour >= ? AND hour < ? AND ("
            + columns
            + ") > (?, ?, ?, ?, ?, ?, ?) GROUP BY "
            + columns
            + " ORDER BY "
            + columns
            + " LIMIT "
            + PAGE;
    List<UsageHour> page = List.of();
    do {
      UsageHour after = page.isEmpty() ? null : page.getLast();
      page = answer(connection -> hours(connection, sql, from, until, after));
      page.forEach(to);
    } while (page.size() == PAGE);
  }

  private static List<UsageHour> hours(
      Connection connection, String sql, Instant from, Instant until, @Nullable UsageHour after)
      throws SQLException {
    List<UsageHour> page = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setLong(1, SqliteLedgerUsage.hour(from));
      select.setLong(2, SqliteLedgerUsage.hour(until));
      select.setLong(3, after == null ? Long.MIN_VALUE : SqliteLedgerUsage.hour(after.hour()));
      select.setString(4, after == null ? "" : after.team());
      select.setString(5, after == null ? "" : after.keyId());
      select.setString(6, after == null ? "" : after.provider());
      select.setString(7, after == null ? "" : after.model());
      select.setString(8, after == null ? "" : after.priceVersion());
      select.setString(9, after == null ? "" : SqliteLedgerRow.word(after.costState()));
      try (ResultSet result = select.executeQuery()) {
        while (result.next()) {
          page.add(
              new UsageHour(
                  hour(result.getLong(1)),
                  result.getString(2),
                  result.getString(3),
                  result.getString(4),
                  result.getString(5),
                  result.getString(6),
                  Cost.State.valueOf(result.getString(7).toUpperCase(Locale.ROOT)),
                  SqliteLedgerUsage.sums(result, 8)));
        }
      }
    }
    return page;
  }

  @Override
  public List<ModelDay> dailyByModel(Instant from, Instant until, String provider) {
    wholeHours(from, until);
    return answer(
        connection -> {
          List<ModelDay> days = new ArrayList<>();
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT hour / 24 AS day, model, "
                      + SqliteLedgerUsage.SUMS
                      + " FROM hourly WHERE hour >= ? AND hour < ? AND provider = ?"
                      + " GROUP BY day, model ORDER BY day, model LIMIT "
                      + DAYS_MAX)) {
            select.setLong(1, SqliteLedgerUsage.hour(from));
            select.setLong(2, SqliteLedgerUsage.hour(until));
            select.setString(3, Place.PROVIDER.cut(provider));
            try (ResultSet result = select.executeQuery()) {
              while (result.next()) {
                days.add(
                    new ModelDay(
                        LocalDate.ofEpochDay(result.getLong(1)),
                        result.getString(2),
                        SqliteLedgerUsage.sums(result, 3)));
              }
            }
          }
          return days;
        });
  }

  private static void wholeHours(Instant from, Instant until) {
    if (!SqliteLedgerUsage.isWholeHour(from) || !SqliteLedgerUsage.isWholeHour(until)) {
      throw new IllegalArgumentException(
          from + " and " + until + " must be whole hours: the sums are made by the hour.");
    }
  }
}
