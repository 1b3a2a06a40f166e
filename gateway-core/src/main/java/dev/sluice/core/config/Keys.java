package dev.sluice.core.config;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.ledger.LedgerSettings;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.team.ApiKeyHash;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.flow.OrphanPolicy;
import dev.sluice.core.flow.RoutePolicy;
import dev.sluice.core.identity.DedupeSettings;
import dev.sluice.core.prefix.GateMode;
import dev.sluice.core.prefix.GateSettings;
import dev.sluice.core.server.ServerSettings;
import dev.sluice.sse.keepalive.KeepAlive;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The catalogue: every setting, once. The parser, {@code check}, the hints, the reference table and
 * the tests of the example file all read it. A new setting is one entry here and one use in {@link
 * Rooms}.
 */
public final class Keys {

  /** Stands in a path for a name that the file chooses. */
  static final String NAME = "<name>";

  // Filled while this class is initialised, and only then: ALL is what others see.
  private static final List<Setting<?>> COLLECTED = new ArrayList<>();

  // ---- listen

  static final Setting.Single<String> LISTEN_ADDRESS =
      text(
          "listen.address",
          Kind.address(),
          "127.0.0.1",
          "Local address of the port for clients; `0.0.0.0` for every network.");
  static final Setting.Single<Integer> LISTEN_PORT =
      integer("listen.port", Kind.integer(0, 65535), 8080, "Port for clients; 0 takes a free one.");
  static final Setting.Single<Integer> LISTEN_EVENT_LOOPS =
      integer(
          "listen.event-loops",
          Kind.integer(0, 256),
          0,
          "Threads that serve connections; 0 is one per core.");
  static final Setting.Single<ServerSettings.Transport> LISTEN_TRANSPORT =
      choice(
          "listen.transport",
          ServerSettings.Transport.class,
          ServerSettings.Transport.AUTO,
          "How sockets are driven; `auto` is epoll where it loads, else NIO.");
  static final Setting.Single<Duration> LISTEN_WARM_UP =
      duration(
          "listen.warm-up",
          "0s",
          "1m",
          "3s",
          "How long the gateway serves calls of its own, from a simulated provider, before its"
              + " ports open, because a JVM is slow with what it has never run; `0s`: not at all.");

  // ---- admin

  static final Setting.Single<String> ADMIN_ADDRESS =
      text(
          "admin.address",
          Kind.address(),
          "127.0.0.1",
          "Local address of the admin port; anything but loopback needs `admin.token` or"
              + " `admin.tokens`.");
  static final Setting.Single<Integer> ADMIN_PORT =
      integer("admin.port", Kind.integer(0, 65535), 9090, "Admin port; 0 takes a free one.");
  static final Setting.Single<String> ADMIN_TOKEN =
      optional(
          "admin.token",
          Kind.secret(16),
          "What admin requests may present as `Authorization: Bearer`, to change things as well;"
              + " none is asked for where neither this nor `admin.tokens` is set.");
  static final Setting.Single<ApiKeyHash> ADMIN_TOKEN_HASH =
      required(
          "admin.tokens.<name>.hash",
          Kind.oneKeyHash(),
          Kind.NO_HASH,
          "Hash of another such token, from `bin/gateway keys generate`; its name stands in the log"
              + " of changes.");
  static final Setting.Single<AdminSettings.Role> ADMIN_TOKEN_ROLE =
      choice(
          "admin.tokens.<name>.role",
          AdminSettings.Role.class,
          AdminSettings.Role.VIEWER,
          "What whoever presents it may do: look, or change things as well.");

  // ---- storage

  static final Setting.Single<String> STORAGE_DIRECTORY =
      text(
          "storage.directory",
          Kind.directory(),
          "sluice-data",
          "Where is kept what must outlive the process: the ledger, what was set over the admin"
              + " port (teams, keys, quotas, budgets, prefixes), and the secret of prefix ids"
              + " (`fingerprint-secret`, which several gateways may have alike). Made if it is not"
              + " there, for its owner alone; one gateway each, on a local disk.");

  // ---- limits

