package dev.sluice.admin;

import static java.util.Objects.requireNonNull;

import dev.sluice.admin.api.AdminServer;
import dev.sluice.admin.api.AuditApi;
import dev.sluice.admin.api.BudgetStandingApi;
import dev.sluice.admin.api.BudgetsApi;
import dev.sluice.admin.api.Callers;
import dev.sluice.admin.api.CallsApi;
import dev.sluice.admin.api.ConfigApi;
import dev.sluice.admin.api.Endpoint;
import dev.sluice.admin.api.KeysApi;
import dev.sluice.admin.api.LedgerApi;
import dev.sluice.admin.api.OpenApi;
import dev.sluice.admin.api.PoolsApi;
import dev.sluice.admin.api.QuotasApi;
import dev.sluice.admin.api.ReconciliationApi;
import dev.sluice.admin.api.TeamsApi;
import dev.sluice.admin.api.TelemetryApi;
import dev.sluice.admin.api.UsageApi;
import dev.sluice.admin.budget.BudgetDesk;
import dev.sluice.admin.budget.BudgetMeters;
import dev.sluice.admin.health.Health;
import dev.sluice.admin.ledger.LedgerLog;
import dev.sluice.admin.ledger.LedgerMeters;
import dev.sluice.admin.log.LogQueue;
import dev.sluice.admin.prefix.FingerprintSecret;
import dev.sluice.admin.prefix.PrefixAudit;
import dev.sluice.admin.quota.PoolCards;
import dev.sluice.admin.quota.PoolMeters;
import dev.sluice.admin.quota.PoolPictures;
import dev.sluice.admin.reconcile.Reconciliations;
import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.KeyChanges;
import dev.sluice.billing.admission.Admission;
import dev.sluice.billing.admission.Alarm;
import dev.sluice.billing.budget.Budgets;
import dev.sluice.billing.estimate.DriftView;
import dev.sluice.billing.estimate.OutputForecast;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.billing.ledger.CallSink;
import dev.sluice.billing.ledger.Ledger;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.price.PriceBook;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.billing.team.Teams;
import dev.sluice.core.account.AccountChoice;
import dev.sluice.core.account.Spill;
import dev.sluice.core.config.AdminSettings;
import dev.sluice.core.config.GatewayConfig;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.flow.BodyBudget;
import dev.sluice.core.flow.CallDesk;
import dev.sluice.core.flow.FlowRooms;
import dev.sluice.core.flow.PaidCall;
import dev.sluice.core.flow.RequestFlow;
import dev.sluice.core.flow.RoutePolicy;
import dev.sluice.core.flow.WarmUps;
import dev.sluice.core.identity.Authenticator;
import dev.sluice.core.identity.CallIndex;
import dev.sluice.core.identity.DedupeSettings;
import dev.sluice.core.identity.Fingerprinter;
import dev.sluice.core.identity.IdentityRule;
import dev.sluice.core.identity.SecretNumbers;
import dev.sluice.core.prefix.PrefixGate;
import dev.sluice.core.quota.PoolRule;
import dev.sluice.core.quota.Pools;
import dev.sluice.core.refresh.GateDesk;
import dev.sluice.core.refresh.RefreshCalls;
import dev.sluice.core.refresh.RequestReader;
import dev.sluice.core.server.GatewayServer;
import dev.sluice.core.server.LoopRooms;
import dev.sluice.core.telemetry.CallLog;
import dev.sluice.core.telemetry.LoopWatch;
import dev.sluice.core.telemetry.MeterName;
import dev.sluice.core.telemetry.Meters;
import dev.sluice.core.upstream.Names;
import dev.sluice.core.upstream.PoolStats;
import dev.sluice.core.upstream.Provider;
import dev.sluice.core.upstream.Transport;
import dev.sluice.core.upstream.Upstreams;
import dev.sluice.core.warm.KeepWarmSettings;
import dev.sluice.core.warm.PrefixPrice;
import dev.sluice.sse.journal.JournalBudget;
import dev.sluice.sse.journal.PageMemory;
import dev.sluice.sse.keepalive.IdleLimits;
import dev.sluice.sse.keepalive.SilenceWheel;
import dev.sluice.sse.replay.LocalJournals;
import dev.sluice.sse.replay.ResumeSettings;
import dev.sluice.sse.replay.ResumeToken;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls the constructors, in order; the only place that knows every room. */
public final class Assembly implements AutoCloseable {

