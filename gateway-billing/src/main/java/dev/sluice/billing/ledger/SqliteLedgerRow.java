package dev.sluice.billing.ledger;

import dev.sluice.billing.estimate.ContentClass;
import dev.sluice.billing.ledger.CallRecord.Metering;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call as columns, in both directions. The tables of calls and of cursors have the same. */
final class SqliteLedgerRow {

  /** In the order in which they are bound and read. */
  static final String COLUMNS =
      "id, call_id, started_ms, team, key_id, route, dialect, operation, provider, model,"
          + " model_asked, model_served, service_tier, stream, status, outcome, reason, phase,"
          + " uncached_input, cache_read, cache_write_5m, cache_write_30m, cache_write_1h,"
          + " cache_write_12h, output, reasoning, usage_source, cost_state, cost_input,"
          + " cost_cache_read, cost_cache_write, cost_output, cache_read_saved, cache_write_extra,"
          + " price_version, queue_nanos, first_byte_nanos, total_nanos, bytes_to_client,"
          + " keep_alives, longest_silence_nanos, late_error, replay, cursors, orphan,"
          + " avoided_uncached_input, avoided_cache_read, avoided_cache_write_5m,"
          + " avoided_cache_write_30m, avoided_cache_write_1h, avoided_cache_write_12h,"
          + " avoided_output, avoided_reasoning, avoided_cost_state, avoided_cost_input,"
          + " avoided_cost_cache_read, avoided_cost_cache_write, avoided_cost_output,"
          + " avoided_cache_read_saved, avoided_cache_write_extra, avoided_price_version, pool,"
          + " content, estimated_input, expected_output, reserved_tokens";

  static final int COUNT = COLUMNS.split(",", -1).length;

  private SqliteLedgerRow() {}

  /** The one by which a call is counted. */
  static String model(CallRecord call) {
    String served = call.modelServed();
    return Place.MODEL.cut(served != null ? served : orEmpty(call.modelAsked()));
  }

  /** Binds all columns, the first of them at a place. */
  static void bind(PreparedStatement insert, int first, PendingRow row) throws SQLException {
    CallRecord call = row.call;
    Binding to = new Binding(insert, first);
    TeamId team = call.team();
    ContentClass content = call.metering().content();
    to.number(row.id)
        .text(call.callId(), Place.CALL_ID)
        .number(call.startedEpochMillis())
        .text(team == null ? null : team.name(), Place.TEAM)
        .text(call.keyId(), Place.KEY)
        .text(call.route(), Place.ROUTE)
        .text(call.dialect(), Place.DIALECT)
        .text(call.operation(), Place.OPERATION)
        .text(call.provider(), Place.PROVIDER)
        .text(model(call), Place.MODEL)
        .text(call.modelAsked(), Place.MODEL)
        .text(call.modelServed(), Place.MODEL)
        .text(call.serviceTier(), Place.TIER)
        .number(call.stream() ? 1 : 0)
        .number(call.status())
        .word(call.outcome())
        .text(call.reason(), Place.REASON)
        .text(call.phase(), Place.PHASE)
        .usage(call.usage())
        .word(call.usageSource())
        .cost(call.cost())
        .number(call.queueNanos())
        .number(call.firstByteNanos())
        .number(call.totalNanos())
        .number(call.bytesToClient())
        .number(call.keepAlives())
        .number(call.longestSilenceNanos())
        .number(call.lateError() ? 1 : 0)
        .text(call.replay(), Place.REPLAY)
        .number(call.cursors())
        .text(call.orphan(), Place.ORPHAN)
        .usage(call.avoided())
        .cost(call.avoidedCost())
        .text(call.metering().pool(), Place.POOL)
        .text(content == null ? null : word(content), Place.WORD)
        .number(call.metering().estimatedInput())
        .number(row.expectedOutput)
        .number(call.metering().reservedTokens());
    assert to.next == first + COUNT : to.next - first + " columns were bound";
  }

