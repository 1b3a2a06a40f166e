package dev.sluice.admin.reconcile;

import dev.sluice.billing.ledger.LedgerQueries;
import dev.sluice.billing.ledger.ModelDay;
import dev.sluice.billing.ledger.UsageGroup;
import dev.sluice.billing.ledger.UsageQuery;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the ledger has for an export. Blocks. */
public final class LedgerSide {

  private LedgerSide() {}

  /**
   * Compares an export with the ledger.
   *
   * @param providers their names in the configuration
   */
  public static Reconciliation compare(
      LedgerQueries ledger, UsageExport export, List<String> providers, BigDecimal tolerance) {
    List<ModelDay> days = new ArrayList<>();
    for (String provider : providers) {
      days.addAll(ledger.dailyByModel(export.from(), export.until(), provider));
    }
    return Reconciliation.of(
        days.isEmpty() ? noted(ledger, export, providers) : export, providers, days, tolerance);
  }

  /** A name that is misspelt looks like a ledger that has nothing. */
  private static UsageExport noted(
      LedgerQueries ledger, UsageExport export, List<String> providers) {
    List<String> known =
        ledger
            .usage(
                new UsageQuery(
                    export.from(), export.until(), List.of(UsageGroup.Field.PROVIDER), Map.of()))
            .rows()
            .stream()
            .map(row -> row.values().getFirst())
            .toList();
    List<String> notes = new ArrayList<>(export.notes());
    notes.add(
        "The ledger has nothing of "
            + String.join(", ", providers)
            + " in this time; it has "
            + (known.isEmpty() ? "nothing at all" : String.join(", ", known))
            + ".");
    return new UsageExport(export.provider(), export.from(), export.until(), export.rows(), notes);
  }
}