  static final Setting.Single<Long> LIMITS_REQUEST_LINE =
      size("limits.request-line", "512", "64KiB", "8KiB", "Longest request line; beyond it `414`.");
  static final Setting.Single<Long> LIMITS_HEAD =
      size("limits.head", "1KiB", "1MiB", "32KiB", "All header fields together; beyond it `431`.");
  static final Setting.Single<Integer> LIMITS_HEAD_FIELDS =
      integer(
          "limits.head-fields",
          Kind.integer(10, 10000),
          100,
          "Number of header fields; beyond it `431`.");
  static final Setting.Single<Long> LIMITS_BODY =
      size("limits.body", "1KiB", "1GiB", "32MiB", "Longest request body; beyond it `413`.");
  static final Setting.Single<Long> LIMITS_BODIES_TOTAL =
      size(
          "limits.bodies-total",
          "1MiB",
          "1024GiB",
          "512MiB",
          "All request bodies held at once; beyond it `503`.");
  static final Setting.Single<Duration> LIMITS_HEAD_TIME =
      duration(
          "limits.head-time",
          "50ms",
          "10m",
          "10s",
          "From the first byte of a request to the end of its head; beyond it `408`.");
  static final Setting.Single<Long> LIMITS_BODY_RATE_MIN =
      size(
          "limits.body-rate-min",
          "0",
          "1GiB",
          "1KiB",
          "Bytes per second that an upload must average once `head-time` is over; below it `408`.");
  static final Setting.Single<Duration> LIMITS_CLIENT_IDLE =
      duration(
          "limits.client-idle",
          "50ms",
          "24h",
          "630s",
          "A client connection without a request is closed after this; clients are told.");
  static final Setting.Single<Duration> LIMITS_WRITE_STALL =
      duration(
          "limits.write-stall",
          "50ms",
          "24h",
          "60s",
          "A client that takes no byte for this long is taken to be gone.");
  static final Setting.Single<Integer> LIMITS_CONNECTIONS =
      integer(
          "limits.connections",
          Kind.integer(1, 10000000),
          20000,
          "Open client connections in all; beyond it new ones are closed at once.");
  static final Setting.Single<Integer> LIMITS_REQUESTS_PER_CONNECTION =
      integer(
          "limits.requests-per-connection",
          Kind.integer(1, 1000000000),
          100000,
          "After so many requests a client connection is closed, politely.");
  static final Setting.Single<Duration> LIMITS_DRAIN =
      duration(
          "limits.drain",
          "0s",
          "24h",
          "30s",
          "How long streams may go on after a stop was asked for.");

  // ---- log, streams

  static final Setting.Single<Boolean> LOG_CALLS =
      bool("log.calls", true, "One line in the log for each ended call.");

  static final KeepAliveKeys STREAMS_KEEP_ALIVE = KeepAliveKeys.of("streams.keep-alive", "");

  static final Setting.Single<Boolean> RESUME_ENABLED =
      bool(
          "streams.resume.enabled",
          true,
          "Hold answers, so that a reconnect or a retry is served from them.");
  static final Setting.Single<Duration> RESUME_WINDOW =
      duration("streams.resume.window", "0s", "24h", "120s", "How long a finished answer is held.");
  static final Setting.Single<Long> RESUME_PER_CALL =
      size(
          "streams.resume.per-call",
          "64KiB",
          "1GiB",
          "8MiB",
          "Bytes of one answer that are held; beyond it the call goes on, but cannot be resumed.");
  static final Setting.Single<Long> RESUME_TOTAL =
      collect(
          "streams.resume.total",
          Kind.size("0", "1024GiB"),
          0L,
          "a quarter of the direct memory",
          false,
          "Bytes of all held answers together; 0 is the default.");
  static final Setting.Single<Duration> RESUME_TOKEN_LIFE =
      duration(
          "streams.resume.token-life",
          "1s",
          "24h",
          "10m",
          "How long a `Sluice-Resume-Token`, with which a browser fetches a stream, is valid.");
  static final Setting.Several<String> RESUME_CORS_ORIGINS =
      list(
          "streams.resume.cors-origins",
          Origins.kind(),
          "Origins whose pages may read `/v1/streams/{id}`, such as `https://app.example.com`; `*`"
              + " for all.");

  // ---- dedupe, orphans

