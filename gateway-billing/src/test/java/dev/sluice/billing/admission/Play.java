package dev.sluice.billing.admission;

import static dev.sluice.billing.admission.World.SECOND;
import static dev.sluice.billing.pool.Bucket.TOKEN;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A random schedule on a random pool, with a naive book beside it that knows no epochs, no units
 * and no order. What may happen, {@link May} says.
 */
final class Play {

  /** What may happen besides asking, settling at or below the estimate, giving back and leaving. */
  enum May {
    /** Answers longer than reserved. */
    OVERRUN,
    /** Requests larger than what nobody saves, or than the whole bucket. */
    OVERSIZE,
    /** Pauses, slow-downs, and limits heard. */
    PROVIDER,
    /** Rates and bursts of meters, and all of quotas. */
    RELOAD,
    /** Ceilings on teams. */
    CEILINGS,
    /** Alarms that ring late. */
    LATE,
    /** Asking first whether the call could go. */
    CHOICE
  }

  /** A guarantee by its definition: a bucket of its own, spent first. */
  private static final class Promise {
    final BigInteger rate;
    final BigInteger burst;
    BigInteger level;
    long at;

    Promise(long rate, long burst, long now) {
      this.rate = BigInteger.valueOf(rate);
      this.burst = BigInteger.valueOf(burst).multiply(BigInteger.valueOf(TOKEN));
      this.level = this.burst;
      this.at = now;
    }

    boolean holds(long cost, long now) {
      level = level.add(rate.multiply(BigInteger.valueOf(now - at))).min(burst);
      at = now;
      return level.compareTo(units(cost)) >= 0;
    }

    void spend(long cost, long now) {
      holds(cost, now);
      level = level.subtract(units(cost)).max(BigInteger.ZERO);
    }
  }

  /** A line of the book: tokens taken at a moment, or another limit from then on. */
  private static final class Line {
    final long time;
    long tokens;
    final long newRate;
    final long newBurst;

    Line(long time, long tokens, long newRate, long newBurst) {
      this.time = time;
      this.tokens = tokens;
      this.newRate = newRate;
      this.newBurst = newBurst;
    }
  }

  final long seed;
  final SplittableRandom random;
  final Set<May> may;
  PoolSettings settings;
  final World world;
  final List<World.Call> open = new ArrayList<>();
  private final Map<World.Call, Map<Counts, Line>> taken = new HashMap<>();
  private final Map<Counts, List<Line>> book = new EnumMap<>(Counts.class);
  private final PoolSettings firstSettings;
  private final long start;
  private final Map<TeamId, Map<Counts, Promise>> promises = new HashMap<>();
  private final int teams;

  Play(long seed, Set<May> may) {
    this.seed = seed;
    this.may = may.isEmpty() ? EnumSet.noneOf(May.class) : EnumSet.copyOf(may);
    random = new SplittableRandom(seed);
    teams = 2 + random.nextInt(4);
    settings = settings(null);
    firstSettings = settings;
    world = new World(settings);
    world.lateNanos = may.contains(May.LATE) ? random.nextLong(SECOND) : 0;
    start = world.now;
    // The others' team is known from its first call on: not to be seen as a change later.
    world.ask(team(teams - 1), 1).reservation().giveBack();
    world.calls.clear();
    world.onDecision = this::decided;
    for (Counts counts : Counts.values()) {
      book.put(counts, new ArrayList<>());
    }
    settings.quotas().forEach(this::promise);
  }

  private void promise(TeamId team, Quota quota) {
    if (quota.guaranteed() == 0) {
      return;
    }
    Map<Counts, Promise> each = new EnumMap<>(Counts.class);
    for (Meter meter : settings.meters()) {
      each.put(
          meter.counts(),
          new Promise(
              settings.guaranteedPerMinute(quota, meter),
              settings.guaranteedBurst(quota, meter),
              world.now));
    }
    promises.put(team, each);
  }

  /** Rates of a few thousand and bursts of a few hundred, so that everything happens often. */
  private PoolSettings settings(@Nullable PoolSettings before) {
    List<Meter> meters = new ArrayList<>();
    if (before == null) {
      int kind = random.nextInt(4);
      if (kind != 1) {
        meters.add(meter(Counts.TOTAL_TOKENS));
      }
      if (kind == 1 || kind == 3) {
        meters.add(meter(Counts.INPUT_TOKENS));
        meters.add(meter(Counts.OUTPUT_TOKENS));
      }
      if (kind >= 2) {
        meters.add(
            new Meter(Counts.REQUESTS, 200 + random.nextInt(2_000), 20 + random.nextInt(50)));
      }
    } else {
      before.meters().forEach(meter -> meters.add(meter(meter.counts())));
    }
    long rate = main(meters).perMinute();
    Map<TeamId, Quota> quotas = new LinkedHashMap<>();
    long left = rate / 2; // with rounding up of small shares, all of it would not always fit
    for (int t = 0; t < teams - 1; t++) {
      long guaranteed = random.nextBoolean() ? random.nextLong(left / 2) : 0;
      left -= guaranteed;
      long ceiling =
          may.contains(May.CEILINGS) && random.nextInt(3) == 0
              ? Math.max(1, guaranteed) + random.nextLong(rate)
              : 0;
      quotas.put(
          team(t),
          new Quota(
              guaranteed,
              ceiling,
              1 + random.nextInt(4),
              random.nextBoolean() ? Lane.INTERACTIVE : Lane.BATCH,
              random.nextInt(4) == 0 ? Duration.ZERO : Duration.ofMillis(random.nextInt(60_000)),
              0,
              Mode.ENFORCE));
    }
    return new PoolSettings(
        "pool",
        meters,
        Counting.PLAIN,
        Mode.ENFORCE,
        quotas,
        Quota.borrowing(Duration.ofSeconds(random.nextInt(30))),
        1 + random.nextInt(20));
  }

