package dev.sluice.core.warm;

import dev.sluice.core.warm.WarmCalls.Outcome;
import dev.sluice.core.warm.WarmCalls.Sent;
import dev.sluice.core.warm.WarmSchedule.Occurrence;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refreshes prompt cache entries while that is cheaper than writing them again, and never for more
 * than a budget.
 *
 * <p>Whoever holds it calls {@link #round} about once a second, always from one thread. A round
 * looks at all that is known: an entry under a schedule is written and held; one that clients have
 * used is extended by {@link KeepWarmRule} until they come again or the rule ends it; a use by a
 * client is a refresh that costs nothing, and begins the count anew. An entry that a refresh finds
 * gone although it was believed to live is not extended until clients use it again.
 *
 * <p>The budget: before anything is sent, the price of a write is taken, because nobody knows
 * whether the entry is still there; when the answer has come, what it cost takes its place. One
 * that costs more than a write of its tokens (a long question behind the prefix) is booked in full,
 * and nothing is sent while the day's money is gone. What is taken is in the {@link SpendingBook}
 * before the refresh is sent, and nothing is sent while that cannot be written: so the day's money
 * is counted over restarts, and what was on its way when a process ended counts as spent.
 *
 * <p>Of one prefix at most one refresh is on its way, of all {@value #IN_FLIGHT_MAX}. One that is
 * not answered within ten minutes counts as failed, and as spent.
 */
public final class KeepWarm {

  static final int IN_FLIGHT_MAX = 32;

  private static final long FLIGHT_MAX = Duration.ofMinutes(10).toNanos();
  private static final Logger LOG = LoggerFactory.getLogger(KeepWarm.class);

  private record Answer(Flight flight, Sent sent) {}

  /** To be sent once its money is in the book. */
  private record Due(KnownPrefix prefix, WarmState state, WarmBudgets.Taken taken) {}

  private final Supplier<List<KnownPrefix>> known;
  private final Function<String, @Nullable WarmOrder> orders;
  private final Function<KnownPrefix, @Nullable PrefixPrice> prices;
  private final WarmCalls calls;
  private final LongSupplier nanoTime;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final WarmFigures figures = new WarmFigures();

  // From any thread.
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private volatile KeepWarmSettings settings;
  private volatile Map<String, WarmSpending> spendingByName = Map.of();
  private volatile WarmSpending spending;
  private volatile boolean isBooking = true;

  // Of the round.
  private final WarmBudgets budgets;
  private final Map<Object, WarmState> states = new HashMap<>();
  private final Set<Flight> flights = new HashSet<>();

  /**
   * Reads what has been spent of the day. Blocks.
   *
   * @param known what is to be looked at in a round; bounded by whoever supplies it
   * @param orders by name; null for a name that nobody has registered any more
   * @param prices null for a prefix without a price: no refresh is sent for it
   * @param book called here, and then by rounds only
   */
  public KeepWarm(
      Supplier<List<KnownPrefix>> known,
      Function<String, @Nullable WarmOrder> orders,
      Function<KnownPrefix, @Nullable PrefixPrice> prices,
      WarmCalls calls,
      SpendingBook book,
      KeepWarmSettings settings,
      LongSupplier nanoTime,
      InstantSource clock,
      RandomGenerator random) {
    this.known = known;
    this.orders = orders;
    this.prices = prices;
    this.calls = calls;
    this.settings = settings;
    this.nanoTime = nanoTime;
    this.clock = clock;
    this.random = random;
    this.budgets = new WarmBudgets(clock, book);
    this.spending = budgets.all();
    this.spendingByName = Map.copyOf(budgets.byName());
  }

  /** Others from the next round on. Any thread. */
  public void apply(KeepWarmSettings changed) {
    settings = changed;
  }

  /** For all refreshes of a UTC day, as it is now. Any thread. */
  public long budgetPerDayNanoUsd() {
    return settings.budgetPerDayNanoUsd();
  }

  /**
   * Whether what refreshes spend could be written down when it last had to be; while it cannot,
   * none is sent. Any thread.
   */
  public boolean isBooking() {
    return isBooking;
  }

  /** What has been done. Any thread. */
  public WarmFigures figures() {
    return figures;
  }

  /** Of all refreshes, as of the last round. Any thread. */
  public WarmSpending spending() {
    return spending;
  }

  /** Of a registered prefix's refreshes today, as of the last round; null for none. Any thread. */
  public @Nullable WarmSpending spending(String name) {
    return spendingByName.get(name);
  }

  /**
   * Looks at everything once. One thread; waits for nothing but the book, and throws nothing that a
   * prefix makes a room throw.
   */
  public void round() {
    long now = nanoTime.getAsLong();
    settle(now);
    KeepWarmSettings in = settings;
    if (in.budgetPerDayNanoUsd() == 0) {
      isBooking = budgets.keep();
      publish();
      return; // nothing will be sent, so there is no use to look
    }
    Set<Object> seen = new HashSet<>();
    List<Due> due = new ArrayList<>();
    for (KnownPrefix prefix : known.get()) {
      seen.add(prefix.id());
      try {
        look(prefix, in, now, due);
      } catch (RuntimeException bug) {
        LOG.error("A prefix of {} was not kept warm in this round.", prefix.provider(), bug);
      }
    }
    // All of a round with one write, which waits for the disk.
    isBooking = budgets.keep();
    for (Due each : due) {
      if (isBooking) {
        send(each, now);
      } else {
        budgets.settle(each.taken, 0);
      }
    }
    states.entrySet().removeIf(e -> !seen.contains(e.getKey()) && e.getValue().flight == null);
    publish();
  }

  private void look(KnownPrefix prefix, KeepWarmSettings in, long now, List<Due> due) {
    WarmState state = states.computeIfAbsent(prefix.id(), id -> new WarmState());
    PrefixPrice price = prices.apply(prefix);
    boolean wasKept = state.sees(prefix);
    if (wasKept && price != null) {
      figures.saved(price.writeNanoUsd() - price.readNanoUsd());
    }
    if (price == null || state.flight != null || in.budgetPerDayNanoUsd() == 0) {
      return;
    }
    WarmOrder order = prefix.name() == null ? null : orders.apply(prefix.name());
    boolean isKept = order == null ? in.isForLearnedToo() : order.isKeptWarm();
    Occurrence going =
        order == null ? null : state.going(order.schedules(), prefix, clock.instant(), random);
    boolean isDue =
        switch (state.wish(prefix, isKept, price.rule(), going, now)) {
          case NOT -> false;
          case EXTEND -> state.isNear(prefix, price.rule(), now, random);
          case HOLD ->
              state.isNear(prefix, price.rule(), now, random)
                  || isShortFor(Objects.requireNonNull(going), prefix, now);
        };
    if (isDue && flights.size() + due.size() < IN_FLIGHT_MAX && calls.canSend(prefix)) {
      long most = Math.max(price.writeNanoUsd(), price.readNanoUsd());
      Long limit = order == null ? null : order.budgetPerDayNanoUsd();
      WarmBudgets.Taken taken = budgets.take(most, in.budgetPerDayNanoUsd(), prefix.name(), limit);
      if (taken != null) {
        due.add(new Due(prefix, state, taken));
      } else if (state.isNewlyShort()) {
        figures.foundNoMoney();
      }
    }
  }

  /** Whether little life would be left when it has to be warm. */
  private boolean isShortFor(Occurrence going, KnownPrefix prefix, long now) {
    long half = prefix.lifetimeNanos() / 2;
    Duration ahead = Duration.between(clock.instant(), going.warmBefore());
    return !ahead.isNegative()
        && ahead.compareTo(Duration.ofNanos(half)) <= 0
        && prefix.remainingNanos(now) < ahead.toNanos() + half;
  }

  private void send(Due due, long now) {
    KnownPrefix prefix = due.prefix;
    WarmState state = due.state;
    Flight flight = new Flight(prefix, state, now, due.taken);
    flights.add(flight);
    state.sent(flight);
    try {
      calls.send(prefix, sent -> answers.add(new Answer(flight, sent)));
    } catch (RuntimeException bug) {
      LOG.error("A refresh for {} was not sent.", prefix.provider(), bug);
      answers.add(new Answer(flight, new Sent(Outcome.FAILED, null)));
    }
  }

  private void settle(long now) {
    for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
      end(answer.flight, answer.sent, now);
    }
    List<Flight> late = new ArrayList<>();
    for (Flight flight : flights) {
      if (now - flight.sentAt() > FLIGHT_MAX) {
        late.add(flight);
      }
    }
    late.forEach(flight -> end(flight, new Sent(Outcome.FAILED, null), now));
  }

  private void end(Flight flight, Sent sent, long now) {
    if (!flights.remove(flight)) {
      return; // told twice, or given up
    }
    Long known = sent.costNanoUsd();
    long cost = known == null ? flight.taken().nanoUsd() : known;
    budgets.settle(flight.taken(), cost);
    figures.ended(sent.outcome(), cost);
    flight.state().ended(flight, sent.outcome(), now);
  }

  private void publish() {
    spending = budgets.all();
    spendingByName = Map.copyOf(budgets.byName());
  }
}