  /** Of a result whose first columns are {@link #COLUMNS}. */
  static CallRecord call(ResultSet from, Map<String, String> tags) throws SQLException {
    Columns in = new Columns(from);
    in.skip("id");
    String callId = in.text();
    long started = in.number();
    String team = in.text();
    String keyId = in.textOrNull();
    String route = in.text();
    String dialect = in.text();
    String operation = in.text();
    String provider = in.text();
    in.skip("model");
    return new CallRecord(
        callId,
        team.isEmpty() ? null : new TeamId(team),
        keyId,
        tags,
        route,
        dialect,
        operation,
        provider,
        in.textOrNull(),
        in.textOrNull(),
        in.textOrNull(),
        in.number() != 0,
        (int) in.number(),
        in.word(Outcome.class),
        in.text(),
        in.text(),
        in.usage(),
        in.word(UsageSource.class),
        in.cost(),
        started,
        in.number(),
        in.number(),
        in.number(),
        in.number(),
        in.number(),
        in.number(),
        in.number() != 0,
        in.text(),
        (int) in.number(),
        in.text(),
        in.usage(),
        in.cost(),
        metering(in),
        CallRecord.Caching.NONE);
  }

  private static Metering metering(Columns in) throws SQLException {
    String pool = in.textOrNull();
    String content = in.textOrNull();
    long estimatedInput = in.number();
    in.skip("expected_output");
    return new Metering(
        pool,
        content == null ? null : ContentClass.valueOf(content.toUpperCase(Locale.ROOT)),
        estimatedInput,
        in.number());
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** Binds one after the other. */
  private static final class Binding {
    private final PreparedStatement to;
    int next;

    Binding(PreparedStatement to, int first) {
      this.to = to;
      next = first;
    }

    Binding number(long value) throws SQLException {
      to.setLong(next++, value);
      return this;
    }

    Binding text(@Nullable String text, Place place) throws SQLException {
      to.setString(next++, place.cut(orEmpty(text)));
      return this;
    }

    Binding word(Enum<?> constant) throws SQLException {
      to.setString(next++, SqliteLedgerRow.word(constant));
      return this;
    }

    Binding usage(Usage usage) throws SQLException {
      return number(Bounds.tokens(usage.uncachedInput()))
          .number(Bounds.tokens(usage.cacheRead()))
          .number(Bounds.tokens(usage.cacheWrite5m()))
          .number(Bounds.tokens(usage.cacheWrite30m()))
          .number(Bounds.tokens(usage.cacheWrite1h()))
          .number(Bounds.tokens(usage.cacheWrite12h()))
          .number(Bounds.tokens(usage.output()))
          .number(Bounds.tokens(usage.reasoning()));
    }

    Binding cost(Cost cost) throws SQLException {
      return word(cost.state())
          .number(Bounds.nanoUsd(cost.input()))
          .number(Bounds.nanoUsd(cost.cacheRead()))
          .number(Bounds.nanoUsd(cost.cacheWrite()))
          .number(Bounds.nanoUsd(cost.output()))
          .number(Bounds.nanoUsd(cost.readSaved()))
          .number(Bounds.nanoUsd(cost.writeExtra()))
          .text(cost.priceVersion(), Place.PRICE_VERSION);
    }
  }

  /** Reads one after the other. */
  private static final class Columns {
    private final ResultSet from;
    private int at;

    Columns(ResultSet from) {
      this.from = from;
    }

    /**
     * Passes over one column.
     *
     * @param name which, for whoever reads the calls
     */
    void skip(String name) {
      assert COLUMNS.split(", ", -1)[at].equals(name) : name + " is not column " + at;
      at++;
    }

    long number() throws SQLException {
      return from.getLong(++at);
    }

    String text() throws SQLException {
      return orEmpty(from.getString(++at));
    }

    @Nullable String textOrNull() throws SQLException {
      String text = text();
      return text.isEmpty() ? null : text;
    }

    <E extends Enum<E>> E word(Class<E> type) throws SQLException {
      return Enum.valueOf(type, text().toUpperCase(Locale.ROOT));
    }

    Usage usage() throws SQLException {
      return new Usage(
          number(), number(), number(), number(), number(), number(), number(), number());
    }

    Cost cost() throws SQLException {
      return new Cost(
          word(Cost.State.class),
          number(),
          number(),
          number(),
          number(),
          number(),
          number(),
          text());
    }
  }
}
