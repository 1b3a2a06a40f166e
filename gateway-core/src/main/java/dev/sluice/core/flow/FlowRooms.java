package dev.sluice.core.flow;

import dev.sluice.billing.admission.Admission;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallSink;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.identity.Authenticator;
import dev.sluice.core.identity.CallIndex;
import dev.sluice.core.prefix.PrefixGate;
import dev.sluice.core.upstream.Upstreams;
import dev.sluice.sse.keepalive.IdleLimits;
import dev.sluice.sse.keepalive.SilenceWheel;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The rooms that a request passes through, in the order in which it does, and the clocks it goes
 * by.
 *
 * @param routes path → route and dialect
 * @param policies route name → what holds on it; has every route of {@code routes}
 * @param authenticator key → team; of this loop
 * @param bodies bound on all request bodies held
 * @param calls calls in flight
 * @param estimator tokens before anyone has counted them
 * @param admission may this call go now
 * @param prefixes one writer for a prompt cache entry
 * @param upstreams the providers, as this loop reaches them
 * @param idleLimits at which age of silence clients vanish
 * @param sinks who hears of ended calls
 * @param wheel deadlines and the monotonic clock of this loop
 * @param clock wall clock, for records only
 * @param random ids and jitter; of this loop
 */
public record FlowRooms(
    Routes routes,
    Map<String, RoutePolicy> policies,
    Authenticator authenticator,
    BodyBudget bodies,
    CallIndex<Object> calls,
    TokenEstimator estimator,
    Admission admission,
    PrefixGate prefixes,
    Upstreams upstreams,
    IdleLimits idleLimits,
    List<CallSink> sinks,
    SilenceWheel wheel,
    InstantSource clock,
    RandomGenerator random) {

  RoutePolicy policy(Route route) {
    RoutePolicy policy = policies.get(route.name());
    if (policy == null) {
      throw new IllegalStateException("Route " + route.name() + " has no policy");
    }
    return policy;
  }

  void record(CallRecord call) {
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).ended(call);
    }
  }
}