  /** After the calls have been told to end: for their last bytes to leave. */
  private static final Duration LAST_BYTES = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(Assembly.class);

  private final GatewayConfig config;
  private final Accounts accounts;
  private final SettingsInEffect settings;
  private final BudgetDesk budgetDesk;
  private final PrefixDesk prefixDesk;
  private final Teams teams;
  private final List<Endpoint> endpoints;
  private final Health health = new Health();
  private final EventLoopGroup loops;
  private final AddressResolverGroup<InetSocketAddress> dns;
  private final Map<EventLoop, Loop> rooms = new HashMap<>();
  private final List<RefreshCalls.LoopFlow> ownCallers = new CopyOnWriteArrayList<>();
  private final ExecutorService counting;
  private final Shared shared;
  private final Meters meters;
  private final LoopWatch loopWatch;
  private final GatewayServer server;
  private final AdminServer admin;
  private final InetSocketAddress clientAddress;
  private final InetSocketAddress adminAddress;

  /** As the file has them now; guarded by this. */
  private List<PoolRule> poolRules;

  /** What one event loop has for itself. */
  private record Loop(
      RequestFlow flow, SilenceWheel wheel, Upstreams upstreams, LocalJournals journals) {}

  /**
   * Starts a gateway: it serves when this returns.
   *
   * @throws StartFailure if a port is taken or a provider's certificates cannot be read
   */
  public static Assembly start(GatewayConfig config) {
    return new Assembly(config);
  }

  /** What all loops share: immutable, or made for it. */
  private record Shared(
      Routes routes,
      Map<String, RoutePolicy> policies,
      BodyBudget bodies,
      Fingerprinter fingerprinter,
      IdentityRule identities,
      CallIndex<PaidCall> calls,
      JournalBudget journals,
      byte[] tokenSecret,
      AccountChoice choice,
      TokenEstimator estimator,
      OutputForecast forecast,
      PriceBook prices,
      Budgets budgets,
      Admission admission,
      Pools pools,
      PrefixGate prefixes,
      WarmUps warmUps,
      IdleLimits idleLimits,
      Ledger ledger,
      List<CallSink> sinks,
      SecureRandom seeds) {

    static Shared of(
        GatewayConfig config,
        Ledger ledger,
        List<PoolRule> pools,
        List<CallSink> sinks,
        Alarm alarm,
        Executor counting,
        Consumer<DriftView> onDrift,
        BiConsumer<String, Spill> onSpill) {
      Map<String, RoutePolicy> policies = new HashMap<>();
      config.routes().forEach(policy -> policies.put(policy.route().name(), policy));
      DedupeSettings dedupe = config.dedupe();
      ResumeSettings resume = config.resume();
      SecureRandom seeds = new SecureRandom();
      byte[] fingerprintSecret = FingerprintSecret.of(config.storage(), seeds, LOG::warn);
      Fingerprinter fingerprinter = new Fingerprinter(new SecretNumbers(fingerprintSecret));
      byte[] tokenSecret = new byte[ResumeToken.SECRET_BYTES];
      seeds.nextBytes(tokenSecret);
      OutputForecast forecast = new OutputForecast();
      Admission admission =
          new Admission(pools.stream().map(PoolRule::settings).toList(), System::nanoTime, alarm);
      return new Shared(
          new Routes(config.routes().stream().map(RoutePolicy::route).toList()),
          policies,
          new BodyBudget(config.bodiesTotalMaxBytes()),
          fingerprinter,
          new IdentityRule(dedupe.idHeaders(), fingerprinter),
          new CallIndex<>(System::nanoTime, dedupe.adoptWindow(), dedupe.onConcurrent()),
          new JournalBudget(resume.perCallMaxBytes(), resume.totalMaxBytes()),
          tokenSecret,
          new AccountChoice(config.providers().keySet(), System::nanoTime, onSpill),
          new TokenEstimator(forecast, counting, InstantSource.system(), onDrift),
          forecast,
          new PriceBook(config.prices()),
          new Budgets(InstantSource.system(), BudgetDesk::warn),
          admission,
          new Pools(pools, admission),
          new PrefixGate(config.promptCache(), System::nanoTime, Assembly::later),
          new WarmUps(),
          new IdleLimits(),
          ledger,
          sinks,
          seeds);
    }
  }