  static final Setting.Several<String> DEDUPE_ID_HEADERS =
      list(
          "dedupe.id-headers",
          IdHeaders.kind(),
          IdHeaders.USUAL,
          "`" + String.join("`, `", IdHeaders.USUAL) + "`",
          "Header fields that may hold the id of a call; the first present one does. None with"
              + " `[]`.");
  static final Setting.Single<Duration> DEDUPE_ADOPT_WINDOW =
      duration(
          "dedupe.adopt-window",
          "0s",
          "1h",
          "30s",
          "How long after its client has left a call may be adopted by an equal request without an"
              + " id; `0s` is never. At most `streams.resume.window`.");
  static final Setting.Single<DedupeSettings.OnConcurrent> DEDUPE_ON_CONCURRENT =
      choice(
          "dedupe.on-concurrent",
          DedupeSettings.OnConcurrent.class,
          DedupeSettings.OnConcurrent.JOIN,
          "What becomes of a request with the id of a call in flight: it reads the same answer, or"
              + " is refused with `409`.");

  static final OrphanKeys ORPHANS = OrphanKeys.of("orphans", "", "");

  // ---- prompt-cache

  static final Setting.Single<GateMode> PROMPT_CACHE_GATE =
      choice(
          "prompt-cache.gate",
          GateMode.class,
          GateSettings.DEFAULT.mode(),
          "What is done about calls with one prompt prefix that is not in the provider's cache:"
              + " `on`, one writes it and the others wait until its answer begins; `observe`, all"
              + " pass, and what that wastes is counted; `off`, nothing.");
  static final Setting.Single<Duration> PROMPT_CACHE_MAX_WAIT =
      duration(
          "prompt-cache.max-wait",
          "50ms",
          "5m",
          "8s",
          "Longest a call waits for another's answer to begin; it is less where answers usually"
              + " begin sooner. Then it passes.");
  static final Setting.Single<Integer> PROMPT_CACHE_PREFIXES =
      integer(
          "prompt-cache.prefixes",
          Kind.integer(100, 1_000_000),
          GateSettings.DEFAULT.prefixesMax(),
          "Prefixes known at a time; the least used are forgotten.");
  static final Setting.Single<Boolean> KEEP_WARM_LEARNED =
      bool(
          "prompt-cache.keep-warm.learned",
          false,
          "Whether prefixes that nobody registered are kept warm as well, after use and for as long"
              + " as it pays.");
  static final Setting.Single<Long> KEEP_WARM_BUDGET =
      collect(
          "prompt-cache.keep-warm.budget",
          Kind.dollars(),
          0L,
          "`$0`",
          false,
          "What all refreshes of a UTC day may cost; with `$0` none is sent. Before each, the price"
              + " of a write is taken from it, so it must be more than that. Counted over"
              + " restarts.");

  // ---- keys

  static final Setting.Single<String> KEYS_SECRET =
      optional(
          "keys.secret",
          Kind.secret(16),
          "Secret under which key hashes are made, so that a stolen file cannot be checked against;"
              + " changing it makes all hashes void.");

  // ---- teams

  static final Setting.Several<ApiKeyHash> TEAM_KEYS =
      list(
          "teams.<name>.keys",
          Kind.keyHash(),
          "Hashes of the team's keys, from `bin/gateway keys generate`.");
  static final Setting.Single<Boolean> TEAM_HOLD_ANSWERS =
      bool(
          "teams.<name>.hold-answers",
          true,
          "Whether answers of this team may be held in memory for reconnects and retries.");

  // ---- budgets

  static final Setting.Single<Allowance> BUDGET_AMOUNT =
      required(
          "teams.<name>.budgets.<name>.amount",
          Kind.allowance(),
          Allowance.MEANWHILE,
          "What the team may spend in the time: dollars, such as `$500`, or tokens, such as"
              + " `20M`.");
  static final Setting.Single<BudgetRule.Period> BUDGET_PER =
      choice(
          "teams.<name>.budgets.<name>.per",
          BudgetRule.Period.class,
          BudgetRule.Period.MONTH,
          "The time, which begins anew at midnight UTC, or on the first of the month.");
  static final Setting.Single<Integer> BUDGET_WARN =
      integer(
          "teams.<name>.budgets.<name>.warn-percent",
          Kind.percent(1, 100),
          80,
          "Once so much of it is spent, the log says so.");
  static final Setting.Single<Mode> BUDGET_MODE =
      choice(
          "teams.<name>.budgets.<name>.mode",
          Mode.class,
          Mode.ENFORCE,
          "`shadow` counts and reports, and lets everything through.");

