package dev.sluice.billing.ledger;

import java.util.List;

/**
 * Usage in groups.
 *
 * @param rows in the order of their values
 * @param isWhole false where there were more than {@link LedgerQueries#GROUPS_MAX}
 */
public record UsageTable(List<Row> rows, boolean isWhole) {

  /**
   * One group.
   *
   * @param values one for each group of the query, in its order; empty where a call has none
   */
  public record Row(List<String> values, UsageSums sums) {}
}
