package dev.sluice.billing.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A question for single calls as SQL. Pages are cut by start and number, so none moves. */
final class SqliteLedgerCalls {

  /** The columns of a call, and how many have read it. */
  static final String SELECT =
      "SELECT "
          + SqliteLedgerRow.COLUMNS
          + ", (SELECT count(*) FROM cursors WHERE cursors.call_id = calls.call_id) FROM calls";

  private static final int RADIX = 36;

  private final StringBuilder sql = new StringBuilder(SELECT).append(" WHERE true");
  private final List<Object> values = new ArrayList<>();

  private SqliteLedgerCalls() {}

  /**
   * As the question says.
   *
   * @throws IllegalArgumentException if its {@code after} is none of {@link #after}
   */
  static SqliteLedgerCalls of(CallQuery query) {
    SqliteLedgerCalls calls = new SqliteLedgerCalls();
    calls.equal("team", query.team(), Place.TEAM);
    calls.equal("key_id", query.keyId(), Place.KEY);
    calls.equal("provider", query.provider(), Place.PROVIDER);
    calls.equal("model", query.model(), Place.MODEL);
    CallRecord.Outcome outcome = query.outcome();
    calls.equal("outcome", outcome == null ? null : SqliteLedgerRow.word(outcome), Place.WORD);
    CallQuery.Tag tag = query.tag();
    if (tag != null) {
      calls.and(
          "id IN (SELECT call_row FROM tags WHERE name = ? AND value = ?)",
          Place.TAG_NAME.cut(tag.name()),
          Place.TAG_VALUE.cut(tag.value()));
    }
    Instant from = query.from();
    if (from != null) {
      calls.and("started_ms >= ?", SqliteLedgerUsage.millisUp(from));
    }
    Instant until = query.until();
    if (until != null) {
      calls.and("started_ms < ?", SqliteLedgerUsage.millisUp(until));
    }
    String after = query.after();
    if (after != null) {
      long[] place = place(after);
      calls.and("(started_ms, id) < (?, ?)", place[0], place[1]);
    }
    // One more than asked for: whether there is a next page.
    calls.sql.append(" ORDER BY started_ms DESC, id DESC LIMIT ").append(query.limit() + 1);
    return calls;
  }

  /** Where the page begins that comes after a row. */
  static String after(long startedMillis, long id) {
    return Long.toString(startedMillis, RADIX) + "." + Long.toString(id, RADIX);
  }

  private static long[] place(String after) {
    int dot = after.indexOf('.');
    try {
      if (dot > 0) {
        return new long[] {
          Long.parseLong(after.substring(0, dot), RADIX),
          Long.parseLong(after.substring(dot + 1), RADIX)
        };
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new IllegalArgumentException(
        "\"" + after + "\" is not where a page ended. Take what the page before it says.");
  }

  PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement select = connection.prepareStatement(sql.toString());
    for (int i = 0; i < values.size(); i++) {
      select.setObject(i + 1, values.get(i));
    }
    return select;
  }

  private void equal(String column, @Nullable String value, Place place) {
    if (value != null) {
      and(column + " = ?", place.cut(value));
    }
  }

  private void and(String condition, Object... bound) {
    sql.append(" AND ").append(condition);
    values.addAll(List.of(bound));
  }
}
