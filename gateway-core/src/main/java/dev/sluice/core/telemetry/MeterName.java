package dev.sluice.core.telemetry;

import java.util.List;
import java.util.Locale;

/**
 * Every metric of the gateway's own, once: name, kind, labels, meaning. The table for readers is
 * drawn from here. Names of the {@code gen_ai} family follow the OpenTelemetry GenAI conventions,
 * which are still "development": they stand here, and nowhere else, so that they can be changed.
 */
public enum MeterName {
  CALLS(
      "sluice.calls",
      Kind.COUNTER,
      "",
      "Calls that have ended, by how and why.",
      "team",
      "route",
      "dialect",
      "provider",
      "outcome",
      "reason"),
  TOKENS(
      "sluice.tokens",
      Kind.COUNTER,
      "",
      "Billed tokens. The kinds do not overlap, but for `reasoning`, which is part of `output`.",
      "team",
      "route",
      "model",
      "kind"),
  COST(
      "sluice.cost_usd",
      Kind.COUNTER,
      "",
      "What billed tokens cost, in US dollars by the price table. Calls without a price are in"
          + " `sluice_unpriced_tokens_total` instead.",
      "team",
      "route",
      "model",
      "kind"),
  UNPRICED_TOKENS(
      "sluice.unpriced_tokens",
      Kind.COUNTER,
      "",
      "Billed tokens of models that the price table has no price for: their cost is unknown, not"
          + " nothing.",
      "team",
      "route",
      "model"),
  APPROXIMATE_COST(
      "sluice.approximate_cost_usd",
      Kind.COUNTER,
      "",
      "The part of `sluice_cost_usd_total` in which a rate stands for one that is not known.",
      "team",
      "route",
      "model"),
  CACHE_SAVED(
      "sluice.prompt_cache_saved_usd",
      Kind.COUNTER,
      "",
      "What reads from providers' prompt caches cost less than plain input would have, in US"
          + " dollars.",
      "team",
      "route",
      "model"),
  CACHE_WRITE_EXTRA(
      "sluice.prompt_cache_write_extra_usd",
      Kind.COUNTER,
      "",
      "What writes to these caches cost more than plain input would have, in US dollars.",
      "team",
      "route",
      "model"),
  KEEP_WARM_COST(
      "sluice.keepwarm.cost_usd",
      Kind.COUNTER,
      "",
      "What refreshes of prompt cache entries have cost, in US dollars."),
  KEEP_WARM_SAVED(
      "sluice.keepwarm.saved_usd",
      Kind.COUNTER,
      "",
      "What clients' calls would have cost more, in US dollars, because their entry would have"
          + " ended before they came: the write less the read."),
  KEEP_WARM_REFRESHES(
      "sluice.keepwarm.refreshes",
      Kind.COUNTER,
      "",
      "Refreshes by what became of them: read, wrote (the entry was not there), failed;"
          + " over_budget for occasions on which the day's money was gone.",
      "outcome"),
  KEEP_WARM_BOOKING(
      "sluice.keepwarm.booking",
      Kind.GAUGE,
      "",
      "1 while what refreshes spend can be written down; 0 while it cannot, and none is sent."),
  USAGE_SOURCE(
      "sluice.usage.source",
      Kind.COUNTER,
      "",
      "Calls by who counted their tokens: provider, partial, none, estimate.",
      "provider",
      "source"),
  TOKEN_USAGE(
      "gen_ai.client.token.usage",
      Kind.HISTOGRAM,
      "",
      "Billed tokens per call; `input` includes what came from the cache, `output` includes"
          + " reasoning.",
      "gen_ai_operation_name",
      "gen_ai_provider_name",
      "gen_ai_token_type"),
  DURATION(
      "gen_ai.client.operation.duration",
      Kind.TIMER,
      "",
      "From the request's head to the end of its answer; refused calls are left out.",
      "gen_ai_operation_name",
      "gen_ai_provider_name",
      "outcome"),
  FIRST_CHUNK(
      "gen_ai.client.operation.time_to_first_chunk",
      Kind.TIMER,
      "",
      "From the request's head to the provider's first byte, streams only.",
      "gen_ai_operation_name",
      "gen_ai_provider_name"),
  OUTPUT_TOKEN(
      "gen_ai.server.time_per_output_token",
      Kind.TIMER,
      "",
      "Time from the provider's first byte to the answer's end, per output token but the first;"
          + " once per stream whose output the provider counted.",
      "gen_ai_operation_name",
      "gen_ai_provider_name"),
  KEEP_ALIVES(
      "sluice.keepalives",
      Kind.COUNTER,
      "",
      "Comments, pings or white space written into silences.",
      "route"),
  LONGEST_SILENCE(
      "sluice.stream.longest_silence",
      Kind.TIMER,
      "",
      "Longest time in which a stream's client was sent nothing, once per stream.",
      "route"),
  LATE_ERRORS(
      "sluice.late_errors",
      Kind.COUNTER,
      "",
      "Provider failures that had to be told inside a committed 200.",
      "route",
      "provider"),
  REPLAYS(
      "sluice.replays",
      Kind.COUNTER,
      "",
      "Requests that were answered from a call that had been paid for: joined, adopted, replayed.",
      "team",
      "route",
      "how"),
  DUPLICATE_TOKENS_AVOIDED(
      "sluice.duplicate_tokens_avoided",
      Kind.COUNTER,
      "",
      "Tokens that these requests would have been billed, had they been calls of their own.",
      "team",
      "route",
      "kind"),
  DUPLICATE_COST_AVOIDED(
      "sluice.duplicate_cost_avoided_usd",
      Kind.COUNTER,
      "",
      "What these tokens would have cost, in US dollars.",
      "team",
      "route"),
  ORPHANS(
      "sluice.orphans",
      Kind.COUNTER,
      "",
      "Calls whose last client left before the end, by what came of it: returned, finished,"
          + " cancelled, budget_spent, released.",
      "route",
      "provider",
      "outcome"),
  CACHE_CALLS(
      "sluice.prompt_cache_calls",
      Kind.COUNTER,
      "",
      "Calls with a prefix that the provider caches, by what they were to it: leader, follower,"
          + " warm, bypass.",
      "route",
      "provider",
      "role"),
  CACHE_WAIT(
      "sluice.prompt_cache_wait",
      Kind.TIMER,
      "",
      "How long calls waited for another's answer to begin; those that waited only.",
      "route",
      "provider"),
  GATE_SAVED(
      "sluice.prompt_cache_gate_saved_usd",
      Kind.COUNTER,
      "",
      "What calls that waited read instead of writing it as well, in US dollars.",
      "route",
      "provider",
      "role"),
  STAMPEDE_WASTE(
      "sluice.stampede_waste_usd",
      Kind.COUNTER,
      "",
      "What was paid for tokens that another call was writing to the provider's cache, or had"
          + " written, in US dollars.",
      "route",
      "provider",
      "role"),
  PREFIXES("sluice.prompt_cache_prefixes", Kind.GAUGE, "", "Prefixes that the gateway knows of."),
  PREFIX_STATE(
      "sluice.cache_state",
      Kind.GAUGE,
      "",
      "What is believed of a registered prefix: 0 cold, 1 being written, 2 warm, 3 in doubt.",
      "prefix"),
  PREFIX_WRITES(
      "sluice.cache_writes",
      Kind.COUNTER,
      "",
      "Times that a registered prefix was written to its provider's cache.",
      "prefix"),
  PREFIX_WASTE(
      "sluice.cache_waste_usd",
      Kind.COUNTER,
      "",
      "Of a registered prefix, what was paid for tokens that another call was writing, or had"
          + " written, in US dollars.",
      "prefix"),
  PREFIX_SAVED(
      "sluice.cache_saved_usd",
      Kind.COUNTER,
      "",
      "Of a registered prefix, what calls that waited read instead of writing it as well, in US"
          + " dollars.",
      "prefix"),
  ACCOUNT_SPILLS(
      "sluice.account_spills",
      Kind.COUNTER,
      "",
      "Calls on routes with several providers that went past the one that was first in line for"
          + " them: `provider`, and why: pool, refused, overloaded, unreachable.",
      "provider",
      "reason"),
  QUEUE(
      "sluice.queue",
      Kind.TIMER,
      "",
      "How long calls waited for tokens before they were sent or refused; those on a pool only.",
      "team",
      "pool"),
  ESTIMATE_RATIO(
      "sluice.token_estimate_ratio",
      Kind.HISTOGRAM,
      "",
      "Input tokens as the provider counted them over those estimated: 1 is a perfect guess.",
      "provider",
      "model",
      "content"),
  TOKENIZER_DRIFT(
      "sluice.tokenizer_drift",
      Kind.COUNTER,
      "",
      "How often a provider's count of the same kind of text has jumped up.",
      "provider",
      "model",
      "content"),
  POOL_LEVEL(
      "sluice.pool_level",
      Kind.GAUGE,
      "",
      "What a provider's limit would still admit at once, as the gateway believes; negative is"
          + " debt.",
      "pool",
      "limit"),
  POOL_RATE(
      "sluice.pool_rate",
      Kind.GAUGE,
      "",
      "The limit per minute that is in effect: as configured, or lower where the provider says so.",
      "pool",
      "limit"),
  POOL_PAUSED(
      "sluice.pool_paused",
      Kind.GAUGE,
      "seconds",
      "How long nothing is sent yet because the provider asked for a pause.",
      "pool"),
  POOL_WAITING(
      "sluice.pool_waiting", Kind.GAUGE, "", "Calls that wait for tokens now.", "pool", "team"),
  POOL_TOKENS(
      "sluice.pool_tokens",
      Kind.COUNTER,
      "",
      "Tokens that a pool has served, by whether they were the team's guarantee or borrowed.",
      "pool",
      "team",
      "kind"),
  POOL_REFUSED(
      "sluice.pool_refused",
      Kind.COUNTER,
      "",
      "Calls that were refused their tokens, by which limit said so.",
      "pool",
      "team",
      "limit"),
  POOL_SHADOW(
      "sluice.pool_shadow",
      Kind.COUNTER,
      "",
      "Calls that shadow mode let through and that would otherwise have waited or been refused.",
      "pool",
      "team",
      "would"),
  BLAME(
      "sluice.throttle_blame_seconds",
      Kind.COUNTER,
      "",
      "Seconds that calls of one team (`victim`) waited while the other (`cause`) was served more"
          + " than its guarantee; `provider` where the provider had asked for less.",
      "pool",
      "victim",
      "cause"),
  RESERVED_TOKENS(
      "sluice.reserved_tokens",
      Kind.COUNTER,
      "",
      "Tokens that were reserved for calls that have ended; those that a pool let pass only.",
      "team",
      "pool"),
  SETTLED_TOKENS(
      "sluice.settled_tokens",
      Kind.COUNTER,
      "",
      "Tokens that these calls were billed: beside `sluice_reserved_tokens_total`, how good"
          + " reservations are.",
      "team",
      "pool"),
  LEDGER_UP(
      "sluice.ledger_up",
      Kind.GAUGE,
      "",
      "1 while the ledger writes; 0 while it cannot, and keeps what it has in memory."),
  LEDGER_OPEN(
      "sluice.ledger_open_intents",
      Kind.GAUGE,
      "",
      "Calls that are written down as begun and have not been settled."),
  LEDGER_QUEUE("sluice.ledger_queue", Kind.GAUGE, "rows", "Rows that wait to be written."),
  LEDGER_LAG(
      "sluice.ledger_lag",
      Kind.GAUGE,
      "seconds",
      "How long the oldest row that waits to be written has waited."),
  LEDGER_ROWS("sluice.ledger_rows", Kind.COUNTER, "", "Rows written."),
  LEDGER_LOST(
      "sluice.ledger_lost",
      Kind.COUNTER,
      "",
      "What ended and could be kept nowhere since the start, exactly: `calls`, their `tokens` and"
          + " `nano_usd`, and `reads` of calls that others had paid for.",
      "what"),
  LEDGER_UNBOOKED(
      "sluice.ledger_unbooked",
      Kind.COUNTER,
      "",
      "Calls that went on although a crash could have lost them: `no_slot`, or `not_forced` where"
          + " durability is strict.",
      "why"),
  LEDGER_RECOVERED(
      "sluice.ledger_recovered",
      Kind.COUNTER,
      "",
      "What the last start found of the run before: calls that had been settled, calls that were"
          + " closed as estimates, and torn ones.",
      "how"),
  BUDGET_AMOUNT(
      "sluice.budget_amount",
      Kind.GAUGE,
      "",
      "What may be spent in the current period, in the budget's `unit`: usd or tokens.",
      "team",
      "budget",
      "unit"),
  BUDGET_SPENT(
      "sluice.budget_spent",
      Kind.GAUGE,
      "",
      "What has been spent in it, by calls that have ended.",
      "team",
      "budget",
      "unit"),
  BUDGET_HELD(
      "sluice.budget_held",
      Kind.GAUGE,
      "",
      "What is set aside for calls that have not ended.",
      "team",
      "budget",
      "unit"),
  BUDGET_STOPPED(
      "sluice.budget_stopped",
      Kind.COUNTER,
      "",
      "Calls that a budget has stopped, or in shadow would have.",
      "team",
      "budget"),
  BUDGET_UNPRICED(
      "sluice.budget_unpriced",
      Kind.COUNTER,
      "",
      "Ended calls that a budget of money could not count, because their model has no price.",
      "team",
      "budget"),
  JOURNAL(
      "sluice.journal",
      Kind.GAUGE,
      "bytes",
      "Bytes of answers that are held, running or finished."),
  HELD_ANSWERS("sluice.held_answers", Kind.GAUGE, "", "Finished answers that are held."),
  ACCOUNTS_WRITABLE(
      "sluice.accounts_writable",
      Kind.GAUGE,
      "",
      "1 while teams, keys, quotas, budgets and prefixes can be changed over the admin port; 0"
          + " while their store cannot be used."),
  ACTIVE_CALLS("sluice.active_calls", Kind.GAUGE, "", "Calls at work."),
  CLIENT_CONNECTIONS("sluice.client_connections", Kind.GAUGE, "", "Open client connections."),
  UPSTREAM_CONNECTIONS(
      "sluice.upstream_connections",
      Kind.GAUGE,
      "",
      "Open connections to providers, by what they are doing.",
      "provider",
      "state"),
  BODIES_HELD(
      "sluice.bodies_held", Kind.GAUGE, "bytes", "Request body bytes that are held in memory."),
  LOOP_HELD(
      "sluice.loop.held",
      Kind.TIMER,
      "",
      "How long an event loop was held, as seen by a heartbeat of ten a second.",
      "loop"),
  LOOP_HELD_NOW(
      "sluice.loop.held_now",
      Kind.GAUGE,
      "seconds",
      "How long an event loop has been held without having come back yet.",
      "loop"),
  ALLOCATOR_USED(
      "sluice.allocator_used",
      Kind.GAUGE,
      "bytes",
      "Memory taken by Netty's buffer allocator, free parts of its chunks included.",
      "kind"),
  LOG_LINES_DROPPED(
      "sluice.log_lines_dropped",
      Kind.COUNTER,
      "",
      "Log lines that were dropped because they came faster than they could be written."),
  VERSION(
      "sluice.version", Kind.GAUGE, "", "Always 1; the label says which version runs.", "version");