  // ---- providers

  static final Setting.Single<URI> PROVIDER_BASE_URL =
      required(
          "providers.<name>.base-url",
          Kind.baseUrl(),
          URI.create("http://localhost"),
          "Where the provider is, without the API's own `/v1` or `/v1beta`.");
  static final Setting.Single<String> PROVIDER_KEY =
      optional(
          "providers.<name>.key",
          Kind.secret(1),
          "The gateway's own key for the provider; none for servers that ask for none, and where"
              + " clients' keys are passed through.");
  static final Setting.Single<String> PROVIDER_TRUSTED_CERTIFICATES =
      optional(
          "providers.<name>.trusted-certificates",
          Kind.file(),
          "PEM file of certificate authorities to trust besides those of the system.");
  static final Setting.Single<Duration> PROVIDER_CONNECT_TIMEOUT =
      duration(
          "providers.<name>.connect-timeout",
          "10ms",
          "5m",
          "5s",
          "Name resolution, TCP and TLS together.");
  static final Setting.Single<Integer> PROVIDER_CONNECTIONS =
      integer(
          "providers.<name>.connections",
          Kind.integer(1, 1000000),
          1024,
          "Open connections to the provider; divided evenly among the event loops, at least 1"
              + " each.");
  static final Setting.Single<Integer> PROVIDER_QUEUE =
      integer(
          "providers.<name>.queue",
          Kind.integer(0, 1000000),
          1024,
          "Requests that may wait for a connection; divided evenly among the event loops, at least"
              + " 1 each unless 0.");
  static final Setting.Single<Duration> PROVIDER_QUEUE_TIMEOUT =
      duration(
          "providers.<name>.queue-timeout", "1ms", "10m", "10s", "How long one of them may wait.");
  static final Setting.Single<Duration> PROVIDER_IDLE =
      duration(
          "providers.<name>.idle",
          "50ms",
          "24h",
          "50s",
          "A connection unused for this long is closed; keep it below the provider's own limit.");
  static final Setting.Single<Duration> PROVIDER_AGE =
      duration(
          "providers.<name>.age",
          "1s",
          "24h",
          "1h",
          "A connection older than this takes no new request.");
  static final Setting.Single<String> PROVIDER_PRICES =
      text(
          "providers.<name>.prices",
          PriceTags.kind(),
          PriceTags.AUTO,
          "Whose prices its models have, as the price table calls the provider; `auto` goes by the"
              + " host.");
  static final OrphanKeys PROVIDER_ORPHANS =
      OrphanKeys.of("providers.<name>.orphans", "For this provider: ", "that of `orphans.%s`");

  // ---- pools

  static final Setting.Single<String> POOL_PROVIDER =
      required(
          "pools.<name>.provider",
          Kind.nameFrom("providers"),
          "",
          "Whose limit this is: one account of one provider.");
  static final Setting.Several<String> POOL_MODELS =
      list(
          "pools.<name>.models",
          Kind.model(),
          "Models that share the limit, as patterns such as `claude-sonnet-*`; all of the provider"
              + " where none is listed. A model belongs to the first pool that names it.");
  static final Setting.Single<PoolsDraft.CountingChoice> POOL_COUNTING =
      choice(
          "pools.<name>.counting",
          PoolsDraft.CountingChoice.class,
          PoolsDraft.CountingChoice.AUTO,
          "How the provider counts tokens against its limit; `auto` goes by the host in its"
              + " base-url, `plain` counts what is used.");
  static final Setting.Single<Long> POOL_REQUESTS =
      amount("pools.<name>.requests-per-minute", "Requests; 0 where there is no such limit.");
  static final Setting.Single<Long> POOL_INPUT =
      amount(
          "pools.<name>.input-tokens-per-minute", "Input tokens; 0 where there is no such limit.");
  static final Setting.Single<Long> POOL_OUTPUT =
      amount(
          "pools.<name>.output-tokens-per-minute",
          "Output tokens; 0 where there is no such limit.");
  static final Setting.Single<Long> POOL_TOKENS =
      amount(
          "pools.<name>.tokens-per-minute",
          "Input and output together; 0 where there is no such limit.");
  static final Setting.Single<Duration> POOL_BURST =
      duration(
          "pools.<name>.burst",
          "100ms",
          "60s",
          "10s",
          "How much may go at once after a pause, in time's worth of each limit.");
  static final Setting.Single<Mode> POOL_MODE =
      choice(
          "pools.<name>.mode",
          Mode.class,
          Mode.ENFORCE,
          "`shadow` counts and reports, and lets everything through.");
  static final Setting.Single<Duration> POOL_MAX_WAIT =
      duration(
          "pools.<name>.max-wait",
          "0s",
          "10m",
          "30s",
          "How long a request waits for tokens before it is refused with `429`.");
  static final Setting.Single<Integer> POOL_QUEUE =
      integer(
          "pools.<name>.queue",
          Kind.integer(1, 1000000),
          1024,
          "Requests of one team that may wait; beyond it `429` at once.");

