package dev.sluice.admin.api;

import dev.sluice.billing.account.AccountBook;
import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.BudgetChanges;
import dev.sluice.billing.account.BudgetView;
import dev.sluice.billing.account.Missing;
import dev.sluice.billing.account.Named;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.budget.BudgetRule.Period;
import dev.sluice.billing.budget.BudgetRule.Unit;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.team.TeamId;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What teams and keys may spend in a day or a month. */
public final class BudgetsApi {

  private static final int NANO_PLACES = 9;
  private static final BigDecimal CENT = new BigDecimal("0.01");

  /**
   * A budget.
   *
   * @param amountUsd exact; null where it is of tokens
   * @param tokens null where it is of dollars
   * @param key public id of the key that it is for; null where it is for the whole team
   */
  record BudgetCard(
      String team,
      String name,
      String source,
      @Nullable String amountUsd,
      @Nullable Long tokens,
      String per,
      int warnPercent,
      @Nullable String key,
      String mode,
      String etag) {

    static BudgetCard of(BudgetView view) {
      BudgetRule rule = view.rule();
      boolean isMoney = rule.unit() == Unit.NANO_USD;
      return new BudgetCard(
          rule.team().name(),
          rule.name(),
          TeamsApi.label(view.source()),
          isMoney ? dollars(rule.amount()) : null,
          isMoney ? null : rule.amount(),
          rule.per().name().toLowerCase(Locale.ROOT),
          rule.warnPercent(),
          rule.keyId(),
          rule.mode().name().toLowerCase(Locale.ROOT),
          Conditions.etag(view.version()));
    }

    /** With cents, and as many more places as it has. */
    private static String dollars(long nanoUsd) {
      BigDecimal dollars = BigDecimal.valueOf(nanoUsd, NANO_PLACES).stripTrailingZeros();
      return dollars.setScale(Math.max(2, dollars.scale())).toPlainString();
    }
  }

  private final Accounts accounts;

  public BudgetsApi(Accounts accounts) {
    this.accounts = accounts;
  }

  public List<Endpoint> endpoints() {
    String all = "/admin/v1/teams/{team}/budgets";
    String one = all + "/{budget}";
    return List.of(
        new Endpoint("GET", all, false, this::list),
        new Endpoint("GET", one, false, this::get),
        new Endpoint("PUT", one, false, this::put),
        new Endpoint("DELETE", one, false, this::delete));
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
        : paging.page("budgets", book.budgets(team), view -> view.rule().name(), BudgetCard::of);
  }

  private static Named named(AdminRequest request) {
    return new Named(TeamsApi.team(request), request.parameter("budget"));
  }

  private AdminAnswer get(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    if (no != null) {
      return no;
    }
    Named of = named(request);
    AccountBook book = accounts.book();
    BudgetView view = book.budget(of.team(), of.name());
    if (view != null) {
      return Answers.made(false, BudgetCard.of(view), view.version());
    }
    return Answers.refused(
        book.team(of.team()) == null ? Missing.team(of.team()) : Missing.budget(of));
  }

  private AdminAnswer put(AdminRequest request) {
    Conditions conditions = Conditions.of(request);
    Body body = new Body(request, false);
    BudgetRule rule = rule(named(request), body);
    AdminAnswer no =
        Answers.first(
            Answers.badName(named(request).name()),
            new Query(request, List.of()).refusal(),
            conditions.refusal(),
            body.refusal());
    if (no != null) {
      return no;
    }
    return switch (accounts.make(
        Answers.author(request), BudgetChanges.put(rule, conditions.condition()))) {
      case Done<BudgetView>(BudgetView view, boolean isNew) ->
          Answers.made(isNew, BudgetCard.of(view), view.version());
      case Refused<BudgetView> refused -> Answers.refused(refused);
    };
  }

  /** What is asked for; some rule or other where the body has faults. */
  private static BudgetRule rule(Named of, Body body) {
    String usd =
        body.matching(
            "amount_usd", "[0-9]{1,10}(\\.[0-9]{1,9})?", "dollars as a text, such as \"500.00\"");
    long tokens = body.whole("tokens", 1, Unit.TOKENS.max(), 1);
    long nanoUsd = 0;
    if (usd != null) {
      BigDecimal dollars = new BigDecimal(usd);
      BigDecimal max = BigDecimal.valueOf(Unit.NANO_USD.max(), NANO_PLACES);
      if (dollars.compareTo(CENT) < 0 || dollars.compareTo(max) > 0) {
        body.fault("amount_usd", '"' + usd + '"', "0.01 to " + max.toBigInteger() + " dollars");
      } else {
        nanoUsd = dollars.movePointRight(NANO_PLACES).longValueExact();
      }
    }
    if (body.has("amount_usd") == body.has("tokens")) {
      body.fault(
          "amount_usd",
          body.has("tokens") ? "it beside tokens" : "neither it nor tokens",
          "one of the two");
    }
    boolean isMoney = nanoUsd > 0;
    return new BudgetRule(
        of.name(),
        of.team(),
        body.matching("key", "[!-~]{1,64}", "the id of a key of the team, or null"),
        isMoney ? Unit.NANO_USD : Unit.TOKENS,
        isMoney ? nanoUsd : tokens,
        body.choice("per", Period.MONTH),
        (int) body.whole("warn_percent", 1, 100, 80),
        body.choice("mode", Mode.ENFORCE));
  }

  private AdminAnswer delete(AdminRequest request) {
    Conditions conditions = Conditions.of(request);
    AdminAnswer no = Answers.first(new Query(request, List.of()).refusal(), conditions.refusal());
    if (no != null) {
      return no;
    }
    return switch (accounts.make(
        Answers.author(request), BudgetChanges.delete(named(request), conditions.condition()))) {
      case Done<Named> _ -> AdminAnswer.noContent();
      case Refused<Named> refused -> Answers.refused(refused);
    };
  }
}
