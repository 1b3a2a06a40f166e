package dev.sluice.billing.admission;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One pool in virtual time: the clock moves when a test says so, alarms ring when they are due. */
final class World implements LongSupplier, Alarm {

  static final long SECOND = 1_000_000_000L;
  static final long MINUTE = 60 * SECOND;

  private record Due(long at, long order, Runnable what) {}

  /** One ask, and all that became of it. */
  static final class Call {
    final TeamId team;
    final Estimate estimate;
    final long askedNanos;
    private final World world;
    private @Nullable Waiting waiting;
    @Nullable Decision decision;
    int answers;
    long decidedNanos;

    /** Which decision of the world it was. */
    long decided;

    boolean hasLeft;

    /** Asked with a place of its own from before. */
    boolean isPlaced;

    Call(World world, TeamId team, Estimate estimate) {
      this.world = world;
      this.team = team;
      this.estimate = estimate;
      this.askedNanos = world.now;
    }

    boolean isAdmitted() {
      return decision instanceof Decision.Admitted;
    }

    boolean isWaiting() {
      return decision == null && !hasLeft;
    }

    long waitedNanos() {
      return decidedNanos - askedNanos;
    }

    Reservation reservation() {
      if (decision instanceof Decision.Admitted admitted) {
        return admitted.reservation();
      }
      throw new AssertionError("not admitted: " + decision);
    }

    Decision.Refused refused() {
      if (decision instanceof Decision.Refused refused) {
        return refused;
      }
      throw new AssertionError("not refused: " + decision);
    }

    void settle(long input, long output) {
      reservation().settle(new Usage(input, 0, 0, 0, 0, 0, output, 0));
    }

    void leave() {
      if (isWaiting()) {
        hasLeft = true;
        decidedNanos = world.now;
      }
      if (waiting != null) {
        waiting.leave();
      }
    }

    private void hears(Decision made) {
      answers++;
      decision = made;
      decidedNanos = world.now;
      decided = world.decisions++;
      if (world.onDecision != null) {
        world.onDecision.accept(this);
      }
    }
  }

  private final PriorityQueue<Due> due =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.signum(a.at - b.at) : Long.compare(a.order, b.order));

  private long order;
  private long decisions;
  long now;

  /** How late alarms ring. */
  long lateNanos;

  final List<Call> calls = new ArrayList<>();
  @Nullable Consumer<Call> onDecision;
  final Admission admission;
  final Pool pool;

  World(PoolSettings settings, long start) {
    now = start;
    admission = new Admission(List.of(settings), this, this);
    pool = admission.pools().getFirst();
  }

  World(PoolSettings settings) {
    this(settings, Long.MAX_VALUE - 5 * SECOND); // nanoTime may wrap, and so it does here
  }

  @Override
  public long getAsLong() {
    return now;
  }

  @Override
  public void ring(long atNanoTime, Runnable what) {
    due.add(new Due(atNanoTime + lateNanos, order++, what));
  }

  /** Does something later. */
  void in(long nanos, Runnable what) {
    due.add(new Due(now + nanos, order++, what));
  }

  void pass(long nanos) {
    long until = now + nanos;
    int storm = 1_000_000;
    for (Due next = due.peek(); next != null && next.at - until <= 0; next = due.peek()) {
      due.remove();
      now = next.at - now > 0 ? next.at : now;
      next.what.run();
      if (--storm == 0) {
        throw new AssertionError("alarms ring in vain, again and again: " + pool);
      }
    }
    now = until;
  }

  Call ask(TeamId team, long tokens) {
    return ask(team, new Estimate(tokens, 0, -1), null);
  }

  Call ask(TeamId team, Estimate estimate, @Nullable Place earlier) {
    Call call = new Call(this, team, estimate);
    call.isPlaced = earlier != null;
    calls.add(call);
    call.waiting = pool.ask(team, estimate, earlier, Runnable::run, call::hears);
    return call;
  }

  PoolView view() {
    AtomicReference<PoolView> seen = new AtomicReference<>();
    pool.view(Runnable::run, seen::set);
    PoolView view = seen.get();
    if (view == null) {
      throw new AssertionError("nothing seen");
    }
    return view;
  }

  PoolView.TeamView view(TeamId team) {
    return view().teams().stream()
        .filter(each -> each.team().equals(team))
        .findFirst()
        .orElseThrow();
  }

  /** How many there have been. */
  long decisions() {
    return decisions;
  }

  /** Of the first meter. */
  long level() {
    return view().meters().getFirst().level();
  }

  // Settings, as tests need them.

  static PoolSettings pool(long perMinute, long burst, Map<TeamId, Quota> quotas) {
    return pool(List.of(new Meter(Counts.TOTAL_TOKENS, perMinute, burst)), quotas);
  }

  static PoolSettings pool(List<Meter> meters, Map<TeamId, Quota> quotas) {
    return new PoolSettings(
        "pool",
        meters,
        Counting.PLAIN,
        Mode.ENFORCE,
        quotas,
        Quota.borrowing(Duration.ofMinutes(1)),
        100_000);
  }

  static Quota guaranteed(long perMinute) {
    return quota(perMinute, 0, 1, Lane.INTERACTIVE, Duration.ofHours(1));
  }

  static Quota weighing(int weight) {
    return quota(0, 0, weight, Lane.INTERACTIVE, Duration.ofHours(1));
  }

  static Quota quota(long guaranteed, long ceiling, int weight, Lane lane, Duration maxWait) {
    return new Quota(guaranteed, ceiling, weight, lane, maxWait, 0, Mode.ENFORCE);
  }
}
