package dev.sluice.admin.api;

import dev.sluice.billing.account.AccountBook;
import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.Missing;
import dev.sluice.billing.account.Named;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.QuotaChanges;
import dev.sluice.billing.account.QuotaTerms;
import dev.sluice.billing.account.QuotaView;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.pool.QuotaPromise;
import dev.sluice.billing.team.TeamId;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Teams' shares of pools; a change acts on the next decision. */
public final class QuotasApi {

  /** As in the configuration. */
  private static final long AMOUNT_MAX = 500_000_000;

  private static final long WAIT_MAX_SECONDS = 600;

  /**
   * A team's own quota on a pool: what was asked for, and what that comes to.
   *
   * @param source {@code file} or {@code store}
   * @param inEffect whether it holds
   * @param obstacle why it does not; null where it does
   * @param maxWaitSeconds null where it is the pool's and there is no such pool
   * @param promise what holds for the team now; null where there is no such pool
   */
  record QuotaCard(
      String team,
      String pool,
      String source,
      boolean inEffect,
      @Nullable String obstacle,
      long guaranteed,
      long ceiling,
      int weight,
      String lane,
      @Nullable Double maxWaitSeconds,
      long burst,
      String mode,
      @Nullable PromiseCard promise,
      String etag) {

    static QuotaCard of(QuotaView view) {
      QuotaTerms terms = view.terms();
      Quota now = view.quota();
      Duration wait = terms.maxWait() == null && now != null ? now.maxWait() : terms.maxWait();
      return new QuotaCard(
          view.team().name(),
          view.pool(),
          TeamsApi.label(view.source()),
          view.obstacle() == null,
          view.obstacle(),
          terms.guaranteed(),
          terms.ceiling(),
          terms.weight(),
          lower(terms.lane()),
          wait == null ? null : wait.toMillis() / 1e3,
          terms.burst(),
          lower(terms.mode()),
          view.promise() == null ? null : PromiseCard.of(view.promise()),
          Conditions.etag(view.version()));
    }

    private static String lower(Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a quota comes to; see {@link QuotaPromise}. */
  record PromiseCard(
      long guaranteedPerMinute, long ceilingPerMinute, long burst, double worstWaitSeconds) {

    static PromiseCard of(QuotaPromise promise) {
      return new PromiseCard(
          promise.guaranteedPerMinute(),
          promise.ceilingPerMinute(),
          promise.burst(),
          promise.worstWaitWithinGuarantee().toMillis() / 1e3);
    }
  }

  private final Accounts accounts;

  public QuotasApi(Accounts accounts) {
    this.accounts = accounts;
  }

  public List<Endpoint> endpoints() {
    String all = "/admin/v1/teams/{team}/quotas";
    String one = all + "/{pool}";
    String only = "/admin/v1/teams/{team}/quota";
    return List.of(
        new Endpoint("GET", all, false, this::list),
        new Endpoint("GET", one, false, this::get),
        new Endpoint("PUT", one, false, this::put),
        new Endpoint("DELETE", one, false, this::delete),
        new Endpoint("GET", only, false, this::getOnly),
        new Endpoint("PUT", only, false, this::putOnly));
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, Paging.PARAMETERS);
    Paging paging = new Paging(request, query);
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    TeamId team = TeamsApi.team(request);
    AccountBook book = accounts.book();
    return book.team(team) == null
        ? Answers.refused(Missing.team(team))
        : paging.page("quotas", book.quotas(team), QuotaView::pool, QuotaCard::of);
  }

  private AdminAnswer get(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    return no != null ? no : get(TeamsApi.team(request), request.parameter("pool"));
  }

  private AdminAnswer get(TeamId team, String pool) {
    AccountBook book = accounts.book();
    QuotaView view = book.quota(team, pool);
    if (view != null) {
      return Answers.made(false, QuotaCard.of(view), view.version());
    }
    if (book.team(team) == null) {
      return Answers.refused(Missing.team(team));
    }
    return Answers.refused(
        book.pool(pool) == null ? Missing.pool(book, pool) : Missing.quota(new Named(team, pool)));
  }

  private AdminAnswer getOnly(AdminRequest request) {
    Query query = new Query(request, List.of("pool"));
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    String pool = query.text("pool");
    String only = pool == null ? onlyPool() : pool;
    return only == null ? whichPool() : get(TeamsApi.team(request), only);
  }

  /** The name of the pool where there is just one; else null. */
  private @Nullable String onlyPool() {
    var pools = accounts.book().pools();
    return pools.size() == 1 ? pools.getFirst().name() : null;
  }

  private AdminAnswer whichPool() {
    return AdminAnswer.problem(
        400,
        "Bad Request",
        "pool_missing",
        "There is not exactly one pool, so it must be said which is meant."
            + Missing.named(accounts.book()));
  }

  private AdminAnswer put(AdminRequest request) {
    Body body = new Body(request, false);
    QuotaTerms terms = terms(body);
    return put(request, body, request.parameter("pool"), terms);
  }

  private AdminAnswer putOnly(AdminRequest request) {
    Body body = new Body(request, false);
    String pool = body.text("pool", 64);
    QuotaTerms terms = terms(body);
    return put(request, body, pool == null ? onlyPool() : pool, terms);
  }

  private static QuotaTerms terms(Body body) {
    BigDecimal wait =
        body.number(
            "max_wait_seconds",
            0,
            WAIT_MAX_SECONDS,
            3,
            "seconds from 0 to " + WAIT_MAX_SECONDS + ", with at most three decimal places");
    return new QuotaTerms(
        body.whole("guaranteed", 0, AMOUNT_MAX, 0),
        body.whole("ceiling", 0, AMOUNT_MAX, 0),
        (int) body.whole("weight", 1, Quota.WEIGHT_MAX, 1),
        body.choice("lane", Lane.INTERACTIVE),
        wait == null ? null : Duration.ofMillis(wait.movePointRight(3).longValueExact()),
        body.whole("burst", 0, AMOUNT_MAX, 0),
        body.choice("mode", Mode.ENFORCE));
  }

  private AdminAnswer put(
      AdminRequest request, Body body, @Nullable String pool, QuotaTerms terms) {
    Conditions conditions = Conditions.of(request);
    AdminAnswer no =
        Answers.first(
            new Query(request, List.of()).refusal(), conditions.refusal(), body.refusal());
    if (no != null) {
      return no;
    }
    if (pool == null) {
      return whichPool();
    }
    return switch (accounts.make(
        Answers.author(request),
        QuotaChanges.put(TeamsApi.team(request), pool, terms, conditions.condition()))) {
      case Done<QuotaView>(QuotaView view, boolean isNew) ->
          Answers.made(isNew, QuotaCard.of(view), view.version());
      case Refused<QuotaView> refused -> Answers.refused(refused);
    };
  }

  private AdminAnswer delete(AdminRequest request) {
    Conditions conditions = Conditions.of(request);
    AdminAnswer no = Answers.first(new Query(request, List.of()).refusal(), conditions.refusal());
    if (no != null) {
      return no;
    }
    return switch (accounts.make(
        Answers.author(request),
        QuotaChanges.delete(
            TeamsApi.team(request), request.parameter("pool"), conditions.condition()))) {
      case Done<Named> _ -> AdminAnswer.noContent();
      case Refused<Named> refused -> Answers.refused(refused);
    };
  }
}
