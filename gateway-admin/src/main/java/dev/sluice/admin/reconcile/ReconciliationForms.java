package dev.sluice.admin.reconcile;

import dev.sluice.admin.reconcile.Reconciliation.Row;
import dev.sluice.admin.reconcile.Reconciliation.Side;
import dev.sluice.admin.reconcile.Reconciliation.Total;
import dev.sluice.admin.reconcile.Reconciliation.Verdict;
import dev.sluice.admin.usage.TextTable;
import dev.sluice.billing.usage.Money;
import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A reconciliation for programs and for people. */
public final class ReconciliationForms {

  private static final int NANO_PLACES = 9;

  private ReconciliationForms() {}

  /** Maps and lists that become JSON. */
  public static Map<String, Object> json(Reconciliation reconciliation) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("provider", reconciliation.provider());
    all.put("ledger_providers", reconciliation.ledgerProviders());
    all.put("from", reconciliation.from().toString());
    all.put("until", reconciliation.until().toString());
    all.put("tolerance_percent", reconciliation.tolerancePercent());
    all.put("is_equal", reconciliation.isEqual());
    all.put("total", total(reconciliation.total()));
    all.put("rows", reconciliation.rows().stream().map(ReconciliationForms::row).toList());
    all.put("notes", reconciliation.notes());
    return all;
  }

  private static Map<String, Object> total(Total total) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("ledger_tokens", total.ledgerTokens());
    members.put("provider_tokens", total.providerTokens());
    members.put("token_difference", total.tokenDifference());
    members.put("percent", total.percent());
    members.put("ledger_cost_usd", dollars(total.ledgerCostNanoUsd()));
    members.put("provider_cost_usd", dollars(total.providerCostNanoUsd()));
    members.put("cost_difference_usd", dollars(total.costDifferenceNanoUsd()));
    members.put("cost_difference_nano_usd", total.costDifferenceNanoUsd());
    members.put("differing_rows", total.differing());
    return members;
  }

  private static Map<String, Object> row(Row row) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("day", row.day().toString());
    members.put("model", row.model());
    members.put("verdict", word(row.verdict()));
    members.put("ledger", side(row.ledger()));
    members.put("provider", side(row.provider()));
    members.put("token_difference", row.tokenDifference());
    members.put("percent", row.percent());
    members.put("cost_difference_usd", dollars(row.costDifferenceNanoUsd()));
    members.put("cost_difference_nano_usd", row.costDifferenceNanoUsd());
    members.put("ledger_calls_of_estimate", row.ledgerEstimates());
    members.put("ledger_calls_of_unknown_cost", row.ledgerUnknownCosts());
    return members;
  }

  private static @Nullable Map<String, Object> side(@Nullable Side side) {
    if (side == null) {
      return null;
    }
    Map<String, Object> members = new LinkedHashMap<>();
    Usage usage = side.usage();
    if (usage != null) {
      members.put("uncached_input_tokens", usage.uncachedInput());
      members.put("cache_read_tokens", usage.cacheRead());
      members.put("cache_write_5m_tokens", usage.cacheWrite5m());
      members.put("cache_write_30m_tokens", usage.cacheWrite30m());
      members.put("cache_write_1h_tokens", usage.cacheWrite1h());
      members.put("cache_write_12h_tokens", usage.cacheWrite12h());
      members.put("output_tokens", usage.output());
    }
    members.put("calls", side.calls() < 0 ? null : side.calls());
    members.put("cost_usd", dollars(side.costNanoUsd()));
    members.put("cost_nano_usd", side.costNanoUsd());
    return members;
  }

  private static String word(Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable String dollars(@Nullable Long nanoUsd) {
    if (nanoUsd == null) {
      return null;
    }
    return nanoUsd == 0
        ? "0"
        : BigDecimal.valueOf(nanoUsd, NANO_PLACES).stripTrailingZeros().toPlainString();
  }

  /** In columns, line by line. */
  public static void text(Reconciliation reconciliation, Consumer<String> to) {
    TextTable table = new TextTable();
    table.left("day").left("model").right("ledger").right("provider").right("difference");
    table
        .right("%")
        .right("ledger cost")
        .right("provider cost")
        .right("difference")
        .left("verdict");
    table.end();
    for (Row row : reconciliation.rows()) {
      Side ledger = row.ledger();
      Side provider = row.provider();
      table.left(row.day().toString()).left(row.model().isEmpty() ? "-" : row.model());
      tokens(table, ledger)
          .right(provider == null || provider.usage() == null ? "-" : number(provider.tokens()));
      table.right(signed(row.tokenDifference())).right(percent(row.percent()));
      table.right(money(ledger == null ? null : ledger.costNanoUsd()));
      table.right(money(provider == null ? null : provider.costNanoUsd()));
      table.right(money(row.costDifferenceNanoUsd())).left(word(row.verdict()).replace('_', ' '));
      table.end();
    }
    Total total = reconciliation.total();
    table.left("all").left("").number(total.ledgerTokens()).number(total.providerTokens());
    table.right(signed(total.tokenDifference())).right(percent(total.percent()));
    table.right(money(total.ledgerCostNanoUsd())).right(money(total.providerCostNanoUsd()));
    table.right(money(total.costDifferenceNanoUsd()));
    table.left(
        total.differing() == 0
            ? "equal"
            : total.differing() + " of " + reconciliation.rows().size() + " differ");
    table.end();
    to.accept(
        "Ledger ("
            + String.join(", ", reconciliation.ledgerProviders())
            + ") against the report of "
            + reconciliation.provider()
            + ", "
            + reconciliation.from()
            + " to "
            + reconciliation.until()
            + ", in tokens and dollars\n\n");
    table.print(to);
    reconciliation.notes().forEach(note -> to.accept("note: " + note + "\n"));
  }

  private static TextTable tokens(TextTable table, @Nullable Side side) {
    return table.right(side == null ? "-" : number(side.tokens()));
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String signed(@Nullable Long value) {
    return value == null ? "-" : value == 0 ? "0" : String.format(Locale.ROOT, "%+,d", value);
  }

  private static String percent(@Nullable BigDecimal value) {
    return value == null ? "-" : value.toPlainString();
  }

  private static String money(@Nullable Long nanoUsd) {
    return nanoUsd == null ? "-" : Money.text(nanoUsd);
  }
}
