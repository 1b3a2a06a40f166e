package dev.sluice.billing.ledger;

import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adds the rows of one transaction to the hourly sums: once for each group, not for each row. */
final class SqliteLedgerHours {

  static final long HOUR_MILLIS = 3_600_000;

  private static final List<String> KEY =
      List.of(
          "hour", "team", "key_id", "provider", "model", "price_version", "cost_state", "route");

  /** In the order of {@link #figures}. */
  static final List<String> SUMS =
      List.of(
          "calls",
          "uncached_input",
          "cache_read",
          "cache_write_5m",
          "cache_write_30m",
          "cache_write_1h",
          "cache_write_12h",
          "output",
          "reasoning",
          "cost_input",
          "cost_cache_read",
          "cost_cache_write",
          "cost_output",
          "cache_read_saved",
          "cache_write_extra",
          "calls_of_unknown_cost",
          "tokens_of_unknown_cost",
          "calls_of_approximate_cost",
          "calls_of_estimate",
          "reads",
          "avoided_tokens",
          "avoided_nano_usd");

  private record Key(
      long hour,
      String team,
      String keyId,
      String provider,
      String model,
      String priceVersion,
      String costState,
      String route) {}

  private final Map<Key, long[]> groups = new HashMap<>();

  void add(PendingRow row) {
    CallRecord call = row.call;
    TeamId team = call.team();
    Key key =
        new Key(
            Math.floorDiv(call.startedEpochMillis(), HOUR_MILLIS),
            team == null ? "" : Place.TEAM.cut(team.name()),
            Place.KEY.cut(SqliteLedgerRow.orEmpty(call.keyId())),
            Place.PROVIDER.cut(call.provider()),
            SqliteLedgerRow.model(call),
            Place.PRICE_VERSION.cut(call.cost().priceVersion()),
            SqliteLedgerRow.word(call.cost().state()),
            Place.ROUTE.cut(call.route()));
    long[] sums = groups.computeIfAbsent(key, unknown -> new long[SUMS.size()]);
    long[] figures = figures(row);
    for (int i = 0; i < sums.length; i++) {
      sums[i] = Math.addExact(sums[i], figures[i]);
    }
  }

  private static long[] figures(PendingRow row) {
    CallRecord call = row.call;
    long avoidedTokens = Bounds.inAndOut(call.avoided());
    long avoidedNanoUsd = Bounds.nanoUsd(call.avoidedCost());
    if (row.isRead) {
      return new long[] {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, avoidedTokens, avoidedNanoUsd
      };
    }
    Usage usage = call.usage();
    boolean isUnknown = call.cost().state() == Cost.State.UNKNOWN;
    UsageSource source = call.usageSource();
    return new long[] {
      1,
      Bounds.tokens(usage.uncachedInput()),
      Bounds.tokens(usage.cacheRead()),
      Bounds.tokens(usage.cacheWrite5m()),
      Bounds.tokens(usage.cacheWrite30m()),
      Bounds.tokens(usage.cacheWrite1h()),
      Bounds.tokens(usage.cacheWrite12h()),
      Bounds.tokens(usage.output()),
      Bounds.tokens(usage.reasoning()),
      Bounds.nanoUsd(call.cost().input()),
      Bounds.nanoUsd(call.cost().cacheRead()),
      Bounds.nanoUsd(call.cost().cacheWrite()),
      Bounds.nanoUsd(call.cost().output()),
      Bounds.nanoUsd(call.cost().readSaved()),
      Bounds.nanoUsd(call.cost().writeExtra()),
      isUnknown ? 1 : 0,
      isUnknown ? Bounds.inAndOut(usage) : 0,
      call.cost().state() == Cost.State.APPROXIMATE ? 1 : 0,
      source == UsageSource.ESTIMATE || source == UsageSource.PARTIAL ? 1 : 0,
      0,
      avoidedTokens,
      avoidedNanoUsd
    };
  }

  /** A sum that no longer fits would become a floating point number; the table refuses that. */
  static PreparedStatement prepare(Connection connection) throws SQLException {
    StringBuilder sql = new StringBuilder("INSERT INTO hourly (");
    sql.append(String.join(", ", KEY)).append(", ").append(String.join(", ", SUMS));
    sql.append(") VALUES (");
    sql.append(String.join(", ", Collections.nCopies(KEY.size() + SUMS.size(), "?")));
    sql.append(") ON CONFLICT DO UPDATE SET ");
    String[] additions = new String[SUMS.size()];
    Arrays.setAll(additions, i -> SUMS.get(i) + " = " + SUMS.get(i) + " + excluded." + SUMS.get(i));
    sql.append(String.join(", ", additions));
    return connection.prepareStatement(sql.toString());
  }

  void write(PreparedStatement upsert) throws SQLException {
    for (Map.Entry<Key, long[]> group : groups.entrySet()) {
      Key key = group.getKey();
      upsert.setLong(1, key.hour);
      upsert.setString(2, key.team);
      upsert.setString(3, key.keyId);
      upsert.setString(4, key.provider);
      upsert.setString(5, key.model);
      upsert.setString(6, key.priceVersion);
      upsert.setString(7, key.costState);
      upsert.setString(8, key.route);
      for (int i = 0; i < SUMS.size(); i++) {
        upsert.setLong(KEY.size() + 1 + i, group.getValue()[i]);
      }
      upsert.executeUpdate();
    }
  }
}
