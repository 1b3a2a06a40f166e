package dev.sluice.core.config;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.ledger.LedgerSettings;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.team.ApiKeyHash;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.billing.team.Team;
import dev.sluice.billing.team.TeamDirectory;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.team.TeamKey;
import dev.sluice.core.config.Keys.KeepAliveKeys;
import dev.sluice.core.config.Keys.OrphanKeys;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.flow.OrphanPolicy;
import dev.sluice.core.flow.ProviderAccount;
import dev.sluice.core.flow.RoutePolicy;
import dev.sluice.core.identity.DedupeSettings;
import dev.sluice.core.server.ServerSettings;
import dev.sluice.core.upstream.UpstreamSettings;
import dev.sluice.core.warm.KeepWarmSettings;
import dev.sluice.sse.keepalive.KeepAlive;
import dev.sluice.sse.replay.ResumeSettings;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a file says, each value with its line: read here, checked by {@link
 * Combinations}, and, if nothing is wrong, turned into the rooms' own settings by {@link #build}.
 */
record Draft(
    Listen listen,
    Admin admin,
    Found<String> storage,
    Limits limits,
    Found<Boolean> logCalls,
    FoundList<String> tagFields,
    Books ledger,
    Resume resume,
    Dedupe dedupe,
    OrphansDraft orphans,
    WarmDraft keepWarm,
    Found<String> keySecret,
    Map<String, TeamDraft> teams,
    Map<String, ProviderDraft> providers,
    PoolsDraft pools,
    PricesDraft prices,
    PromptCacheDraft promptCache,
    Map<String, RouteDraft> routes) {

  record Listen(
      Found<String> address,
      Found<Integer> port,
      Found<Integer> eventLoops,
      Found<ServerSettings.Transport> transport,
      Found<Duration> warmUp) {}

  record Admin(
      Found<String> address,
      Found<Integer> port,
      Found<String> token,
      Map<String, TokenDraft> tokens) {}

  /**
   * @param line of the name
   */
  record TokenDraft(int line, Found<ApiKeyHash> hash, Found<AdminSettings.Role> role) {}

  record Limits(
      Found<Long> requestLine,
      Found<Long> head,
      Found<Integer> headFields,
      Found<Long> body,
      Found<Long> bodiesTotal,
      Found<Duration> headTime,
      Found<Long> bodyRateMin,
      Found<Duration> clientIdle,
      Found<Duration> writeStall,
      Found<Integer> connections,
      Found<Integer> requestsPerConnection,
      Found<Duration> drain) {}

  record Resume(
      Found<Boolean> enabled,
      Found<Duration> window,
      Found<Long> perCall,
      Found<Long> total,
      Found<Duration> tokenLife,
      FoundList<String> corsOrigins) {}

  record Books(
      Found<LedgerSettings.Durability> durability,
      Found<Integer> inFlight,
      Found<Integer> keepDays) {}

  record Dedupe(
      FoundList<String> idHeaders,
      Found<Duration> adoptWindow,
      Found<DedupeSettings.OnConcurrent> onConcurrent) {}

  record WarmDraft(Found<Boolean> learned, Found<Long> budget) {}

  record OrphansDraft(Found<OrphanPolicy.Kind> policy, Found<Duration> grace) {}

  /**
   * @param line of the name
   */
  record TeamDraft(
      int line,
      FoundList<ApiKeyHash> keys,
      Found<Boolean> holdAnswers,
      Map<String, BudgetDraft> budgets) {}

  record BudgetDraft(
      Found<Allowance> amount,
      Found<BudgetRule.Period> per,
      Found<Integer> warnPercent,
      Found<Mode> mode) {}

  /**
   * @param line of the name
   */
  record ProviderDraft(
      int line,
      Found<URI> baseUrl,
      Found<String> key,
      Found<String> trustedCertificates,
      Found<Duration> connectTimeout,
      Found<Integer> connections,
      Found<Integer> queue,
      Found<Duration> queueTimeout,
      Found<Duration> idle,
      Found<Duration> age,
      Found<String> prices,
      OrphansDraft orphans) {}

  record KeepAliveDraft(
      Found<Boolean> enabled,
      Found<Duration> interval,
      Found<Integer> jitterPercent,
      Found<KeepAlive.Style> style,
      Found<Duration> firstByteAfter,
      Found<Boolean> json) {}

  /**
   * @param line of the name
   */
  record RouteDraft(
      int line,
      Found<Route.Family> api,
      FoundList<String> providers,
      Found<String> prefix,
      Found<RoutePolicy.Clients> clients,
      Found<String> team,
      FoundList<String> models,
      Found<Boolean> askForUsage,
      Found<Duration> firstByteTimeout,
      Found<Duration> idleLimit,
      Found<Duration> totalTimeout,
      Found<Long> body,
      KeepAliveDraft keepAlive,
      OrphansDraft orphans) {}

  /** Rows are kept in memory while the disk takes none: at about a kilobyte each. */
  private static final int LEDGER_QUEUE_ROWS = 100_000;

  // ---- reading

  static Draft read(Reading file) {
    Limits limits = limits(file);
    KeepAliveDraft keepAlive = keepAlive(file, Keys.STREAMS_KEEP_ALIVE, "", null);
    Map<String, TeamDraft> teams = new LinkedHashMap<>();
    file.names("teams")
        .forEach(
            (name, line) ->
                teams.put(
                    name,
                    new TeamDraft(
                        line,
                        file.all(Keys.TEAM_KEYS, name),
                        file.get(Keys.TEAM_HOLD_ANSWERS, name),
                        budgets(file, name))));
    OrphansDraft orphans = orphans(file, Keys.ORPHANS, "", null);
    Map<String, ProviderDraft> providers = new LinkedHashMap<>();
    file.names("providers")
        .forEach((name, line) -> providers.put(name, provider(file, name, line, orphans)));
    Map<String, RouteDraft> routes = new LinkedHashMap<>();
    file.names("routes")
        .forEach(
            (name, line) ->
                routes.put(
                    name,
                    route(
                        file,
                        name,
                        line,
                        limits,
                        keepAlive,
                        provider -> {
                          ProviderDraft known = providers.get(provider);
                          return known == null ? orphans : known.orphans;
                        })));
    return new Draft(
        new Listen(
            file.get(Keys.LISTEN_ADDRESS),
            file.get(Keys.LISTEN_PORT),
            file.get(Keys.LISTEN_EVENT_LOOPS),
            file.get(Keys.LISTEN_TRANSPORT),
            file.get(Keys.LISTEN_WARM_UP)),
        admin(file),
        file.get(Keys.STORAGE_DIRECTORY),
        limits,
        file.get(Keys.LOG_CALLS),
        file.all(Keys.TAGS_FIELDS),
        new Books(
            file.get(Keys.LEDGER_DURABILITY),
            file.get(Keys.LEDGER_IN_FLIGHT),
            file.get(Keys.LEDGER_KEEP_DAYS)),
        resume(file),
        dedupe(file),
        orphans,
        new WarmDraft(file.get(Keys.KEEP_WARM_LEARNED), file.get(Keys.KEEP_WARM_BUDGET)),
        file.get(Keys.KEYS_SECRET),
        teams,
        providers,
        PoolsDraft.read(file),
        PricesDraft.read(file),
        PromptCacheDraft.read(file),
        routes);
  }

  private static Admin admin(Reading file) {
    Map<String, TokenDraft> tokens = new LinkedHashMap<>();
    file.names("admin", "tokens")
        .forEach(
            (name, line) ->
                tokens.put(
                    name,
                    new TokenDraft(
                        line,
                        file.get(Keys.ADMIN_TOKEN_HASH, name),
                        file.get(Keys.ADMIN_TOKEN_ROLE, name))));
    return new Admin(
        file.get(Keys.ADMIN_ADDRESS),
        file.get(Keys.ADMIN_PORT),
        file.get(Keys.ADMIN_TOKEN),
        tokens);
  }

  private static Map<String, BudgetDraft> budgets(Reading file, String team) {
    Map<String, BudgetDraft> budgets = new LinkedHashMap<>();
    for (String name : file.names("teams", team, "budgets").keySet()) {
      budgets.put(
          name,
          new BudgetDraft(
              file.get(Keys.BUDGET_AMOUNT, team, name),
              file.get(Keys.BUDGET_PER, team, name),
              file.get(Keys.BUDGET_WARN, team, name),
              file.get(Keys.BUDGET_MODE, team, name)));
    }
    return budgets;
  }

  private static Limits limits(Reading file) {
    return new Limits(
        file.get(Keys.LIMITS_REQUEST_LINE),
        file.get(Keys.LIMITS_HEAD),
        file.get(Keys.LIMITS_HEAD_FIELDS),
        file.get(Keys.LIMITS_BODY),
        file.get(Keys.LIMITS_BODIES_TOTAL),
        file.get(Keys.LIMITS_HEAD_TIME),
        file.get(Keys.LIMITS_BODY_RATE_MIN),
        file.get(Keys.LIMITS_CLIENT_IDLE),
        file.get(Keys.LIMITS_WRITE_STALL),
        file.get(Keys.LIMITS_CONNECTIONS),
        file.get(Keys.LIMITS_REQUESTS_PER_CONNECTION),
        file.get(Keys.LIMITS_DRAIN));
  }

  private static Resume resume(Reading file) {
    return new Resume(
        file.get(Keys.RESUME_ENABLED),
        file.get(Keys.RESUME_WINDOW),
        file.get(Keys.RESUME_PER_CALL),
        file.get(Keys.RESUME_TOTAL),
        file.get(Keys.RESUME_TOKEN_LIFE),
        file.all(Keys.RESUME_CORS_ORIGINS));
  }

  private static Dedupe dedupe(Reading file) {
    return new Dedupe(
        file.all(Keys.DEDUPE_ID_HEADERS),
        file.get(Keys.DEDUPE_ADOPT_WINDOW),
        file.get(Keys.DEDUPE_ON_CONCURRENT));
  }

  private static OrphansDraft orphans(
      Reading file, OrphanKeys keys, String name, @Nullable OrphansDraft otherwise) {
    return otherwise == null
        ? new OrphansDraft(file.get(keys.policy()), file.get(keys.grace()))
        : new OrphansDraft(
            file.get(keys.policy(), name, otherwise.policy),
            file.get(keys.grace(), name, otherwise.grace));
  }

  private static ProviderDraft provider(Reading file, String name, int line, OrphansDraft orphans) {
    return new ProviderDraft(
        line,
        file.get(Keys.PROVIDER_BASE_URL, name),
        file.get(Keys.PROVIDER_KEY, name),
        file.get(Keys.PROVIDER_TRUSTED_CERTIFICATES, name),
        file.get(Keys.PROVIDER_CONNECT_TIMEOUT, name),
        file.get(Keys.PROVIDER_CONNECTIONS, name),
        file.get(Keys.PROVIDER_QUEUE, name),
        file.get(Keys.PROVIDER_QUEUE_TIMEOUT, name),
        file.get(Keys.PROVIDER_IDLE, name),
        file.get(Keys.PROVIDER_AGE, name),
        file.get(Keys.PROVIDER_PRICES, name),
        orphans(file, Keys.PROVIDER_ORPHANS, name, orphans));
  }

  private static RouteDraft route(
      Reading file,
      String name,
      int line,
      Limits limits,
      KeepAliveDraft keepAlive,
      Function<String, OrphansDraft> orphansOf) {
    Found<Route.Family> api = file.get(Keys.ROUTE_API, name);
    FoundList<String> providers = file.oneOrMore(Keys.ROUTE_PROVIDER, name);
    String first = providers.found().isEmpty() ? "" : providers.found().getFirst().value();
    return new RouteDraft(
        line,
        api,
        providers,
        file.get(Keys.ROUTE_PREFIX, name),
        file.get(Keys.ROUTE_CLIENTS, name),
        file.get(Keys.ROUTE_TEAM, name),
        file.all(Keys.ROUTE_MODELS, name),
        file.get(Keys.ROUTE_ASK_FOR_USAGE, name),
        file.get(Keys.ROUTE_FIRST_BYTE_TIMEOUT, name),
        file.get(Keys.ROUTE_IDLE_LIMIT, name),
        file.get(Keys.ROUTE_TOTAL_TIMEOUT, name),
        file.get(Keys.ROUTE_BODY, name, limits.body),
        keepAlive(file, Keys.ROUTE_KEEP_ALIVE, name, keepAlive),
        orphans(file, Keys.ROUTE_ORPHANS, name, orphansOf.apply(first)));
  }

  private static KeepAliveDraft keepAlive(
      Reading file, KeepAliveKeys keys, String name, @Nullable KeepAliveDraft otherwise) {
    if (otherwise == null) {
      return new KeepAliveDraft(
          file.get(keys.enabled()),
          file.get(keys.interval()),
          file.get(keys.jitterPercent()),
          file.get(keys.style()),
          file.get(keys.firstByteAfter()),
          file.get(keys.json()));
    }
    return new KeepAliveDraft(
        file.get(keys.enabled(), name, otherwise.enabled),
        file.get(keys.interval(), name, otherwise.interval),
        file.get(keys.jitterPercent(), name, otherwise.jitterPercent),
        file.get(keys.style(), name, otherwise.style),
        file.get(keys.firstByteAfter(), name, otherwise.firstByteAfter),
        file.get(keys.json(), name, otherwise.json));
  }

  // ---- building

  /**
   * The rooms' settings; only where no problem was found.
   *
   * @param cores what {@code event-loops: 0} means on this machine
   * @param heldMaxBytes what {@code streams.resume.total: 0} means on this machine
   * @param prices from the files that the file names
   */
  GatewayConfig build(Reading file, int cores, long heldMaxBytes, PriceTable prices) {
    int loops = listen.eventLoops.value() == 0 ? cores : listen.eventLoops.value();
    Map<String, UpstreamSettings> upstreams = new LinkedHashMap<>();
    providers.forEach((name, p) -> upstreams.put(name, upstream(name, p, loops, file)));
    List<RoutePolicy> policies = new ArrayList<>();
    routes.forEach((name, r) -> policies.add(policy(name, r)));
    List<Team> payers = new ArrayList<>();
    teams.forEach((name, t) -> payers.add(team(name, t)));
    return new GatewayConfig(
        server(),
        listen.warmUp.value(),
        adminSettings(),
        policies,
        upstreams,
        new TeamDirectory(payers),
        secretOrDefault(keySecret),
        limits.bodiesTotal.value(),
        limits.drain.value(),
        logCalls.value(),
        new LedgerSettings(
            file.resolve(storage.value()).resolve("ledger"),
            ledger.durability.value(),
            ledger.inFlight.value(),
            Duration.ofDays(ledger.keepDays.value()),
            LEDGER_QUEUE_ROWS),
        tagFields.values().stream().map(name -> name.toLowerCase(Locale.ROOT)).toList(),
        resumed(heldMaxBytes),
        deduped(),
        promptCache.build(),
        pools.build(name -> provider(name).baseUrl.value()),
        prices,
        budgetRules(),
        new KeepWarmSettings(keepWarm.learned.value(), keepWarm.budget.value()),
        file.resolve(storage.value()),
        file.effective());
  }

  private AdminSettings adminSettings() {
    List<AdminSettings.Token> tokens = new ArrayList<>();
    admin.tokens.forEach(
        (name, token) ->
            tokens.add(new AdminSettings.Token(name, token.hash.value(), token.role.value())));
    return new AdminSettings(
        admin.address.value(), admin.port.value(), nullIfEmpty(admin.token.value()), tokens);
  }

  private List<BudgetRule> budgetRules() {
    List<BudgetRule> rules = new ArrayList<>();
    teams.forEach(
        (team, t) ->
            t.budgets.forEach(
                (name, budget) ->
                    rules.add(
                        new BudgetRule(
                            name,
                            new TeamId(team),
                            null,
                            budget.amount.value().unit(),
                            budget.amount.value().amount(),
                            budget.per.value(),
                            budget.warnPercent.value(),
                            budget.mode.value()))));
    return rules;
  }

  private static Team team(String name, TeamDraft t) {
    return new Team(
        new TeamId(name),
        t.keys.values().stream().map(TeamKey::inFile).toList(),
        t.holdAnswers.value());
  }

  private ResumeSettings resumed(long heldMaxBytes) {
    long total = resume.total.value() == 0 ? heldMaxBytes : resume.total.value();
    return new ResumeSettings(
        resume.enabled.value(),
        resume.window.value(),
        Math.min(resume.perCall.value(), total),
        total,
        resume.tokenLife.value(),
        resume.corsOrigins.values());
  }

  private DedupeSettings deduped() {
    Duration adopt = dedupe.adoptWindow.value();
    Duration window = resume.window.value();
    // Only a window that was asked for is refused where it is too long; the usual one gives way.
    return new DedupeSettings(
        dedupe.idHeaders.values(),
        adopt.compareTo(window) > 0 ? window : adopt,
        dedupe.onConcurrent.value());
  }

  static String secretOrDefault(Found<String> secret) {
    return secret.value().isEmpty() ? ApiKeyHasher.DEFAULT_SECRET : secret.value();
  }

  private ServerSettings server() {
    return new ServerSettings(
        listen.address.value(),
        listen.port.value(),
        listen.eventLoops.value(),
        listen.transport.value(),
        Math.toIntExact(limits.requestLine.value()),
        Math.toIntExact(limits.head.value()),
        limits.headFields.value(),
        limits.headTime.value(),
        limits.bodyRateMin.value(),
        limits.clientIdle.value(),
        limits.writeStall.value(),
        limits.connections.value(),
        limits.requestsPerConnection.value());
  }

  private static UpstreamSettings upstream(String name, ProviderDraft p, int loops, Reading file) {
    String certificates = p.trustedCertificates.value();
    return new UpstreamSettings(
        name,
        p.baseUrl.value(),
        p.connectTimeout.value(),
        share(p.connections.value(), loops),
        share(p.queue.value(), loops),
        p.queueTimeout.value(),
        p.idle.value(),
        p.age.value(),
        certificates.isEmpty() ? null : file.resolve(certificates));
  }

  /** Rounded down, so that the sum never exceeds what was allowed, but never down to none. */
  private static int share(int inAll, int loops) {
    return inAll == 0 ? 0 : Math.max(1, inAll / loops);
  }

  private ProviderDraft provider(String name) {
    return Objects.requireNonNull(providers.get(name), "Combinations has looked it up");
  }

  private RoutePolicy policy(String name, RouteDraft r) {
    boolean passThrough = r.clients.value() == RoutePolicy.Clients.PASS_THROUGH;
    return new RoutePolicy(
        new Route(name, r.prefix.value(), r.api.value()),
        r.providers.values().stream().map(each -> account(each, passThrough)).toList(),
        r.clients.value(),
        r.team.value().isEmpty() ? null : new TeamId(r.team.value()),
        r.models.values(),
        r.askForUsage.value(),
        r.firstByteTimeout.value(),
        r.idleLimit.value(),
        r.totalTimeout.value(),
        r.body.value(),
        new KeepAlive(
            r.keepAlive.enabled.value(),
            r.keepAlive.interval.value(),
            r.keepAlive.jitterPercent.value(),
            r.keepAlive.style.value(),
            r.keepAlive.firstByteAfter.value(),
            r.keepAlive.json.value()),
        new OrphanPolicy(r.orphans.policy.value(), r.orphans.grace.value()));
  }

  private ProviderAccount account(String name, boolean passThrough) {
    ProviderDraft provider = provider(name);
    return new ProviderAccount(
        name,
        PriceTags.of(provider.prices.value(), provider.baseUrl.value()),
        passThrough ? null : nullIfEmpty(provider.key.value()));
  }

  private static @Nullable String nullIfEmpty(String text) {
    return text.isEmpty() ? null : text;
  }
}
