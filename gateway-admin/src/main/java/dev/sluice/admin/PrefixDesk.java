package dev.sluice.admin;

import dev.sluice.admin.api.Endpoint;
import dev.sluice.admin.api.PrefixCards;
import dev.sluice.admin.api.PrefixesApi;
import dev.sluice.admin.prefix.KeepWarmMeters;
import dev.sluice.admin.prefix.PrefixAudit;
import dev.sluice.admin.prefix.PrefixMeters;
import dev.sluice.admin.prefix.PrefixStore;
import dev.sluice.admin.prefix.SpendingFile;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.refresh.GateDesk;
import dev.sluice.core.telemetry.Meters;
import dev.sluice.core.warm.KeepWarm;
import dev.sluice.core.warm.KeepWarmSettings;
import dev.sluice.core.warm.KnownPrefix;
import dev.sluice.core.warm.PrefixPrice;
import dev.sluice.core.warm.PrefixReader;
import dev.sluice.core.warm.PrefixReader.Cacheable;
import dev.sluice.core.warm.PrefixReader.NotCacheable;
import dev.sluice.core.warm.RegisteredPrefix;
import dev.sluice.core.warm.WarmCalls;
import dev.sluice.core.warm.WarmOrder;
import dev.sluice.core.warm.WarmTargets;
import dev.sluice.core.warm.WarmThread;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registered prefixes, and what keeps them and others warm, on a thread of its own. */
final class PrefixDesk implements AutoCloseable {

  private static final Duration BETWEEN_ROUNDS = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(PrefixDesk.class);

  private static final WarmOrder NOTHING = new WarmOrder(false, List.of(), null);

  private final PrefixStore store;
  private final WarmTargets targets;
  private final GateDesk gate;
  private final KeepWarm keepWarm;
  private final PrefixCards cards;
  private final WarmThread thread;

  /**
   * Reads what is registered, and begins.
   *
   * @param storage directory; registered prefixes have one of their own in it
   * @param reader says what a request's prefix is
   * @param gate what traffic has shown; asked once a round, and for the admin port
   * @param calls sends refreshes; is given the registered prefixes by their names
   * @param prices null for a prefix without a price
   * @param random used by the thread alone
   */
  PrefixDesk(
      Path storage,
      PrefixReader reader,
      GateDesk gate,
      Function<Function<String, @Nullable RegisteredPrefix>, WarmCalls> calls,
      Function<KnownPrefix, @Nullable PrefixPrice> prices,
      KeepWarmSettings settings,
      LongSupplier nanoTime,
      InstantSource clock,
      RandomGenerator random) {
    store = new PrefixStore(storage.resolve("prefixes"), LOG::warn);
    this.gate = gate;
    gate.register(store.prefixes());
    targets = new WarmTargets(store::prefixes, reader, gate::known);
    keepWarm =
        new KeepWarm(
            targets,
            this::order,
            prices,
            calls.apply(this::registered),
            new SpendingFile(storage, clock, (level, text) -> LOG.atLevel(level).log(text)),
            settings,
            nanoTime,
            clock,
            random);
    cards = new PrefixCards(targets, keepWarm, prices, gate::figures, nanoTime);
    thread = new WarmThread(this::round, BETWEEN_ROUNDS);
  }

  private void round() {
    gate.register(store.prefixes());
    keepWarm.round();
  }

  private @Nullable RegisteredPrefix registered(String name) {
    PrefixStore.Stored stored = store.get(name);
    return stored == null ? null : stored.prefix();
  }

  private @Nullable WarmOrder order(String name) {
    RegisteredPrefix prefix = registered(name);
    if (prefix == null) {
      return null;
    }
    return switch (targets.reading(prefix)) {
      case Cacheable found when found.obstacle() == null -> prefix.order();
      case Cacheable _, NotCacheable _ -> NOTHING; // whatever is wished for it
    };
  }

  /**
   * What is asked about them.
   *
   * @param audit remembers changes of them
   * @param routes names of those there are
   * @param teams whether there is such a one
   */
  List<Endpoint> endpoints(PrefixAudit audit, List<String> routes, Predicate<TeamId> teams) {
    return new PrefixesApi(store, audit, cards, routes, teams).endpoints();
  }

  void show(Meters meters) {
    KeepWarmMeters.show(meters, keepWarm);
    new PrefixMeters(meters, gate::figures);
  }

  void apply(KeepWarmSettings changed) {
    keepWarm.apply(changed);
  }

  @Override
  public void close() {
    thread.close();
  }
}