  private Assembly(GatewayConfig config) {
    this.config = config;
    List<Provider> providers = providers(config);
    meters = new Meters();
    Transport transport = transport(config);
    loops = transport.loops(loopCount(config), "sluice-loop");
    counting = tokenizer();
    Ledger ledger = ledger(config);

    // Who there is, before anybody can ask.
    accounts =
        Accounts.open(
            config.storage(), config.accounts(), InstantSource.system(), new AccountNews());
    settings = new SettingsInEffect(config.settings());
    poolRules = config.pools();
    teams = new Teams(accounts.book().directory());
    accounts.onTeams(teams::replace);
    shared =
        Shared.of(
            config,
            ledger,
            poolsInEffect(),
            sinks(config, meters, ledger),
            alarm(loops.next()),
            counting,
            this::drifted,
            (provider, why) -> meters.accountSpilled(provider, why.label()));
    accounts.onPools(changed -> applyPools());
    budgetDesk = new BudgetDesk(shared.budgets(), ledger);
    accounts.onBudgets(budgetDesk::apply);
    prefixDesk = prefixDesk();
    prefixDesk.show(meters);
    keepWarm(config.keepWarm());

    dns = Names.dns(transport);
    furnish(transport, providers);
    loopWatch = new LoopWatch(loops, System::nanoTime, meters);

    // The two ports, the admin's first: whoever watches sees the client port come.
    PoolPictures pictures = new PoolPictures(shared.admission());
    endpoints = endpoints(pictures);
    AdminSettings second = config.admin();
    Callers callers = AdminCallers.of(second, config.keySecret());
    admin = new AdminServer(second.address(), second.port(), callers, endpoints);
    server =
        new GatewayServer(
            config.server(),
            loops,
            transport.server(),
            loop -> {
              Loop own = requireNonNull(rooms.get(loop), "every loop has its rooms");
              return new LoopRooms(own.flow(), own.wheel());
            });
    gauges();
    new PoolMeters(meters, pictures);
    new LedgerMeters(meters, ledger);
    new BudgetMeters(meters, shared.budgets());
    try {
      adminAddress = new InetSocketAddress(second.address(), admin.start());
      clientAddress = server.bind();
    } catch (IOException taken) {
      close();
      throw new StartFailure(String.valueOf(taken.getMessage()), taken);
    }
    health.ready();
  }

  /** One of each per loop. */
  private void furnish(Transport transport, List<Provider> providers) {
    List<EventExecutor> all = new ArrayList<>();
    loops.forEach(all::add);
    for (EventExecutor executor : all) {
      EventLoop loop = (EventLoop) executor;
      SilenceWheel wheel = new SilenceWheel(System::nanoTime);
      Upstreams upstreams = new Upstreams(loop, transport, wheel, providers, dns);
      PageMemory memory = new PageMemory(shared.journals(), Upstreams.ALLOCATOR, wheel);
      LocalJournals journals = new LocalJournals(wheel, memory);
      RequestFlow flow = new RequestFlow(rooms(loop, all, wheel, upstreams, memory, journals));
      ownCallers.add(new RefreshCalls.LoopFlow(loop, flow));
      rooms.put(loop, new Loop(flow, wheel, upstreams, journals));
      var _ = wheel.start(loop); // ends with its loop
    }
  }

