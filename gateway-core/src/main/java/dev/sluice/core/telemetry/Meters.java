package dev.sluice.core.telemetry;

import dev.sluice.billing.estimate.ContentClass;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallSink;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is counted, and its Prometheus form. {@link #ended} comes from event loops: after a
 * combination of labels has been seen once it costs two look-ups and some dozen additions, takes no
 * lock, and allocates the two keys. {@link #replayed}, {@link #duplicateTokensAvoided} and {@link
 * #orphan} likewise, each with one look-up and one key.
 *
 * <p>The number of series is bounded whatever clients send: teams, routes and providers come from
 * the configuration, outcomes and reasons from the source, and a model has a series of its own only
 * once a provider has counted tokens for it, up to {@value #MODELS_MAX} per route. From any thread.
 */
public final class Meters implements CallSink, AutoCloseable {

  static final int MODELS_MAX = 200;
  private static final int MODEL_LENGTH_MAX = 100;
  private static final int REASONS_MAX = 100;
  private static final int REASON_LENGTH_MAX = 40;
  private static final String NONE = "none";
  private static final double NANOS_PER_SECOND = 1e9;

  /** 0.01 s · 2ⁿ up to 81.92 s: OpenTelemetry's advice for both GenAI durations. */
  private static final Duration[] CALL_BUCKETS = doubling(Duration.ofMillis(10), 14);

  /** 1 ms · 2ⁿ up to 2 s. */
  private static final Duration[] TOKEN_TIME_BUCKETS = doubling(Duration.ofMillis(1), 12);

  /** Around the keep-alive interval, and at the idle limits that intermediaries are known for. */
  private static final Duration[] SILENCE_BUCKETS =
      seconds(1, 2, 5, 10, 15, 19, 25, 30, 55, 60, 100, 120, 300);

  private static final Duration[] LOOP_BUCKETS = doubling(Duration.ofMillis(1), 14);

  /** Waits for tokens: from a loop's turn to the longest that is waited. */
  private static final Duration[] QUEUE_BUCKETS = doubling(Duration.ofMillis(1), 17);

  private static final double[] RATIO_BUCKETS = {
    0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.02, 1.05, 1.1, 1.2, 1.3, 1.5, 2
  };

  /** 1, 4, 16 … 67,108,864: OpenTelemetry's advice for token counts. */
  private static final double[] TOKEN_BUCKETS = powersOfFour(14);

  /** Of the process's own figures those whose names Prometheus's conventions do not allow. */
  private static final List<String> UNFIT = List.of("process.cpu.time", "system.cpu.count");

  private record CallKey(
      @Nullable TeamId team,
      String route,
      String dialect,
      String operation,
      String provider,
      CallRecord.Outcome outcome,
      String reason,
      UsageSource source) {}

  private record QueueKey(@Nullable TeamId team, String pool) {}

  /** Of a team's calls on a pool. */
  private record PoolTimes(Timer queue, Counter reserved, Counter settled) {}

  private record RatioKey(String provider, String model, ContentClass content) {}

  private record TokenKey(@Nullable TeamId team, String route, String model) {}

  private record ReplayKey(TeamId team, String route, String how) {}

  private record AvoidedKey(TeamId team, String route) {}

  private record OrphanKey(String route, String provider, String outcome) {}

  private record CacheKey(String route, String provider, String role) {}

  /** Of calls that were one thing to the prompt cache; the timer is shared by all roles. */
  private record CacheMeters(Counter calls, Timer waiting, NanoDollars saved, NanoDollars wasted) {}

  private record SpillKey(String provider, String reason) {}

  /** Meters that are held for calls of one key; some are shared between keys. */
  private record CallMeters(
      Counter calls,
      Counter usageSource,
      Timer duration,
      Timer firstChunk,
      Timer outputToken,
      DistributionSummary input,
      DistributionSummary output,
      Counter keepAlives,
      Timer longestSilence,
      Counter lateErrors) {}

  private record TokenMeters(
      Counter uncachedInput,
      Counter cacheRead,
      Counter cacheWrite,
      Counter output,
      Counter reasoning) {}

  private record AvoidedMeters(Counter input, Counter output, NanoDollars cost) {}

  private record CostMeters(
      NanoDollars input,
      NanoDollars cacheRead,
      NanoDollars cacheWrite,
      NanoDollars output,
      NanoDollars readSaved,
      NanoDollars writeExtra,
      NanoDollars approximate,
      Counter unpricedTokens) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();
  private final ConcurrentHashMap<CallKey, CallMeters> calls = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<TokenKey, TokenMeters> tokens = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<TokenKey, CostMeters> costs = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<QueueKey, PoolTimes> queues = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<CacheKey, CacheMeters> caches = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<RatioKey, DistributionSummary> ratios = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<Runnable> beforeScrape = new CopyOnWriteArrayList<>();
  private final ConcurrentHashMap<String, BoundedLabels> modelsByRoute = new ConcurrentHashMap<>();
  private final BoundedLabels reasons = new BoundedLabels(REASONS_MAX, REASON_LENGTH_MAX);
  private final ConcurrentHashMap<ReplayKey, Counter> replays = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<AvoidedKey, AvoidedMeters> avoided = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<OrphanKey, Counter> orphans = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<SpillKey, Counter> spills = new ConcurrentHashMap<>();

  private final BoundedLabels driftModels = new BoundedLabels(MODELS_MAX, MODEL_LENGTH_MAX);

  /** Of replays, orphans and spills: words of the source, bounded in case one day they are not. */
  private final BoundedLabels words = new BoundedLabels(REASONS_MAX, REASON_LENGTH_MAX);

  /** Micrometer itself holds what it counts by a weak reference. */
  private final CopyOnWriteArrayList<LongSupplier> kept = new CopyOnWriteArrayList<>();

  /** A scrape walks every meter: one at a time, however many ask. */
  private final ReentrantLock scraping = new ReentrantLock();

  /**
   * Counts the process's own figures as well: JVM memory, collections, threads, processor, files.
   */
  public Meters() {
    UNFIT.forEach(name -> registry.config().meterFilter(MeterFilter.denyNameStartsWith(name)));
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    gc.bindTo(registry);
    String version = Meters.class.getPackage().getImplementationVersion();
    gauge(MeterName.VERSION, () -> 1, version == null ? "unpackaged" : version);
  }

  @Override
  public void ended(CallRecord call) {
    CallMeters meters = metersOf(call);
    meters.calls.increment();
    meters.usageSource.increment();
    if (call.outcome() != CallRecord.Outcome.REFUSED) {
      meters.duration.record(call.totalNanos(), TimeUnit.NANOSECONDS);
    }
    add(meters.keepAlives, call.keepAlives());
    if (call.lateError()) {
      meters.lateErrors.increment();
    }
    if (call.stream() && call.outcome() != CallRecord.Outcome.REFUSED) {
      if (call.firstByteNanos() >= 0) {
        meters.firstChunk.record(call.firstByteNanos(), TimeUnit.NANOSECONDS);
      }
      if (call.status() != 0) {
        meters.longestSilence.record(call.longestSilenceNanos(), TimeUnit.NANOSECONDS);
      }
    }
    countReplay(call);
    countMetering(call);
    countCaching(call);
    Usage usage = call.usage();
    if (usage.input() > 0 || usage.output() > 0) {
      meters.input.record((double) usage.input());
      meters.output.record((double) usage.output());
      TokenKey key = new TokenKey(call.team(), call.route(), modelOf(call));
      count(tokensOf(key), usage);
      countCost(key, call);
      countPace(meters, call);
    }
  }

  /**
   * A request was answered from a call that had been paid for.
   *
   * @param how {@code joined}, {@code adopted} or {@code replayed}
   */
  public void replayed(TeamId team, String route, String how) {
    var key = new ReplayKey(team, route, words.of(how, true));
    Counter counter = replays.get(key);
    if (counter == null) {
      counter =
          replays.computeIfAbsent(
              key, k -> counter(MeterName.REPLAYS, k.team.name(), k.route, k.how));
    }
    counter.increment();
  }

  /**
   * What such a request would have been billed as a call of its own: told once per request, when
   * the call's usage is known.
   *
   * @param input tokens, those from the provider's cache included
   * @param output tokens, reasoning included
   * @param cost of these
   */
  public void duplicateTokensAvoided(
      TeamId team, String route, long input, long output, Cost cost) {
    var key = new AvoidedKey(team, route);
    AvoidedMeters meters = avoided.get(key);
    if (meters == null) {
      meters = avoided.computeIfAbsent(key, this::newAvoidedMeters);
    }
    add(meters.input, input);
    add(meters.output, output);
    meters.cost.add(cost.nanoUsd());
  }

  private AvoidedMeters newAvoidedMeters(AvoidedKey key) {
    return new AvoidedMeters(
        counter(MeterName.DUPLICATE_TOKENS_AVOIDED, key.team.name(), key.route, "input"),
        counter(MeterName.DUPLICATE_TOKENS_AVOIDED, key.team.name(), key.route, "output"),
        dollars(MeterName.DUPLICATE_COST_AVOIDED, key.team.name(), key.route));
  }

  /**
   * A call whose last client had left is no longer an orphan.
   *
   * @param outcome {@code returned}, {@code finished}, {@code cancelled}, {@code budget_spent} or
   *     {@code released}
   */
  public void orphan(String route, String provider, String outcome) {
    var key = new OrphanKey(route, provider, words.of(outcome, true));
    Counter counter = orphans.get(key);
    if (counter == null) {
      counter =
          orphans.computeIfAbsent(
              key, k -> counter(MeterName.ORPHANS, k.route, k.provider, k.outcome));
    }
    counter.increment();
  }

  private void countMetering(CallRecord call) {
    CallRecord.Metering metering = call.metering();
    String pool = metering.pool();
    if (pool == null) {
      return;
    }
    var key = new QueueKey(call.team(), pool);
    PoolTimes meters = queues.get(key);
    if (meters == null) {
      meters = queues.computeIfAbsent(key, this::newPoolTimes);
    }
    meters.queue.record(call.queueNanos(), TimeUnit.NANOSECONDS);
    add(meters.reserved, metering.reservedTokens());
    if (metering.reservedTokens() > 0) {
      add(meters.settled, call.usage().input() + call.usage().output());
    }
    ContentClass content = metering.content();
    if (call.usageSource() == UsageSource.PROVIDER
        && content != null
        && metering.estimatedInput() > 0
        && call.usage().input() > 0) {
      var cell = new RatioKey(call.provider(), modelOf(call), content);
      DistributionSummary ratio = ratios.get(cell);
      if (ratio == null) {
        ratio = ratios.computeIfAbsent(cell, this::newRatio);
      }
      ratio.record((double) call.usage().input() / metering.estimatedInput());
    }
  }

  private void countCaching(CallRecord call) {
    CallRecord.Caching caching = call.caching();
    String role = caching.role();
    if (role == null) {
      return;
    }
    var key = new CacheKey(call.route(), call.provider(), words.of(role, true));
    CacheMeters meters = caches.get(key);
    if (meters == null) {
      meters = caches.computeIfAbsent(key, this::newCacheMeters);
    }
    meters.calls.increment();
    if (caching.waitNanos() > 0) {
      meters.waiting.record(caching.waitNanos(), TimeUnit.NANOSECONDS);
    }
    meters.saved.add(caching.saved());
    meters.wasted.add(caching.wasted());
  }

  private CacheMeters newCacheMeters(CacheKey key) {
    return new CacheMeters(
        counter(MeterName.CACHE_CALLS, key.route, key.provider, key.role),
        timer(MeterName.CACHE_WAIT, QUEUE_BUCKETS, key.route, key.provider),
        dollars(MeterName.GATE_SAVED, key.route, key.provider, key.role),
        dollars(MeterName.STAMPEDE_WASTE, key.route, key.provider, key.role));
  }

  private PoolTimes newPoolTimes(QueueKey key) {
    String team = nameOf(key.team);
    return new PoolTimes(
        timer(MeterName.QUEUE, QUEUE_BUCKETS, team, key.pool),
        counter(MeterName.RESERVED_TOKENS, team, key.pool),
        counter(MeterName.SETTLED_TOKENS, team, key.pool));
  }

  private DistributionSummary newRatio(RatioKey cell) {
    return DistributionSummary.builder(MeterName.ESTIMATE_RATIO.meter())
        .serviceLevelObjectives(RATIO_BUCKETS)
        .tags(tags(MeterName.ESTIMATE_RATIO, cell.provider, cell.model, lowerCase(cell.content)))
        .description(MeterName.ESTIMATE_RATIO.says())
        .register(registry);
  }

  /**
   * A provider's count of the same kind of text has jumped up.
   *
   * @param model as clients name it, or null; folds into another where there are too many
   */
  public void tokenizerDrift(String provider, @Nullable String model, ContentClass content) {
    counter(
            MeterName.TOKENIZER_DRIFT,
            provider,
            model == null ? NONE : driftModels.of(model, true),
            lowerCase(content))
        .increment();
  }

  /**
   * A call goes past the account that was first in line for it.
   *
   * @param reason why; a word of the source
   */
  public void accountSpilled(String provider, String reason) {
    var key = new SpillKey(provider, words.of(reason, true));
    Counter counter = spills.get(key);
    if (counter == null) {
      counter =
          spills.computeIfAbsent(key, k -> counter(MeterName.ACCOUNT_SPILLS, k.provider, k.reason));
    }
    counter.increment();
  }

  private void countReplay(CallRecord call) {
    TeamId team = call.team();
    if (team != null && !call.isLive()) {
      replayed(team, call.route(), call.replay());
      Usage avoided = call.avoided();
      duplicateTokensAvoided(
          team, call.route(), avoided.input(), avoided.output(), call.avoidedCost());
    }
    if (!call.orphan().equals(NONE)) {
      orphan(call.route(), call.provider(), call.orphan());
    }
  }

  private static void count(TokenMeters meters, Usage usage) {
    add(meters.uncachedInput, usage.uncachedInput());
    add(meters.cacheRead, usage.cacheRead());
    add(meters.cacheWrite, usage.cacheWrites());
    add(meters.output, usage.output());
    add(meters.reasoning, usage.reasoning());
  }

  private void countCost(TokenKey key, CallRecord call) {
    CostMeters meters = costs.get(key);
    if (meters == null) {
      meters = costs.computeIfAbsent(key, this::newCostMeters);
    }
    Cost cost = call.cost();
    meters.input.add(cost.input());
    meters.cacheRead.add(cost.cacheRead());
    meters.cacheWrite.add(cost.cacheWrite());
    meters.output.add(cost.output());
    meters.readSaved.add(cost.readSaved());
    meters.writeExtra.add(cost.writeExtra());
    switch (cost.state()) {
      case NONE, KNOWN -> {}
      case APPROXIMATE -> meters.approximate.add(cost.nanoUsd());
      case UNKNOWN -> add(meters.unpricedTokens, call.usage().input() + call.usage().output());
    }
  }

  private CostMeters newCostMeters(TokenKey key) {
    String team = nameOf(key.team);
    return new CostMeters(
        dollars(MeterName.COST, team, key.route, key.model, "uncached_input"),
        dollars(MeterName.COST, team, key.route, key.model, "cache_read"),
        dollars(MeterName.COST, team, key.route, key.model, "cache_write"),
        dollars(MeterName.COST, team, key.route, key.model, "output"),
        dollars(MeterName.CACHE_SAVED, team, key.route, key.model),
        dollars(MeterName.CACHE_WRITE_EXTRA, team, key.route, key.model),
        dollars(MeterName.APPROXIMATE_COST, team, key.route, key.model),
        counter(MeterName.UNPRICED_TOKENS, team, key.route, key.model));
  }

  /** A sum of dollars, each of which is exact. */
  private NanoDollars dollars(MeterName name, String... labelValues) {
    NanoDollars sum = new NanoDollars();
    FunctionCounter.builder(name.meter(), sum, NanoDollars::dollars)
        .tags(tags(name, labelValues))
        .description(name.says())
        .register(registry);
    return sum;
  }

  private static void countPace(CallMeters meters, CallRecord call) {
    long more = call.usage().output() - 1;
    if (call.stream()
        && call.usageSource() == UsageSource.PROVIDER
        && call.firstByteNanos() >= 0
        && more > 0) {
      long answering = Math.max(0, call.totalNanos() - call.firstByteNanos());
      meters.outputToken.record(answering / more, TimeUnit.NANOSECONDS);
    }
  }

  private static void add(Counter counter, long amount) {
    if (amount > 0) {
      counter.increment((double) amount);
    }
  }

  private CallMeters metersOf(CallRecord call) {
    var key =
        new CallKey(
            call.team(),
            call.route(),
            call.dialect(),
            call.operation(),
            call.provider(),
            call.outcome(),
            reasons.of(call.reason(), true),
            call.usageSource());
    CallMeters meters = calls.get(key);
    return meters != null ? meters : calls.computeIfAbsent(key, this::newCallMeters);
  }

  private CallMeters newCallMeters(CallKey key) {
    String team = nameOf(key.team);
    String outcome = lowerCase(key.outcome);
    return new CallMeters(
        counter(MeterName.CALLS, team, key.route, key.dialect, key.provider, outcome, key.reason),
        counter(MeterName.USAGE_SOURCE, key.provider, lowerCase(key.source)),
        timer(MeterName.DURATION, CALL_BUCKETS, key.operation, key.provider, outcome),
        timer(MeterName.FIRST_CHUNK, CALL_BUCKETS, key.operation, key.provider),
        timer(MeterName.OUTPUT_TOKEN, TOKEN_TIME_BUCKETS, key.operation, key.provider),
        histogram(MeterName.TOKEN_USAGE, key.operation, key.provider, "input"),
        histogram(MeterName.TOKEN_USAGE, key.operation, key.provider, "output"),
        counter(MeterName.KEEP_ALIVES, key.route),
        timer(MeterName.LONGEST_SILENCE, SILENCE_BUCKETS, key.route),
        counter(MeterName.LATE_ERRORS, key.route, key.provider));
  }

  private TokenMeters tokensOf(TokenKey key) {
    TokenMeters meters = tokens.get(key);
    return meters != null ? meters : tokens.computeIfAbsent(key, this::newTokenMeters);
  }

  private TokenMeters newTokenMeters(TokenKey key) {
    return new TokenMeters(
        tokenCounter(key, "uncached_input"),
        tokenCounter(key, "cache_read"),
        tokenCounter(key, "cache_write"),
        tokenCounter(key, "output"),
        tokenCounter(key, "reasoning"));
  }

  private Counter tokenCounter(TokenKey key, String kind) {
    return counter(MeterName.TOKENS, nameOf(key.team), key.route, key.model, kind);
  }

  /** A name that only a client has spoken takes no place from those that providers answer to. */
  private String modelOf(CallRecord call) {
    String model = call.modelServed() != null ? call.modelServed() : call.modelAsked();
    if (model == null) {
      return NONE;
    }
    boolean isKnownToProvider =
        call.usageSource() == UsageSource.PROVIDER || call.usageSource() == UsageSource.PARTIAL;
    BoundedLabels models = modelsByRoute.get(call.route());
    if (models == null) {
      models =
          modelsByRoute.computeIfAbsent(
              call.route(), route -> new BoundedLabels(MODELS_MAX, MODEL_LENGTH_MAX));
    }
    return models.of(model, isKnownToProvider);
  }

  /**
   * A figure that is asked for at each scrape.
   *
   * @param value asked from the scraping thread, so it must be readable from any
   * @param labelValues in the order of {@link MeterName#labels}
   */
  public void gauge(MeterName name, DoubleSupplier value, String... labelValues) {
    Gauge.builder(name.meter(), value::getAsDouble)
        .tags(tags(name, labelValues))
        .baseUnit(name.unit().isEmpty() ? null : name.unit())
        .description(name.says())
        .register(registry);
  }

  /**
   * A count that is kept elsewhere and asked for at each scrape.
   *
   * @param value as for {@link #gauge}; never falls
   */
  public void count(MeterName name, LongSupplier value, String... labelValues) {
    kept.add(value);
    FunctionCounter.builder(name.meter(), value, LongSupplier::getAsLong)
        .tags(tags(name, labelValues))
        .description(name.says())
        .register(registry);
  }

  /**
   * As {@link #count}, of a time.
   *
   * @param nanos shown in seconds
   */
  public void countSeconds(MeterName name, LongSupplier nanos, String... labelValues) {
    kept.add(nanos);
    FunctionCounter.builder(name.meter(), nanos, n -> n.getAsLong() / NANOS_PER_SECOND)
        .tags(tags(name, labelValues))
        .description(name.says())
        .register(registry);
  }

  /**
   * As {@link #count}, of money.
   *
   * @param nanoUsd shown in dollars
   */
  public void countDollars(MeterName name, LongSupplier nanoUsd, String... labelValues) {
    kept.add(nanoUsd);
    FunctionCounter.builder(name.meter(), nanoUsd, n -> n.getAsLong() / NanoDollars.PER_DOLLAR)
        .tags(tags(name, labelValues))
        .description(name.says())
        .register(registry);
  }

  /** Something to be done at the beginning of each scrape, on its thread. */
  public void beforeScrape(Runnable step) {
    beforeScrape.add(step);
  }

  /** What the allocator holds. Does nothing for an allocator that does not tell. */
  public void allocator(ByteBufAllocator allocator) {
    if (allocator instanceof ByteBufAllocatorMetricProvider provider) {
      ByteBufAllocatorMetric metric = provider.metric();
      gauge(MeterName.ALLOCATOR_USED, metric::usedDirectMemory, "direct");
      gauge(MeterName.ALLOCATOR_USED, metric::usedHeapMemory, "heap");
    }
  }

  Timer loopTimer(String loop) {
    return timer(MeterName.LOOP_HELD, LOOP_BUCKETS, loop);
  }

  private Counter counter(MeterName name, String... labelValues) {
    return Counter.builder(name.meter())
        .tags(tags(name, labelValues))
        .description(name.says())
        .register(registry);
  }

  private Timer timer(MeterName name, Duration[] buckets, String... labelValues) {
    return Timer.builder(name.meter())
        .serviceLevelObjectives(buckets)
        .tags(tags(name, labelValues))
        .description(name.says())
        .register(registry);
  }

  private DistributionSummary histogram(MeterName name, String... labelValues) {
    return DistributionSummary.builder(name.meter())
        .serviceLevelObjectives(TOKEN_BUCKETS)
        .tags(tags(name, labelValues))
        .description(name.says())
        .register(registry);
  }

  private static Tags tags(MeterName name, String... values) {
    if (values.length != name.labels().size()) {
      throw new IllegalArgumentException(
          name + " has the labels " + name.labels() + " and was given " + values.length + ".");
    }
    var tags = new ArrayList<Tag>(values.length);
    for (int i = 0; i < values.length; i++) {
      tags.add(Tag.of(name.labels().get(i), values[i]));
    }
    return Tags.of(tags);
  }

  /**
   * All metrics now. Takes milliseconds: never on an event loop.
   *
   * @param accept the scraper's {@code Accept} field, or null; OpenMetrics where it asks for that,
   *     else the plain text format
   */
  public Exposition scrape(@Nullable String accept) {
    boolean isOpenMetrics = accept != null && accept.contains("application/openmetrics-text");
    String contentType =
        isOpenMetrics
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8";
    scraping.lock();
    try {
      beforeScrape.forEach(Runnable::run);
      return new Exposition(
          contentType, registry.scrape(contentType).getBytes(StandardCharsets.UTF_8));
    } finally {
      scraping.unlock();
    }
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }

  private static String nameOf(@Nullable TeamId team) {
    return team == null ? NONE : team.name();
  }

  static String lowerCase(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static Duration[] doubling(Duration first, int steps) {
    var buckets = new Duration[steps];
    for (int i = 0; i < steps; i++) {
      buckets[i] = first.multipliedBy(1L << i);
    }
    return buckets;
  }

  private static Duration[] seconds(int... seconds) {
    var buckets = new Duration[seconds.length];
    for (int i = 0; i < seconds.length; i++) {
      buckets[i] = Duration.ofSeconds(seconds[i]);
    }
    return buckets;
  }

  private static double[] powersOfFour(int steps) {
    var buckets = new double[steps];
    for (int i = 0; i < steps; i++) {
      buckets[i] = 1L << (2 * i);
    }
    return buckets;
  }
}