  // ---- quotas

  static final Setting.Single<Long> QUOTA_GUARANTEED =
      amount(
          "teams.<name>.quotas.<name>.guaranteed",
          "On the pool of this name: tokens per minute that are the team's whenever it wants them,"
              + " in the pool's main limit (`tokens-per-minute`, else input, else output, else"
              + " requests); the same share of each other limit. What it does not use is lent.");
  static final Setting.Single<Long> QUOTA_CEILING =
      amount(
          "teams.<name>.quotas.<name>.ceiling",
          "Tokens per minute that the team never exceeds, borrowing included; 0 for none.");
  static final Setting.Single<Integer> QUOTA_WEIGHT =
      integer(
          "teams.<name>.quotas.<name>.weight",
          Kind.integer(1, 1000),
          1,
          "How what is lent is shared among those who wait for it.");
  static final Setting.Single<Lane> QUOTA_LANE =
      choice(
          "teams.<name>.quotas.<name>.lane",
          Lane.class,
          Lane.INTERACTIVE,
          "`batch` borrows only what no `interactive` team waits for.");
  static final Setting.Single<Duration> QUOTA_MAX_WAIT =
      inherited(
          "teams.<name>.quotas.<name>.max-wait",
          POOL_MAX_WAIT.kind(),
          POOL_MAX_WAIT,
          "How long a request of the team waits before it is refused.");
  static final Setting.Single<Long> QUOTA_BURST =
      amount(
          "teams.<name>.quotas.<name>.burst",
          "Tokens of its guarantee that the team can save up; 0 is its share of the pool's.");
  static final Setting.Single<Mode> QUOTA_MODE =
      choice(
          "teams.<name>.quotas.<name>.mode",
          Mode.class,
          Mode.ENFORCE,
          "`shadow` counts and reports, and lets the team's requests through.");

  // ---- prices

  static final Setting.Single<String> PRICES_FILE =
      collect(
          "prices.file",
          Kind.file(),
          "",
          "the shipped table",
          false,
          "What tokens cost: a price file, or LiteLLM's `model_prices_and_context_window.json`, in"
              + " the place of the table that is shipped.");
  static final Setting.Several<String> PRICES_OVERRIDES =
      list(
          "prices.overrides",
          Kind.files(),
          "Price files that are laid over it, each over those before: contracts, promotions, models"
              + " of your own.");

  // ---- ledger

  static final Setting.Single<LedgerSettings.Durability> LEDGER_DURABILITY =
      choice(
          "ledger.durability",
          LedgerSettings.Durability.class,
          LedgerSettings.Durability.RELAXED,
          "`strict` forwards no call before its intent is on the disk, so that not even a power cut"
              + " loses one; `relaxed` waits for nothing and survives `kill -9`.");
  static final Setting.Single<Integer> LEDGER_IN_FLIGHT =
      integer(
          "ledger.in-flight",
          Kind.integer(16, LedgerSettings.IN_FLIGHT_MAX),
          16384,
          "Calls at a time that a crash cannot lose; each takes 2.25 KiB of the disk.");
  static final Setting.Single<Integer> LEDGER_KEEP_DAYS =
      integer(
          "ledger.keep-days",
          Kind.integer(1, 36500),
          400,
          "How long single calls are kept; hourly sums stay.");