  private List<Endpoint> endpoints(PoolPictures pictures) {
    InstantSource clock = InstantSource.system();
    Ledger ledger = shared.ledger();
    PoolCards cards = new PoolCards(pictures);
    KeyChanges keys = new KeyChanges(shared.seeds(), new ApiKeyHasher(config.keySecret()));
    List<Endpoint> all = new ArrayList<>(health.endpoints());
    all.addAll(new TelemetryApi(meters, shared.idleLimits()::report).endpoints());
    all.addAll(new CallsApi(new DeskCalls(new CallDesk(shared.calls()))).endpoints());
    all.addAll(new PoolsApi(cards::all, cards::one, this::drift).endpoints());
    List<String> routes = config.routes().stream().map(policy -> policy.route().name()).toList();
    all.addAll(
        prefixDesk.endpoints(
            new PrefixAudit(accounts), routes, team -> accounts.book().team(team) != null));
    all.addAll(new TeamsApi(accounts).endpoints());
    all.addAll(new KeysApi(accounts, keys, clock).endpoints());
    all.addAll(new QuotasApi(accounts).endpoints());
    all.addAll(new BudgetsApi(accounts).endpoints());
    all.addAll(new BudgetStandingApi(shared.budgets()::views).endpoints());
    all.addAll(new UsageApi(ledger::queries, shared.prices()::table, clock).endpoints());
    all.addAll(new LedgerApi(ledger::queries).endpoints());
    all.addAll(new ReconciliationApi(ledger::queries, new Reconciliations(), clock).endpoints());
    all.addAll(new AuditApi(accounts).endpoints());
    all.addAll(new ConfigApi(settings::all).endpoints());
    all.addAll(new OpenApi(version()).endpoints());
    return List.copyOf(all);
  }

  private void keepWarm(KeepWarmSettings settings) {
    shared.warmUps().apply(settings.isForLearnedToo() && settings.budgetPerDayNanoUsd() > 0);
    prefixDesk.apply(settings);
  }

  private PrefixDesk prefixDesk() {
    Map<String, @Nullable String> tags = new HashMap<>();
    Map<String, Route.Family> families = new HashMap<>();
    for (RoutePolicy policy : config.routes()) {
      policy.accounts().forEach(account -> tags.put(account.provider(), account.priceTag()));
      families.put(policy.route().name(), policy.route().family());
    }
    RequestReader reader =
        new RequestReader(
            shared.routes(),
            shared.policies(),
            shared.fingerprinter(),
            shared.estimator(),
            shared.choice(),
            shared.prefixes().settings().mode());
    return new PrefixDesk(
        config.storage(),
        reader,
        new GateDesk(shared.prefixes(), reader),
        registered -> new RefreshCalls(reader, registered, families, shared.warmUps(), ownCallers),
        prefix ->
            PrefixPrice.of(
                shared.prices().table(),
                tags.get(prefix.provider()),
                prefix.model(),
                prefix.tokens(),
                prefix.lifetimeNanos(),
                InstantSource.system().instant()),
        config.keepWarm(),
        System::nanoTime,
        InstantSource.system(),
        new SplittableRandom(shared.seeds().nextLong()));
  }