  /** What sort of thing is measured. */
  public enum Kind {
    COUNTER,
    /** Distribution of a number. */
    HISTOGRAM,
    /** Distribution of a time, in seconds. */
    TIMER,
    GAUGE
  }

  private final String meter;
  private final Kind kind;
  private final String unit;
  private final String says;

  @SuppressWarnings("ImmutableEnumChecker") // List.of: it cannot change
  private final List<String> labels;

  MeterName(String meter, Kind kind, String unit, String says, String... labels) {
    this.meter = meter;
    this.kind = kind;
    this.unit = unit;
    this.says = says;
    this.labels = List.of(labels);
  }

  /** Micrometer's name, with dots. */
  String meter() {
    return meter;
  }

  /** Base unit, or empty. */
  String unit() {
    return unit;
  }

  public Kind kind() {
    return kind;
  }

  public String says() {
    return says;
  }

  public List<String> labels() {
    return labels;
  }

  /** The name that Prometheus stores; distributions add {@code _bucket}, {@code _sum}, … to it. */
  public String exposed() {
    String name = meter.replace('.', '_');
    return switch (kind) {
      case COUNTER -> name + "_total";
      case TIMER -> name + "_seconds";
      case HISTOGRAM -> name;
      case GAUGE -> unit.isEmpty() ? name : name + "_" + unit;
    };
  }

  /** All names that a query may use. */
  public List<String> series() {
    String name = exposed();
    return switch (kind) {
      case COUNTER, GAUGE -> List.of(name);
      case HISTOGRAM, TIMER ->
          List.of(name + "_bucket", name + "_count", name + "_sum", name + "_max");
    };
  }

  /** The catalogue as a Markdown table. */
  public static String markdown() {
    var table = new StringBuilder(4096);
    table.append("| metric | kind | labels | what it says |\n|---|---|---|---|\n");
    for (MeterName name : values()) {
      table
          .append("| `")
          .append(name.exposed())
          .append("` | ")
          .append(name.kind == Kind.TIMER ? "histogram" : name.kind.name().toLowerCase(Locale.ROOT))
          .append(" | ")
          .append(name.labels.isEmpty() ? "" : "`" + String.join("`, `", name.labels) + "`")
          .append(" | ")
          .append(name.says)
          .append(" |\n");
    }
    return table.toString();
  }
}
