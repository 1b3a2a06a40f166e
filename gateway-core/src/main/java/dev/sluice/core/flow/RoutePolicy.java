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
 * @param provider name of the provider that serves the route
 * @param priceTag whose prices the provider has, as price tables call it; null where nobody knows
 * @param providerKey the gateway's own key for it, or null where the client's is passed on or none
 *     is needed; a secret: {@link #toString} leaves it out
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
    String provider,
    @Nullable String priceTag,
    @Nullable String providerKey,
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
    return "RoutePolicy[" + route + " → " + provider + "]";
  }
}