  // ---- tags

  static final Setting.Several<String> TAGS_FIELDS =
      list(
          "tags.fields",
          IdHeaders.tagKind(),
          "Header fields whose values go into the books with a call, besides `Sluice-Run-Id` and"
              + " its like; usage can be asked for by them.");

  // ---- routes

  static final Setting.Single<Route.Family> ROUTE_API =
      required(
          "routes.<name>.api",
          Kind.choice(Route.Family.class),
          Route.Family.OPENAI,
          "Which API is spoken, by clients and provider alike.");
  static final Setting.OneOrMore<String> ROUTE_PROVIDER =
      oneOrMore(
          "routes.<name>.provider",
          Kind.nameFrom("providers"),
          Kind.namesFrom("providers"),
          "",
          "Name of the provider that serves the route; or several, at most 16, which are accounts"
              + " or deployments of the same API that serve the same models.");
  static final Setting.Single<String> ROUTE_PREFIX =
      optional(
          "routes.<name>.prefix",
          Kind.prefix(),
          "Path prefix that selects the route and is removed before forwarding, such as `/groq`.");
  static final Setting.Single<RoutePolicy.Clients> ROUTE_CLIENTS =
      choice(
          "routes.<name>.clients",
          RoutePolicy.Clients.class,
          RoutePolicy.Clients.KEYS,
          "How clients show who they are: by a team's key, by a provider's key that is passed"
              + " through, or not at all.");
  static final Setting.Single<String> ROUTE_TEAM =
      optional(
          "routes.<name>.team",
          Kind.nameFrom("teams"),
          "Team that all requests belong to; for `clients: open` and `pass-through`.");
  static final Setting.Several<String> ROUTE_MODELS =
      list(
          "routes.<name>.models",
          Kind.model(),
          "Models that may be asked for, as patterns such as `gpt-*`; any where none is listed.");
  static final Setting.Single<Boolean> ROUTE_ASK_FOR_USAGE =
      bool(
          "routes.<name>.ask-for-usage",
          true,
          "Ask for the usage of streams where the client did not, and keep the extra event from the"
              + " client; `api: openai` only.");
  static final Setting.Single<Duration> ROUTE_FIRST_BYTE_TIMEOUT =
      duration(
          "routes.<name>.first-byte-timeout",
          "50ms",
          "24h",
          "600s",
          "From the request being sent to the head of the provider's answer.");
  static final Setting.Single<Duration> ROUTE_IDLE_LIMIT =
      duration(
          "routes.<name>.idle-limit",
          "50ms",
          "24h",
          "300s",
          "Longest time without content from the provider in the middle of an answer; comments are"
              + " not content.");
  static final Setting.Single<Duration> ROUTE_TOTAL_TIMEOUT =
      duration("routes.<name>.total-timeout", "50ms", "168h", "3600s", "Longest a call may last.");
  static final Setting.Single<Long> ROUTE_BODY =
      inherited(
          "routes.<name>.body",
          LIMITS_BODY.kind(),
          LIMITS_BODY,
          "Longest request body of this route; beyond it `413`.");
  static final KeepAliveKeys ROUTE_KEEP_ALIVE =
      KeepAliveKeys.of("routes.<name>.keep-alive", "For this route: ");
  static final OrphanKeys ROUTE_ORPHANS =
      OrphanKeys.of(
          "routes.<name>.orphans",
          "For this route: ",
          "that of its provider, else of `orphans.%s`");

  /** Every setting, in the order of the reference table. */
  static final List<Setting<?>> ALL = List.copyOf(COLLECTED);

  /** The same as a tree. */
  static final Section ROOT = Section.of(ALL);

  private Keys() {}

