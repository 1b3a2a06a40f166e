package dev.sluice.core.refresh;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.flow.OwnCall;
import dev.sluice.core.flow.RequestFlow;
import dev.sluice.core.flow.WarmUps;
import dev.sluice.core.prefix.PrefixId;
import dev.sluice.core.warm.KnownPrefix;
import dev.sluice.core.warm.RegisteredPrefix;
import dev.sluice.core.warm.WarmCalls;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Renews entries by calls of the gateway's own. Any thread; the calls run on the loops. */
public final class RefreshCalls implements WarmCalls {

  private static final Sent NOT_SENT = new Sent(Outcome.FAILED, 0L);

  private final RequestReader reader;
  private final Function<String, @Nullable RegisteredPrefix> registered;
  private final Map<String, Route.Family> families;
  private final WarmUps learned;
  private final List<LoopFlow> loops;

  /**
   * A loop and its flow.
   *
   * @param flow confined to {@code loop}
   */
  public record LoopFlow(EventExecutor loop, RequestFlow flow) {}

  /** What is to be asked. */
  private record Ask(String target, HttpHeaders fields, byte[] body, TeamId team) {}

  /**
   * The world of the flow.
   *
   * @param registered by name; null where there is none of that name any more
   * @param families by the name of the route
   * @param learned what renews those that nobody registered
   * @param loops at least one; may be filled later
   */
  public RefreshCalls(
      RequestReader reader,
      Function<String, @Nullable RegisteredPrefix> registered,
      Map<String, Route.Family> families,
      WarmUps learned,
      List<LoopFlow> loops) {
    this.reader = reader;
    this.registered = registered;
    this.families = Map.copyOf(families);
    this.learned = learned;
    this.loops = loops;
  }

  /**
   * What only traffic has shown, and not twice yet, or in a form that cannot be renewed, is not.
   */
  @Override
  public boolean canSend(KnownPrefix prefix) {
    return prefix.name() != null || (prefix.id() instanceof PrefixId id && learned.of(id) != null);
  }

  @Override
  public void send(KnownPrefix prefix, Consumer<Sent> then) {
    Ask ask = prefix.name() == null ? ofLearned(prefix) : ofRegistered(prefix.name());
    if (ask == null || loops.isEmpty()) {
      then.accept(NOT_SENT);
      return;
    }
    LoopFlow at = loops.get(Math.floorMod(prefix.id().hashCode(), loops.size()));
    OwnCall call =
        new OwnCall(
            ask.target, ask.fields, ask.body, ask.team, record -> then.accept(sent(record)));
    at.loop.execute(() -> at.flow.own(call));
  }

  private @Nullable Ask ofLearned(KnownPrefix prefix) {
    WarmUps.Kept kept = prefix.id() instanceof PrefixId id ? learned.of(id) : null;
    return kept == null
        ? null
        : new Ask(kept.target(), kept.fields().copy(), kept.body(), kept.team());
  }

  private @Nullable Ask ofRegistered(String name) {
    RegisteredPrefix own = registered.apply(name);
    Route.Family family = own == null ? null : families.get(own.route());
    RegisteredRequest found = own == null ? null : reader.of(own.route(), own.request());
    if (own == null || family == null || found == null) {
      return null;
    }
    byte[] body = found.warmUp(family, own.request());
    return body == null
        ? null
        : new Ask(found.target(), RequestReader.headers(family), body, own.team());
  }

  private static Sent sent(@Nullable CallRecord record) {
    if (record == null) {
      return NOT_SENT;
    }
    Long cost = record.cost().isKnown() ? record.cost().nanoUsd() : null;
    if (record.outcome() != CallRecord.Outcome.COMPLETE
        || record.usageSource() != UsageSource.PROVIDER) {
      return new Sent(Outcome.FAILED, cost);
    }
    return new Sent(record.usage().cacheRead() > 0 ? Outcome.READ : Outcome.WROTE, cost);
  }
}
