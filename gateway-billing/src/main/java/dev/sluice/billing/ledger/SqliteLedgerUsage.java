package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.UsageGroup.Field;
import dev.sluice.billing.ledger.UsageGroup.Tag;
import dev.sluice.billing.usage.Usage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A question for usage as SQL: over the hourly sums where these can answer it, else over the rows
 * of calls and of cursors. Values are bound, never written into the text.
 *
 * <p>Sums of integers are exact in SQLite, and an error where they do not fit.
 */
final class SqliteLedgerUsage {

  static final String SUMS =
      SqliteLedgerHours.SUMS.stream()
          .map(name -> "coalesce(sum(" + name + "), 0)")
          .collect(Collectors.joining(", "));

  private final StringBuilder sql = new StringBuilder();
  private final List<Object> values = new ArrayList<>();

  private SqliteLedgerUsage() {}

  static SqliteLedgerUsage of(UsageQuery query, int limit) {
    SqliteLedgerUsage usage = new SqliteLedgerUsage();
    boolean needsRows =
        !isWholeHour(query.from())
            || !isWholeHour(query.until())
            || query.groups().stream().anyMatch(Tag.class::isInstance)
            || query.filters().keySet().stream().anyMatch(Tag.class::isInstance);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < query.groups().size(); i++) {
      names.add("g" + i);
    }
    String groups = String.join(", ", names);
    usage.sql.append("SELECT ").append(groups).append(groups.isEmpty() ? "" : ", ").append(SUMS);
    usage.sql.append(" FROM (");
    if (needsRows) {
      usage.rows(query, "calls", "tags", "call_row", CALL_FIGURES);
      usage.sql.append(" UNION ALL ");
      usage.rows(query, "cursors", "cursor_tags", "cursor_row", CURSOR_FIGURES);
    } else {
      usage.hours(query);
    }
    usage.sql.append(")");
    if (!groups.isEmpty()) {
      usage.sql.append(" GROUP BY ").append(groups).append(" ORDER BY ").append(groups);
    }
    usage.sql.append(" LIMIT ").append(limit);
    return usage;
  }

  static boolean isWholeHour(Instant moment) {
    return moment.getNano() == 0 && Math.floorMod(moment.getEpochSecond(), 3_600) == 0;
  }

  static long hour(Instant wholeHour) {
    return Math.floorDiv(wholeHour.getEpochSecond(), 3_600);
  }

  PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement select = connection.prepareStatement(sql.toString());
    for (int i = 0; i < values.size(); i++) {
      select.setObject(i + 1, values.get(i));
    }
    return select;
  }

  private void hours(UsageQuery query) {
    sql.append("SELECT ");
    for (int i = 0; i < query.groups().size(); i++) {
      String column =
          switch (query.groups().get(i)) {
            case Field.HOUR -> "hour";
            case Field.DAY -> "hour / 24";
            case Field field -> column(field);
            case Tag tag -> throw new IllegalStateException(tag + " is in no hourly sum");
          };
      sql.append(column).append(" AS g").append(i).append(", ");
    }
    sql.append(String.join(", ", SqliteLedgerHours.SUMS));
    sql.append(" FROM hourly WHERE hour >= ? AND hour < ?");
    values.add(hour(query.from()));
    values.add(hour(query.until()));
    for (Map.Entry<UsageGroup, String> filter : query.filters().entrySet()) {
      equal((Field) filter.getKey(), filter.getValue());
    }
  }

  private void rows(UsageQuery query, String table, String tags, String tagsRow, String figures) {
    sql.append("SELECT ");
    for (int i = 0; i < query.groups().size(); i++) {
      switch (query.groups().get(i)) {
        case Field.HOUR -> sql.append("started_ms / 3600000");
        case Field.DAY -> sql.append("started_ms / 86400000");
        case Field field -> sql.append(column(field));
        case Tag tag -> tagValue(table, tags, tagsRow, tag);
      }
      sql.append(" AS g").append(i).append(", ");
    }
    sql.append(figures).append(" FROM ").append(table);
    sql.append(" WHERE started_ms >= ? AND started_ms < ?");
    values.add(millisUp(query.from()));
    values.add(millisUp(query.until()));
    for (Map.Entry<UsageGroup, String> filter : query.filters().entrySet()) {
      switch (filter.getKey()) {
        case Field field -> equal(field, filter.getValue());
        case Tag tag -> {
          sql.append(" AND ");
          tagValue(table, tags, tagsRow, tag);
          sql.append(" = ?");
          values.add(Place.TAG_VALUE.cut(filter.getValue()));
        }
      }
    }
  }

  /** The first millisecond that is not before a moment. */
  static long millisUp(Instant moment) {
    long millis = moment.toEpochMilli();
    return Instant.ofEpochMilli(millis).isBefore(moment) ? millis + 1 : millis;
  }

  private void tagValue(String table, String tags, String tagsRow, Tag tag) {
    sql.append("coalesce((SELECT value FROM ").append(tags);
    sql.append(" WHERE ").append(tagsRow).append(" = ").append(table).append(".id");
    sql.append(" AND name = ? LIMIT 1), '')");
    values.add(Place.TAG_NAME.cut(tag.name()));
  }

  private void equal(Field field, String value) {
    sql.append(" AND ").append(column(field)).append(" = ?");
    values.add(place(field).cut(value));
  }

  private static String column(Field field) {
    return switch (field) {
      case TEAM -> "team";
      case KEY -> "key_id";
      case PROVIDER -> "provider";
      case MODEL -> "model";
      case ROUTE -> "route";
      case DAY, HOUR -> throw new IllegalStateException(field + " is no column");
    };
  }

  private static Place place(Field field) {
    return switch (field) {
      case TEAM -> Place.TEAM;
      case KEY -> Place.KEY;
      case PROVIDER -> Place.PROVIDER;
      case MODEL -> Place.MODEL;
      case ROUTE -> Place.ROUTE;
      case DAY, HOUR -> throw new IllegalStateException(field + " is no text");
    };
  }

  private static String avoided() {
    return "avoided_uncached_input + avoided_cache_read + avoided_cache_write_5m"
        + " + avoided_cache_write_30m + avoided_cache_write_1h + avoided_cache_write_12h"
        + " + avoided_output AS avoided_tokens, avoided_cost_input + avoided_cost_cache_read"
        + " + avoided_cost_cache_write + avoided_cost_output AS avoided_nano_usd";
  }

  /** What {@link SqliteLedgerHours} adds up, of one call. */
  private static final String CALL_FIGURES =
      "1 AS calls, uncached_input, cache_read, cache_write_5m, cache_write_30m, cache_write_1h,"
          + " cache_write_12h, output, reasoning, cost_input, cost_cache_read, cost_cache_write,"
          + " cost_output, cache_read_saved, cache_write_extra,"
          + " cost_state = 'unknown' AS calls_of_unknown_cost,"
          + " iif(cost_state = 'unknown', uncached_input + cache_read + cache_write_5m"
          + " + cache_write_30m + cache_write_1h + cache_write_12h + output, 0)"
          + " AS tokens_of_unknown_cost,"
          + " cost_state = 'approximate' AS calls_of_approximate_cost,"
          + " usage_source IN ('estimate', 'partial') AS calls_of_estimate, 0 AS reads, "
          + avoided();

  /** Likewise, of one cursor. */
  private static final String CURSOR_FIGURES =
      "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, " + avoided();

  /** From a column on, in the order of {@link #SUMS}. */
  static UsageSums sums(ResultSet from, int at) throws SQLException {
    return new UsageSums(
        from.getLong(at),
        new Usage(
            from.getLong(at + 1),
            from.getLong(at + 2),
            from.getLong(at + 3),
            from.getLong(at + 4),
            from.getLong(at + 5),
            from.getLong(at + 6),
            from.getLong(at + 7),
            from.getLong(at + 8)),
        new CostSums(
            from.getLong(at + 9),
            from.getLong(at + 10),
            from.getLong(at + 11),
            from.getLong(at + 12),
            from.getLong(at + 13),
            from.getLong(at + 14)),
        from.getLong(at + 15),
        from.getLong(at + 16),
        from.getLong(at + 17),
        from.getLong(at + 18),
        from.getLong(at + 19),
        from.getLong(at + 20),
        from.getLong(at + 21));
  }
}