  private static String version() {
    String version = Assembly.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  private FlowRooms rooms(
      EventLoop loop,
      List<EventExecutor> all,
      SilenceWheel wheel,
      Upstreams upstreams,
      PageMemory memory,
      LocalJournals journals) {
    return new FlowRooms(
        shared.routes(),
        shared.policies(),
        new Authenticator(teams, config.keySecret(), InstantSource.system()),
        shared.bodies(),
        teams,
        shared.fingerprinter(),
        shared.identities(),
        shared.calls(),
        config.dedupe(),
        config.resume(),
        memory,
        journals,
        new ResumeToken(shared.tokenSecret()),
        shared.choice(),
        shared.estimator(),
        shared.forecast(),
        shared.prices(),
        config.tagFields(),
        shared.pools(),
        shared.budgets(),
        shared.ledger(),
        shared.prefixes(),
        shared.warmUps(),
        upstreams,
        shared.idleLimits(),
        shared.sinks(),
        loop,
        all,
        wheel,
        InstantSource.system(),
        new SplittableRandom(shared.seeds().nextLong()));
  }

  /** One thread: what it counts helps later calls, and none waits for it. */
  private static ExecutorService tokenizer() {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, "sluice-tokenizer");
          thread.setDaemon(true);
          return thread;
        });
  }

  private static Alarm alarm(EventLoop loop) {
    return (atNanos, what) -> {
      long delay = Math.max(0, atNanos - System.nanoTime());
      var _ = loop.schedule(what, delay, TimeUnit.NANOSECONDS); // ends with its loop
    };
  }

  private static void later(Executor loop, long delayNanos, Runnable step) {
    var _ = ((EventExecutor) loop).schedule(step, delayNanos, TimeUnit.NANOSECONDS);
  }

  private void drifted(DriftView cell) {
    meters.tokenizerDrift(cell.provider(), cell.model(), cell.contentClass());
    LOG.warn(
        "Provider {} now counts {} for the same {} as before by a factor of {}: its tokenizer may"
            + " have changed. Estimates follow; GET /admin/v1/drift has the figures.",
        cell.provider(),
        cell.model() == null ? "more tokens" : "more tokens of a model",
        cell.contentClass(),
        String.format(Locale.ROOT, "%.2f", cell.ratio()));
  }

  private List<?> drift() {
    return shared.estimator().drift().stream().map(PoolCards::drift).toList();
  }

  /**
   * Other teams, keys, limits, quotas, budgets and prices from now on; everything else stays as it
   * was at the start. What was set over the admin port still goes before the file.
   */
  public void apply(GatewayConfig changed) {
    shared.prices().apply(changed.prices());
    settings.apply(changed.settings());
    keepWarm(changed.keepWarm());
    synchronized (this) {
      poolRules = changed.pools();
    }
    accounts.file(changed.accounts());
    applyPools(); // also where only the models that come under a pool have changed
  }

  private synchronized void applyPools() {
    shared.pools().apply(poolsInEffect());
  }

  /** The file's pools with the quotas that are in effect. */
  private synchronized List<PoolRule> poolsInEffect() {
    Map<String, PoolSettings> own = new HashMap<>();
    accounts.book().pools().forEach(pool -> own.put(pool.name(), pool));
    return poolRules.stream()
        .map(rule -> rule.with(own.getOrDefault(rule.settings().name(), rule.settings())))
        .toList();
  }

  /** Everything that the admin port answers. */
  public List<Endpoint> adminEndpoints() {
    return endpoints;
  }

  private static Ledger ledger(GatewayConfig config) {
    return Ledger.open(config.ledger(), InstantSource.system(), System::nanoTime, new LedgerLog());
  }

  private static List<CallSink> sinks(GatewayConfig config, Meters meters, Ledger ledger) {
    CallSink reads =
        call -> {
          if (!call.isLive()) {
            ledger.read(call); // what is paid for writes its own row
          }
        };
    return config.logCalls()
        ? List.of(meters, reads, new CallLog(LoggerFactory.getLogger("sluice")))
        : List.of(meters, reads);
  }

  /** Event loops that it has. */
  static int loopCount(GatewayConfig config) {
    int count = config.server().eventLoops();
    return count > 0 ? count : Runtime.getRuntime().availableProcessors();
  }

  private void gauges() {
    meters.gauge(MeterName.ACTIVE_CALLS, shared.calls()::inFlight);
    meters.gauge(MeterName.ACCOUNTS_WRITABLE, () -> accounts.trouble() == null ? 1 : 0);
    meters.gauge(MeterName.CLIENT_CONNECTIONS, server::openConnections);
    meters.gauge(MeterName.PREFIXES, shared.prefixes()::size);
    meters.gauge(MeterName.BODIES_HELD, shared.bodies()::heldBytes);
    meters.gauge(MeterName.JOURNAL, shared.journals()::heldBytes);
    meters.gauge(
        MeterName.HELD_ANSWERS,
        () -> rooms.values().stream().mapToInt(own -> own.journals().size()).sum());
    for (String provider : config.providers().keySet()) {
      upstreamGauge(provider, "idle", PoolStats::idle);
      upstreamGauge(provider, "busy", stats -> stats.open() - stats.idle());
      upstreamGauge(provider, "waiting", PoolStats::waiting);
    }
    meters.allocator(Upstreams.ALLOCATOR);
    LogQueue log = LogQueue.ofProcess();
    if (log != null) {
      meters.count(MeterName.LOG_LINES_DROPPED, log::dropped);
    }
  }

  private void upstreamGauge(String provider, String state, ToIntFunction<PoolStats> part) {
    meters.gauge(
        MeterName.UPSTREAM_CONNECTIONS,
        () ->
            rooms.values().stream()
                .flatMap(own -> own.upstreams().stats().stream())
                .filter(stats -> stats.provider().equals(provider))
                .mapToInt(part)
                .sum(),
        provider,
        state);
  }

  private static List<Provider> providers(GatewayConfig config) {
    try {
      return config.providers().values().stream().map(Provider::new).toList();
    } catch (IllegalArgumentException unusable) {
      throw new StartFailure(String.valueOf(unusable.getMessage()), unusable);
    }
  }

  private static Transport transport(GatewayConfig config) {
    try {
      return switch (config.server().transport()) {
        case AUTO -> Transport.best();
        case EPOLL -> Transport.epoll();
        case NIO -> Transport.nio();
      };
    } catch (UnsatisfiedLinkError missing) {
      throw new StartFailure(
          "listen.transport is epoll, but its native library does not load here. Use auto or nio.",
          missing);
    }
  }

  public InetSocketAddress clientAddress() {
    return clientAddress;
  }

  public InetSocketAddress adminAddress() {
    return adminAddress;
  }

  /**
   * Stops politely: readiness falls, new requests are refused, calls in flight go on for at most
   * {@code limits.drain}, and what still runs then is told so. Blocks; not for an event loop.
   */
  public void drainAndClose() {
    health.draining();
    onEachLoop(loop -> loop.flow().drain());
    int left = server.drain(config.drain()).join();
    onEachLoop(loop -> loop.flow().endAll()); // also calls that nobody listens to
    if (left > 0) {
      server.drain(LAST_BYTES).join();
    }
    close();
  }

  private void onEachLoop(Consumer<Loop> step) {
    rooms.forEach(
        (executor, own) -> {
          if (!executor.isShuttingDown()) {
            executor.submit(() -> step.accept(own)).awaitUninterruptibly();
          }
        });
  }

  /** Stops at once. */
  @Override
  public void close() {
    health.draining();
    server.close();
    admin.close();
    loopWatch.close();
    prefixDesk.close();
    onEachLoop(loop -> loop.flow().close());
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    dns.close();
    shared.ledger().close(); // when the loops have ended, nothing more will be written
    meters.close();
    counting.shutdownNow();
    budgetDesk.close();
    accounts.close();
    LogQueue log = LogQueue.ofProcess();
    if (log != null) {
      log.flush(LAST_BYTES); // the last calls' lines
    }
  }
}