  private Meter meter(Counts counts) {
    return counts == Counts.REQUESTS
        ? new Meter(counts, 200 + random.nextInt(2_000), 20 + random.nextInt(50))
        : new Meter(counts, 1_000 + random.nextInt(9_000), 200 + random.nextInt(2_000));
  }

  private static Meter main(List<Meter> meters) {
    return new PoolSettings(
            "p", meters, Counting.PLAIN, Mode.ENFORCE, Map.of(), Quota.borrowing(Duration.ZERO), 1)
        .mainMeter();
  }

  static TeamId team(int number) {
    return new TeamId("team-" + number);
  }

  /** One thing happens. */
  void step() {
    int kind = random.nextInt(16);
    if (kind < 4) {
      world.pass(random.nextLong(1 + random.nextLong(4 * SECOND)));
    } else if (kind < 9) {
      ask(null, estimate());
    } else if (kind < 12) {
      settleSome();
    } else if (kind == 12) {
      giveBackSome();
    } else if (kind == 13) {
      leaveSome();
    } else if (kind == 14 && may.contains(May.PROVIDER)) {
      provider();
    } else if (kind == 15 && may.contains(May.RELOAD)) {
      reload();
    }
  }

  private Estimate estimate() {
    long most = Long.MAX_VALUE;
    for (Meter meter : settings.meters()) {
      if (meter.counts() != Counts.REQUESTS) {
        long saved = 0;
        for (Quota quota : settings.quotas().values()) {
          saved += settings.guaranteedBurst(quota, meter);
        }
        most = Math.min(most, meter.burst() - saved);
      }
    }
    // The smallest pool that a reload may make has 200, half of them saved.
    most = may.contains(May.OVERSIZE) ? 4_000 : may.contains(May.RELOAD) ? 90 : Math.max(2, most);
    long tokens = 1 + random.nextLong(1 + random.nextLong(most - 1));
    long output = random.nextLong(tokens);
    return new Estimate(tokens - output, output, -1);
  }

  World.Call ask(@Nullable Place place, Estimate estimate) {
    TeamId team = team(random.nextInt(teams));
    Map<Counts, Promise> promised = promises.getOrDefault(team, Map.of());
    boolean isPromised =
        !promised.isEmpty()
            && world.calls.stream().noneMatch(c -> c.team.equals(team) && c.isWaiting());
    if (isPromised) {
      for (var each : promised.entrySet()) {
        isPromised &= each.getValue().holds(cost(each.getKey(), estimate), world.now);
      }
    }
    PoolView before = world.view();
    boolean isChoice = may.contains(May.CHOICE) && place == null && random.nextBoolean();
    boolean mayGo = isChoice && world.pool.mayGoNow(team, estimate);
    if (isChoice) {
      assertThat(world.view()).as("asking takes nothing, seed %d", seed).isEqualTo(before);
    }
    World.Call call = world.ask(team, estimate, place);
    if (isChoice) {
      assertThat(call.isAdmitted())
          .as("whether it may go is said as it is, seed %d", seed)
          .isEqualTo(mayGo);
    }
    if (call.decision != null && !call.isAdmitted()) {
      assertThat(withoutRefusals(world.view()))
          .as("I6: a refused call changes nothing, seed %d", seed)
          .isEqualTo(withoutRefusals(before));
    }
    if (isPromised
        && may.stream().allMatch(m -> m == May.LATE || m == May.CEILINGS || m == May.CHOICE)) {
      assertThat(call.isAdmitted())
          .as("I2: within its guarantee, seed %d: %s", seed, call.decision)
          .isTrue();
    }
    return call;
  }

  private static String withoutRefusals(PoolView view) {
    return view.toString().replaceAll("refused=\\{[^}]*}", "");
  }

