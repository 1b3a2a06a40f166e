package dev.sluice.admin.budget;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.budget.BudgetView;
import dev.sluice.billing.budget.Budgets;
import dev.sluice.core.telemetry.MeterName;
import dev.sluice.core.telemetry.Meters;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * Budgets as metrics. A series is registered when its budget is first seen, and says 0 once that is
 * gone. Confined to scrapes, which follow one another.
 */
public final class BudgetMeters {

  private static final double NANO_USD_PER_USD = 1e9;

  private record Name(String team, String budget) {}

  private final Meters meters;
  private final Budgets budgets;
  private final Set<List<String>> known = new HashSet<>();
  private volatile Map<Name, BudgetView> latest = Map.of();

  public BudgetMeters(Meters meters, Budgets budgets) {
    this.meters = meters;
    this.budgets = budgets;
    meters.beforeScrape(this::look);
  }

  private void look() {
    Map<Name, BudgetView> views = new HashMap<>();
    for (BudgetView view : budgets.views()) {
      BudgetRule rule = view.rule();
      Name name = new Name(rule.team().name(), rule.name());
      views.put(name, view);
      String unit = rule.unit() == BudgetRule.Unit.TOKENS ? "tokens" : "usd";
      if (known.add(List.of(name.team, name.budget, unit))) {
        register(name, rule.unit(), unit);
      }
    }
    latest = Map.copyOf(views);
  }

  private void register(Name name, BudgetRule.Unit unit, String label) {
    gauge(MeterName.BUDGET_AMOUNT, name, unit, label, view -> view.rule().amount());
    gauge(MeterName.BUDGET_SPENT, name, unit, label, BudgetView::spent);
    gauge(MeterName.BUDGET_HELD, name, unit, label, BudgetView::held);
    if (known.add(List.of(name.team, name.budget))) {
      meters.count(
          MeterName.BUDGET_STOPPED, () -> of(name, BudgetView::stopped), name.team, name.budget);
      meters.count(
          MeterName.BUDGET_UNPRICED, () -> of(name, BudgetView::unpriced), name.team, name.budget);
    }
  }

  private void gauge(
      MeterName meter,
      Name name,
      BudgetRule.Unit unit,
      String label,
      ToLongFunction<BudgetView> part) {
    double per = unit == BudgetRule.Unit.TOKENS ? 1 : NANO_USD_PER_USD;
    meters.gauge(
        meter,
        () -> of(name, view -> view.rule().unit() == unit ? part.applyAsLong(view) : 0) / per,
        name.team,
        name.budget,
        label);
  }

  private long of(Name name, ToLongFunction<BudgetView> part) {
    BudgetView view = latest.get(name);
    return view == null ? 0 : part.applyAsLong(view);
  }
}
