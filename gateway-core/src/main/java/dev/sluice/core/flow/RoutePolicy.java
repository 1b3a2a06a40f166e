package dev.sluice.core.flow;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.Route;
import dev.sluice.sse.keepalive.KeepAlive;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What holds for every request of one route. Immutable; built by the configuration.
 *
 * @param accounts any of which can serve the route; at least one, each of another provider. The
 *     first has what is kept at the provider: files, batches, stored answers
 * @param clients how a client shows who it is
 * @param team whom requests belong to that name no team themselves; null with {@link Clients#KEYS}
 * @param models patterns with {@code *} of models that may be asked for; empty: any
 * @param askForUsage whether OpenAI-style streams are asked for their usage where the client did
 *     not, and the extra event swallowed
 * @param firstByteTimeout from the request being sent to the provider's head
 * @param idleLimit longest time without provider content in the middle of an answer; comments are
 *     not content
 * @param totalTimeout longest a call may last
 * @param bodyMaxBytes longest request body
 * @param orphans what becomes of a call whose last client has left
 */
public record RoutePolicy(
    Route route,
    List<ProviderAccount> accounts,
    Clients clients,
    @Nullable TeamId team,
    List<String> models,
    boolean askForUsage,
    Duration firstByteTimeout,
    Duration idleLimit,
    Duration totalTimeout,
    long bodyMaxBytes,
    KeepAlive keepAlive,
    OrphanPolicy orphans) {

  public RoutePolicy {
    accounts = List.copyOf(accounts);
    if (accounts.isEmpty()) {
      throw new IllegalArgumentException("Route " + route.name() + " has no account");
    }
  }

  /** How a client shows who it is. */
  public enum Clients {
    /** By one of the gateway's own keys, which belongs to a team. */
    KEYS,
    /** By the provider's key, which is passed on; all requests belong to the route's team. */
    PASS_THROUGH,
    /** Not at all; all requests belong to the route's team. */
    OPEN
  }

  @Override
  public String toString() {
    return "RoutePolicy[" + route + " → " + accounts + "]";
  }
}
