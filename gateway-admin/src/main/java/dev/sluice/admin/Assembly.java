package dev.sluice.admin;

import static java.util.Objects.requireNonNull;

import dev.sluice.admin.api.AdminServer;
import dev.sluice.admin.api.CallsApi;
import dev.sluice.admin.api.Endpoint;
import dev.sluice.admin.api.PoolsApi;
import dev.sluice.admin.api.TelemetryApi;
import dev.sluice.admin.health.Health;
import dev.sluice.admin.log.LogQueue;
import dev.sluice.admin.quota.PoolCards;
import dev.sluice.admin.quota.PoolMeters;
import dev.sluice.admin.quota.PoolPictures;
import dev.sluice.billing.admission.Admission;
import dev.sluice.billing.admission.Alarm;
import dev.sluice.billing.estimate.DriftView;
import dev.sluice.billing.estimate.OutputForecast;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.billing.ledger.CallSink;
import dev.sluice.billing.price.Prices;
import dev.sluice.core.config.AdminSettings;
import dev.sluice.core.config.GatewayConfig;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.flow.BodyBudget;
import dev.sluice.core.flow.CallDesk;
import dev.sluice.core.flow.FlowRooms;
import dev.sluice.core.flow.PaidCall;
import dev.sluice.core.flow.RequestFlow;
import dev.sluice.core.flow.RoutePolicy;
import dev.sluice.core.identity.Authenticator;
import dev.sluice.core.identity.CallIndex;
import dev.sluice.core.identity.DedupeSettings;
import dev.sluice.core.identity.Fingerprinter;
import dev.sluice.core.identity.IdentityRule;
import dev.sluice.core.prefix.PrefixGate;
import dev.sluice.core.quota.PoolRule;
import dev.sluice.core.quota.Pools;
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
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls the constructors, in order; the only place that knows every room. */
public final class Assembly implements AutoCloseable {

  /** After the calls have been told to end: for their last bytes to leave. */
  private static final Duration LAST_BYTES = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(Assembly.class);

