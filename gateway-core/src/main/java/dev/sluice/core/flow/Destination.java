package dev.sluice.core.flow;

import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.core.account.Account;
import dev.sluice.core.account.AccountChoice;
import dev.sluice.core.account.Line;
import dev.sluice.core.account.Spill;
import dev.sluice.core.quota.ProviderWord;
import dev.sluice.core.upstream.UpstreamFailure;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.InstantSource;
import java.util.List;

/**
 * Where a call goes, of a route's accounts; and what its answer says of that account, which later
 * calls go by. Decides nothing but what is kept at a provider.
 */
final class Destination {

  private static final int TOO_MANY_REQUESTS = 429;
  private static final int UNAVAILABLE = 503;
  private static final int OVERLOADED = 529;

  private Destination() {}

  /**
   * Chooses the call's account, again where it had one; may come twice.
   *
   * @return what the call is expected to need, by the account that was first in line
   */
  static Estimate choose(Exchange x, FlowRooms rooms) {
    List<ProviderAccount> accounts = x.policy.accounts();
    Estimate estimate;
    if (accounts.size() == 1 || isKeptAtProvider(x)) {
      estimate = Tokens.estimate(x, rooms.estimator());
    } else {
      List<String> names = accounts.stream().map(ProviderAccount::provider).toList();
      Line line = rooms.accounts().line(names, x.affinity);
      x.goesTo(accounts.get(names.indexOf(line.first())));
      estimate = Tokens.estimate(x, rooms.estimator());
      String chosen = line.choose(name -> mayGoNow(x, name, estimate, rooms));
      x.goesTo(accounts.get(names.indexOf(chosen)));
    }
    leave(x);
    Account at = rooms.accounts().account(x.account.provider());
    at.begins();
    x.at = at;
    return estimate;
  }

  /** Files, batches, stored answers: what does not generate may be about something of before. */
  private static boolean isKeptAtProvider(Exchange x) {
    return !Books.keep(x) || !x.dialect.billsTokens();
  }

  private static boolean mayGoNow(Exchange x, String provider, Estimate estimate, FlowRooms rooms) {
    Pool pool = Tokens.poolOf(x, provider, rooms.pools());
    return pool == null || pool.mayGoNow(x.team, estimate);
  }

  /** From every exit, once; and where it goes elsewhere. */
  static void leave(Exchange x) {
    Account at = x.at;
    if (at != null) {
      x.at = null;
      at.ends();
    }
  }

  /** The head of an answer has come. */
  static void answered(
      Exchange x, int status, HttpHeaders fields, AccountChoice accounts, InstantSource clock) {
    Account at = x.at;
    if (at == null) {
      return;
    }
    switch (status) {
      case TOO_MANY_REQUESTS ->
          accounts.refused(
              at, Spill.REFUSED, ProviderWord.retryAfterMillis(fields, clock.millis()));
      case UNAVAILABLE, OVERLOADED ->
          accounts.refused(
              at, Spill.OVERLOADED, ProviderWord.retryAfterMillis(fields, clock.millis()));
      default -> {}
    }
  }

  static void failed(Exchange x, UpstreamFailure failure, AccountChoice accounts) {
    Account at = x.at;
    if (at != null
        && failure instanceof UpstreamFailure.NeverSent unsent
        && unsent.isUnreachable()) {
      accounts.unreachable(at);
    }
  }
}