  /** The settings of one {@code keep-alive} group; the same stand in two places. */
  record KeepAliveKeys(
      Setting.Single<Boolean> enabled,
      Setting.Single<Duration> interval,
      Setting.Single<Integer> jitterPercent,
      Setting.Single<KeepAlive.Style> style,
      Setting.Single<Duration> firstByteAfter,
      Setting.Single<Boolean> json) {

    private static KeepAliveKeys of(String path, String scope) {
      @Nullable KeepAliveKeys over = scope.isEmpty() ? null : STREAMS_KEEP_ALIVE;
      return new KeepAliveKeys(
          here(
              path + ".enabled",
              Kind.bool(),
              true,
              over == null ? null : over.enabled,
              scope + "whether anything is written into a silence."),
          here(
              path + ".interval",
              Kind.duration("50ms", "5m"),
              Kind.durationOf("15s"),
              over == null ? null : over.interval,
              scope + "silence after which something is written."),
          here(
              path + ".jitter-percent",
              Kind.percent(0, 50),
              20,
              over == null ? null : over.jitterPercent,
              scope
                  + "how far each wait is moved at random, so that streams do not write in step."),
          here(
              path + ".style",
              Kind.choice(KeepAlive.Style.class),
              KeepAlive.Style.AUTO,
              over == null ? null : over.style,
              scope
                  + "a comment, or the API's own event for it (`native`; Anthropic's `ping`);"
                  + " `auto` takes what its clients bear."),
          here(
              path + ".first-byte-after",
              Kind.duration("50ms", "10m"),
              Kind.durationOf("10s"),
              over == null ? null : over.firstByteAfter,
              scope
                  + "silence before the provider's answer after which `200` is committed, so that"
                  + " comments can flow."),
          here(
              path + ".json",
              Kind.bool(),
              false,
              over == null ? null : over.json,
              scope + "keep JSON answers alive too, by white space before the body."));
    }

    private static <T> Setting.Single<T> here(
        String path, Kind<T> kind, T fallback, Setting.@Nullable Single<T> over, String sentence) {
      String capital = Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1);
      return over == null
          ? collect(path, kind, fallback, Keys.text(fallback), false, capital)
          : inherited(path, kind, over, capital);
    }