  private final GatewayConfig config;
  private final Health health = new Health();
  private final EventLoopGroup loops;
  private final AddressResolverGroup<InetSocketAddress> dns;
  private final Map<EventLoop, Loop> rooms = new HashMap<>();
  private final ExecutorService counting;
  private final Shared shared;
  private final Meters meters;
  private final LoopWatch loopWatch;
  private final GatewayServer server;
  private final AdminServer admin;
  private final InetSocketAddress clientAddress;
  private final InetSocketAddress adminAddress;

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
      TokenEstimator estimator,
      OutputForecast forecast,
      Prices prices,
      Admission admission,
      Pools pools,
      PrefixGate prefixes,
      IdleLimits idleLimits,
      List<CallSink> sinks,
      SecureRandom seeds) {

    static Shared of(
        GatewayConfig config,
        List<CallSink> sinks,
        Alarm alarm,
        Executor counting,
        Consumer<DriftView> onDrift) {
      Map<String, RoutePolicy> policies = new HashMap<>();
      config.routes().forEach(policy -> policies.put(policy.route().name(), policy));
      DedupeSettings dedupe = config.dedupe();
      ResumeSettings resume = config.resume();
      SecureRandom seeds = new SecureRandom();
      Fingerprinter fingerprinter = new Fingerprinter(seeds);
      byte[] tokenSecret = new byte[ResumeToken.SECRET_BYTES];
      seeds.nextBytes(tokenSecret);
      OutputForecast forecast = new OutputForecast();
      Admission admission =
          new Admission(
              config.pools().stream().map(PoolRule::settings).toList(), System::nanoTime, alarm);
      return new Shared(
          new Routes(config.routes().stream().map(RoutePolicy::route).toList()),
          policies,
          new BodyBudget(config.bodiesTotalMaxBytes()),
          fingerprinter,
          new IdentityRule(dedupe.idHeaders(), fingerprinter),
          new CallIndex<>(System::nanoTime, dedupe.adoptWindow(), dedupe.onConcurrent()),
          new JournalBudget(resume.perCallMaxBytes(), resume.totalMaxBytes()),
          tokenSecret,
          new TokenEstimator(forecast, counting, InstantSource.system(), onDrift),
          forecast,
          new Prices(config.prices()),
          admission,
          new Pools(config.pools(), admission),
          new PrefixGate(),
          new IdleLimits(),
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
    shared = Shared.of(config, sinks(config, meters), alarm(loops.next()), counting, this::drifted);

    // One of each per loop.
    dns = Names.dns(transport);
    List<EventExecutor> all = new ArrayList<>();
    loops.forEach(all::add);
    for (EventExecutor executor : all) {
      EventLoop loop = (EventLoop) executor;
      SilenceWheel wheel = new SilenceWheel(System::nanoTime);
      Upstreams upstreams = new Upstreams(loop, transport, wheel, providers, dns);
      PageMemory memory = new PageMemory(shared.journals(), Upstreams.ALLOCATOR, wheel);
      LocalJournals journals = new LocalJournals(wheel, memory);
      RequestFlow flow = new RequestFlow(rooms(loop, all, wheel, upstreams, memory, journals));
      rooms.put(loop, new Loop(flow, wheel, upstreams, journals));
      var _ = wheel.start(loop); // ends with its loop
    }

    loopWatch = new LoopWatch(loops, System::nanoTime, meters);

    // The two ports, the admin's first: whoever watches sees the client port come.
    List<Endpoint> endpoints = new ArrayList<>(health.endpoints());
    endpoints.addAll(new TelemetryApi(meters, shared.idleLimits()::report).endpoints());
    endpoints.addAll(new CallsApi(new DeskCalls(new CallDesk(shared.calls()))).endpoints());
    PoolPictures pictures = new PoolPictures(shared.admission());
    PoolCards cards = new PoolCards(pictures);
    endpoints.addAll(new PoolsApi(cards::all, cards::one, this::drift).endpoints());
    AdminSettings second = config.admin();
    admin = new AdminServer(second.address(), second.port(), second.token(), endpoints);
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
    try {
      adminAddress = new InetSocketAddress(second.address(), admin.start());
      clientAddress = server.bind();
    } catch (IOException taken) {
      close();
      throw new StartFailure(String.valueOf(taken.getMessage()), taken);
    }
    health.ready();
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
        new Authenticator(config.teams(), config.keySecret()),
        shared.bodies(),
        config.teams(),
        shared.fingerprinter(),
        shared.identities(),
        shared.calls(),
        config.dedupe(),
        config.resume(),
        memory,
        journals,
        new ResumeToken(shared.tokenSecret()),
        shared.estimator(),
        shared.forecast(),
        shared.prices(),
        config.tagFields(),
        shared.pools(),
        shared.prefixes(),
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

  /** Other limits, quotas and prices from now on; everything else stays as it was at the start. */
  public void apply(GatewayConfig changed) {
    shared.pools().apply(changed.pools());
    shared.prices().apply(changed.prices());
  }

  private static List<CallSink> sinks(GatewayConfig config, Meters meters) {
    return config.logCalls()
        ? List.of(meters, new CallLog(LoggerFactory.getLogger("sluice")))
        : List.of(meters);
  }

  private static int loopCount(GatewayConfig config) {
    int count = config.server().eventLoops();
    return count > 0 ? count : Runtime.getRuntime().availableProcessors();
  }

  private void gauges() {
    meters.gauge(MeterName.ACTIVE_CALLS, shared.calls()::inFlight);
    meters.gauge(MeterName.CLIENT_CONNECTIONS, server::openConnections);
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
    onEachLoop(loop -> loop.flow().close());
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    dns.close();
    meters.close();
    counting.shutdownNow();
    LogQueue log = LogQueue.ofProcess();
    if (log != null) {
      log.flush(LAST_BYTES); // the last calls' lines
    }
  }
}
