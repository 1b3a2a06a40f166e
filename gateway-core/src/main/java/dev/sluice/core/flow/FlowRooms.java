package dev.sluice.core.flow;

import dev.sluice.billing.budget.Budgets;
import dev.sluice.billing.estimate.OutputForecast;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallSink;
import dev.sluice.billing.ledger.Ledger;
import dev.sluice.billing.price.PriceBook;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.team.Teams;
import dev.sluice.core.account.AccountChoice;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.identity.Authenticator;
import dev.sluice.core.identity.CallIndex;
import dev.sluice.core.identity.CallScope;
import dev.sluice.core.identity.DedupeSettings;
import dev.sluice.core.identity.Fingerprinter;
import dev.sluice.core.identity.IdentityRule;
import dev.sluice.core.prefix.PrefixGate;
import dev.sluice.core.quota.Pools;
import dev.sluice.core.upstream.Upstreams;
import dev.sluice.sse.journal.PageMemory;
import dev.sluice.sse.keepalive.IdleLimits;
import dev.sluice.sse.keepalive.SilenceWheel;
import dev.sluice.sse.replay.LocalJournals;
import dev.sluice.sse.replay.ResumeSettings;
import dev.sluice.sse.replay.ResumeToken;
import io.netty.util.concurrent.EventExecutor;
import java.time.InstantSource;
import java.util.ArrayList;
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
 * @param teams who may have answers held
 * @param fingerprinter hashes of keys
 * @param identities which call a request is
 * @param calls calls in flight and lately finished
 * @param dedupe how long a call may be adopted
 * @param resume how long and how much of answers is held
 * @param memory in which this loop holds answers
 * @param journals finished answers of this loop
 * @param tokens of this loop
 * @param accounts which of a route's a call goes to
 * @param estimator tokens before anyone has counted them
 * @param forecast output that calls usually have
 * @param prices what tokens cost
 * @param tagFields fields with which clients may tag calls, besides the gateway's own; lower case
 * @param pools which limits a call comes under, and whether it may go now
 * @param budgets what teams and their keys may spend
 * @param ledger what is paid for, written down
 * @param prefixes one writer for a prompt cache entry
 * @param warmUps requests that renew such entries
 * @param upstreams the providers, as this loop reaches them
 * @param idleLimits at which age of silence clients vanish
 * @param sinks who hears of ended calls
 * @param loop this one
 * @param loops all of them
 * @param wheel deadlines and the monotonic clock of this loop
 * @param clock wall clock, for records only
 * @param random ids and jitter; of this loop
 */
public record FlowRooms(
    Routes routes,
    Map<String, RoutePolicy> policies,
    Authenticator authenticator,
    BodyBudget bodies,
    Teams teams,
    Fingerprinter fingerprinter,
    IdentityRule identities,
    CallIndex<PaidCall> calls,
    DedupeSettings dedupe,
    ResumeSettings resume,
    PageMemory memory,
    LocalJournals journals,
    ResumeToken tokens,
    AccountChoice accounts,
    TokenEstimator estimator,
    OutputForecast forecast,
    PriceBook prices,
    List<String> tagFields,
    Pools pools,
    Budgets budgets,
    Ledger ledger,
    PrefixGate prefixes,
    WarmUps warmUps,
    Upstreams upstreams,
    IdleLimits idleLimits,
    List<CallSink> sinks,
    EventExecutor loop,
    List<? extends EventExecutor> loops,
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

  /** Whether answers of this team are held. */
  boolean holds(TeamId team) {
    return resume.enabled() && teams.now().holdsAnswers(team);
  }

  /** Within which a client's own id may be looked for that asks for a stream. */
  List<CallScope> scopesOf(StreamAsk ask) {
    List<CallScope> scopes = new ArrayList<>();
    if (ask.team() != null) {
      scopes.add(new CallScope(ask.team(), 0));
    }
    for (RoutePolicy policy : policies.values()) {
      TeamId team = policy.team();
      if (team != null) {
        switch (policy.clients()) {
          case OPEN -> scopes.add(new CallScope(team, 0));
          case PASS_THROUGH -> scopes.add(new CallScope(team, ask.credential()));
          case KEYS -> {}
        }
      }
    }
    return scopes;
  }

  void record(CallRecord call) {
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).ended(call);
    }
  }
}