  private void decided(World.Call call) {
    if (!call.isAdmitted()) {
      return;
    }
    open.add(call);
    Map<Counts, Line> lines = new EnumMap<>(Counts.class);
    for (Meter meter : settings.meters()) {
      long cost = cost(meter.counts(), call.estimate);
      Line line = new Line(world.now, cost, 0, 0);
      lines.put(meter.counts(), line);
      lines(meter.counts()).add(line);
      Promise promise = promises.getOrDefault(call.team, Map.of()).get(meter.counts());
      if (promise != null) {
        promise.spend(cost, world.now);
      }
    }
    taken.put(call, lines);
  }

  static long cost(Counts counts, Estimate estimate) {
    return switch (counts) {
      case REQUESTS -> 1;
      case INPUT_TOKENS -> estimate.input();
      case OUTPUT_TOKENS -> estimate.output();
      case TOTAL_TOKENS -> estimate.input() + estimate.output();
    };
  }

  private void settleSome() {
    if (open.isEmpty()) {
      return;
    }
    World.Call call = open.remove(random.nextInt(open.size()));
    Estimate was = call.estimate;
    long input = upTo(was.input());
    boolean isOverrun = may.contains(May.OVERRUN) && random.nextInt(3) == 0;
    long output = upTo(was.output()) + (isOverrun ? 1 + random.nextLong(500) : 0);
    call.settle(input, output);
    taken(call)
        .forEach(
            (counts, line) -> {
              long actual = cost(counts, new Estimate(input, output, -1));
              line.tokens = Math.min(line.tokens, actual);
              long more = actual - cost(counts, was);
              if (more > 0) {
                lines(counts).add(new Line(world.now, more, 0, 0));
              }
            });
  }

  private long upTo(long most) {
    return most == 0 ? 0 : random.nextBoolean() ? most : random.nextLong(most + 1);
  }

  private void giveBackSome() {
    if (open.isEmpty()) {
      return;
    }
    World.Call call = open.remove(random.nextInt(open.size()));
    Place place = call.reservation().giveBack();
    taken(call).values().forEach(line -> line.tokens = 0);
    if (random.nextBoolean()) {
      world.ask(call.team, call.estimate, place);
    }
  }

  private void leaveSome() {
    List<World.Call> waiting = world.calls.stream().filter(World.Call::isWaiting).toList();
    if (!waiting.isEmpty()) {
      waiting.get(random.nextInt(waiting.size())).leave();
    }
  }

  private void provider() {
    switch (random.nextInt(3)) {
      case 0 -> world.pool.pause(random.nextLong(5 * SECOND));
      case 1 -> world.pool.slowDown();
      default -> {
        Meter meter = settings.meters().get(random.nextInt(settings.meters().size()));
        world.pool.hear(
            new ProviderLimits(
                List.of(
                    new ProviderLimits.Said(
                        meter.counts(),
                        1 + random.nextLong(2 * meter.perMinute()),
                        random.nextLong(2 * meter.burst())))));
      }
    }
  }

  /** The provider is back at what was configured. */
  void hearNothingBad(Meter meter) {
    world.pool.hear(
        new ProviderLimits(
            List.of(new ProviderLimits.Said(meter.counts(), meter.perMinute(), -1))));
  }

  private void reload() {
    settings = settings(settings);
    for (Meter meter : settings.meters()) {
      lines(meter.counts()).add(new Line(world.now, 0, meter.perMinute(), meter.burst()));
    }
    world.admission.apply(List.of(settings));
  }

  /** Everything comes to its end. */
  void end() {
    while (!open.isEmpty() || world.calls.stream().anyMatch(World.Call::isWaiting)) {
      settleSome();
      world.pass(SECOND);
    }
  }

  /**
   * Replays the book of one meter.
   *
   * @return the lowest level there was, and the level now, in units
   */
  BigInteger[] replay(Counts counts) {
    Meter meter =
        firstSettings.meters().stream().filter(m -> m.counts() == counts).findFirst().orElseThrow();
    BigInteger rate = BigInteger.valueOf(meter.perMinute());
    BigInteger burst = units(meter.burst());
    BigInteger level = burst;
    BigInteger lowest = level;
    long at = start;
    for (Line line : lines(counts)) {
      level = level.add(rate.multiply(BigInteger.valueOf(line.time - at))).min(burst);
      at = line.time;
      if (line.newRate > 0) {
        rate = BigInteger.valueOf(line.newRate);
        burst = units(line.newBurst);
        level = level.min(burst);
      }
      level = level.subtract(units(line.tokens));
      lowest = lowest.min(level);
    }
    level = level.add(rate.multiply(BigInteger.valueOf(world.now - at))).min(burst);
    return new BigInteger[] {lowest, level};
  }

  private List<Line> lines(Counts counts) {
    return requireNonNull(book.get(counts));
  }

  private Map<Counts, Line> taken(World.Call call) {
    return requireNonNull(taken.get(call));
  }

  int charges() {
    return taken.size();
  }

  private static BigInteger units(long tokens) {
    return BigInteger.valueOf(tokens).multiply(BigInteger.valueOf(TOKEN));
  }
}
