package dev.sluice.admin.api;

import dev.sluice.admin.usage.UsageForms;
import dev.sluice.billing.budget.BudgetRule.Unit;
import dev.sluice.billing.budget.BudgetView;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How much of each budget is spent, held and left. */
public final class BudgetStandingApi {

  /**
   * A budget as it stands; sums in its unit, and in dollars where that is money.
   *
   * @param left below nothing where calls have cost more than they held
   * @param isComplete whether what was spent before the gateway started is in it already
   * @param stopped calls since the gateway started; in shadow, that would have been
   * @param unpriced ended calls whose cost nobody knows, since the gateway started
   */
  record StandingCard(
      String team,
      String name,
      @Nullable String key,
      String mode,
      String per,
      String unit,
      long amount,
      long spent,
      long held,
      long left,
      @Nullable String amountUsd,
      @Nullable String spentUsd,
      @Nullable String heldUsd,
      @Nullable String leftUsd,
      Instant startsAt,
      Instant resetsAt,
      int warnPercent,
      boolean isWarned,
      boolean isComplete,
      long stopped,
      long unpriced) {

    static StandingCard of(BudgetView view) {
      boolean isMoney = view.rule().unit() == Unit.NANO_USD;
      return new StandingCard(
          view.rule().team().name(),
          view.rule().name(),
          view.rule().keyId(),
          lower(view.rule().mode()),
          lower(view.rule().per()),
          lower(view.rule().unit()),
          view.rule().amount(),
          view.spent(),
          view.held(),
          view.left(),
          isMoney ? UsageForms.dollars(view.rule().amount()) : null,
          isMoney ? UsageForms.dollars(view.spent()) : null,
          isMoney ? UsageForms.dollars(view.held()) : null,
          isMoney ? UsageForms.dollars(view.left()) : null,
          view.startsAt(),
          view.resetsAt(),
          view.rule().warnPercent(),
          view.isWarned(),
          view.isComplete(),
          view.stopped(),
          view.unpriced());
    }

    private static String lower(Enum<?> value) {
      return value.name().toLowerCase(Locale.ROOT);
    }
  }

  private final Supplier<List<BudgetView>> budgets;

  /**
   * @param budgets all of them, as they are now
   */
  public BudgetStandingApi(Supplier<List<BudgetView>> budgets) {
    this.budgets = budgets;
  }

  public List<Endpoint> endpoints() {
    return List.of(new Endpoint("GET", "/admin/v1/budgets/standing", false, this::list));
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, Paging.PARAMETERS);
    Paging paging = new Paging(request, query);
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    List<BudgetView> all =
        budgets.get().stream().sorted(Comparator.comparing(BudgetStandingApi::place)).toList();
    return paging.page("budgets", all, BudgetStandingApi::place, StandingCard::of);
  }

  private static String place(BudgetView view) {
    return view.rule().team().name() + "/" + view.rule().name();
  }
}