    List<Setting<?>> all() {
      return List.of(enabled, interval, jitterPercent, style, firstByteAfter, json);
    }
  }

  /** The settings of one {@code orphans} group; the same stand in three places. */
  record OrphanKeys(Setting.Single<OrphanPolicy.Kind> policy, Setting.Single<Duration> grace) {

    /**
     * @param otherwise where values come from that are not given, {@code %s} being the last part;
     *     empty where that is the defaults
     */
    private static OrphanKeys of(String path, String scope, String otherwise) {
      return new OrphanKeys(
          here(
              path + ".policy",
              Kind.choice(OrphanPolicy.Kind.class),
              OrphanPolicy.Kind.BUDGET,
              otherwise,
              scope
                  + "what becomes of a call whose last client has left: on until it has cost as"
                  + " much as asking again would (`budget`), on for the grace (`cancel`), or to its"
                  + " end (`finish`)."),
          here(
              path + ".grace",
              Kind.duration("0s", "1h"),
              Kind.durationOf("10s"),
              otherwise,
              scope + "under `cancel`, how long the call still goes on."));
    }

    private static <T> Setting.Single<T> here(
        String path, Kind<T> kind, T fallback, String otherwise, String sentence) {
      String leaf = path.substring(path.lastIndexOf('.') + 1);
      return collect(
          path,
          kind,
          fallback,
          otherwise.isEmpty() ? text(fallback) : otherwise.formatted(leaf),
          false,
          Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1));
    }
  }

  /**
   * A group of settings.
   *
   * @param path full name; empty for the whole file
   * @param sections groups inside; the only one is {@link #NAME} where the file chooses names
   */
  record Section(String path, Map<String, Section> sections, Map<String, Setting<?>> settings) {

    private static Section of(Collection<Setting<?>> all) {
      Section root = new Section("", new LinkedHashMap<>(), new LinkedHashMap<>());
      for (Setting<?> setting : all) {
        Section section = root;
        String[] parts = setting.path().split("\\.", -1);
        for (int i = 0; i < parts.length - 1; i++) {
          String path = section.path.isEmpty() ? parts[i] : section.path + "." + parts[i];
          section =
              section.sections.computeIfAbsent(
                  parts[i], p -> new Section(path, new LinkedHashMap<>(), new LinkedHashMap<>()));
        }
        section.settings.put(setting.leaf(), setting);
      }
      return root;
    }

    /** What may stand inside a name that the file chooses; null where it chooses none. */
    @Nullable Section named() {
      return sections.get(NAME);
    }

    /** All keys that may stand here. */
    List<String> names() {
      List<String> names = new ArrayList<>(settings.keySet());
      names.addAll(sections.keySet());
      return names;
    }
  }

  /** The reference table: one row per setting. */
  public static String markdown() {
    StringBuilder table = new StringBuilder();
    table.append("| setting | type | allowed | default | what it does |\n");
    table.append("|---|---|---|---|---|\n");
    for (Setting<?> s : ALL) {
      table
          .append("| `")
          .append(s.path())
          .append("` | ")
          .append(s.kind().type())
          .append(" | ")
          .append(s.kind().allowed())
          .append(" | ")
          .append(s.fallbackText())
          .append(" | ")
          .append(s.sentence())
          .append(" |\n");
    }
    return table.toString();
  }

  // ---- making entries

  private static Setting.Single<String> text(
      String path, Kind<String> kind, String fallback, String sentence) {
    return collect(path, kind, fallback, text(fallback), false, sentence);
  }

  private static Setting.Single<Integer> integer(
      String path, Kind<Integer> kind, int fallback, String sentence) {
    return collect(path, kind, fallback, text(fallback), false, sentence);
  }

  private static Setting.Single<Boolean> bool(String path, boolean fallback, String sentence) {
    return collect(path, Kind.bool(), fallback, text(fallback), false, sentence);
  }

  private static Setting.Single<Duration> duration(
      String path, String min, String max, String fallback, String sentence) {
    return collect(
        path,
        Kind.duration(min, max),
        Kind.durationOf(fallback),
        "`" + fallback + "`",
        false,
        sentence);
  }

  private static Setting.Single<Long> size(
      String path, String min, String max, String fallback, String sentence) {
    return collect(
        path, Kind.size(min, max), Kind.bytes(fallback), "`" + fallback + "`", false, sentence);
  }

  /** Per minute, or at once; 0 is none. */
  private static Setting.Single<Long> amount(String path, String sentence) {
    return collect(path, Kind.amount("0", "500M"), 0L, "`0`", false, sentence);
  }

  private static <E extends Enum<E>> Setting.Single<E> choice(
      String path, Class<E> type, E fallback, String sentence) {
    return collect(path, Kind.choice(type), fallback, text(fallback), false, sentence);
  }

  /** A text that may be left out or empty, which means none. */
  private static Setting.Single<String> optional(String path, Kind<String> kind, String sentence) {
    return collect(path, kind, "", "none", false, sentence);
  }

  private static <T> Setting.Single<T> required(
      String path, Kind<T> kind, T meanwhile, String sentence) {
    return collect(path, kind, meanwhile, "required", true, sentence);
  }

  private static <T> Setting.OneOrMore<T> oneOrMore(
      String path, Kind<T> item, Kind<T> whole, T meanwhile, String sentence) {
    var setting = new Setting.OneOrMore<>(path, item, whole, meanwhile, sentence);
    COLLECTED.add(setting);
    return setting;
  }

  private static <T> Setting.Single<T> inherited(
      String path, Kind<T> kind, Setting.Single<T> from, String sentence) {
    return collect(path, kind, from.fallback(), "that of `" + from.path() + "`", false, sentence);
  }

  private static <T> Setting.Several<T> list(String path, Kind<T> kind, String sentence) {
    return list(path, kind, List.of(), "none", sentence);
  }

  private static <T> Setting.Several<T> list(
      String path, Kind<T> kind, List<T> fallback, String fallbackText, String sentence) {
    var setting = new Setting.Several<>(path, kind, fallback, fallbackText, sentence);
    COLLECTED.add(setting);
    return setting;
  }

  private static <T> Setting.Single<T> collect(
      String path,
      Kind<T> kind,
      T fallback,
      String fallbackText,
      boolean isRequired,
      String sentence) {
    var setting = new Setting.Single<T>(path, kind, fallback, fallbackText, isRequired, sentence);
    COLLECTED.add(setting);
    return setting;
  }

  private static String text(Object value) {
    return switch (value) {
      case Duration duration -> "`" + Kind.text(duration) + "`";
      case Enum<?> constant -> "`" + Kind.text(constant) + "`";
      default -> "`" + value + "`";
    };
  }
}
