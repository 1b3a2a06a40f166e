package dev.sluice.admin.usage;

import dev.sluice.billing.ledger.CostSums;
import dev.sluice.billing.ledger.UsageGroup;
import dev.sluice.billing.ledger.UsageQuery;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.ledger.UsageTable;
import dev.sluice.billing.usage.Money;
import dev.sluice.billing.usage.Usage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Usage in groups: for programs, for spreadsheets, for people. */
public final class UsageForms {

  private UsageForms() {}

  /** Maps and lists that become JSON. */
  public static Map<String, Object> json(UsageQuery query, UsageTable table) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (UsageTable.Row row : table.rows()) {
      Map<String, Object> group = new LinkedHashMap<>();
      for (int i = 0; i < query.groups().size(); i++) {
        group.put(query.groups().get(i).word(), row.values().get(i));
      }
      Map<String, Object> members = new LinkedHashMap<>();
      members.put("group", group);
      members.putAll(figures(row.sums()));
      rows.add(members);
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("from", query.from().toString());
    all.put("until", query.until().toString());
    all.put("group_by", query.groups().stream().map(UsageGroup::word).toList());
    all.put("is_whole", table.isWhole());
    all.put("rows", rows);
    all.put("total", figures(total(table)));
    return all;
  }

  /** The meters alone, under the same names. */
  public static Map<String, Long> meters(Usage usage) {
    UsageSums sums = new UsageSums(1, usage, CostSums.NOTHING, 0, 0, 0, 0, 0, 0, 0);
    Map<String, Long> meters = new LinkedHashMap<>();
    for (UsageFigure figure : UsageFigure.METERS) {
      meters.put(figure.name(), figure.of().applyAsLong(sums));
    }
    return meters;
  }

  /** Dollars, exactly, without trailing zeros. */
  public static String dollars(long nanoUsd) {
    return Csv.dollars(nanoUsd);
  }

  private static Map<String, Object> figures(UsageSums sums) {
    Map<String, Object> figures = new LinkedHashMap<>();
    for (UsageFigure figure : UsageFigure.ALL) {
      long value = figure.of().applyAsLong(sums);
      if (figure.isMoney()) {
        figures.put(figure.name() + "_usd", Csv.dollars(value));
        figures.put(figure.name() + "_nano_usd", value);
      } else {
        figures.put(figure.name(), value);
      }
    }
    return figures;
  }

  /** With a header. */
  public static void csv(UsageQuery query, UsageTable table, Consumer<String> to) {
    Csv csv = new Csv();
    query.groups().forEach(group -> csv.text(group.word()));
    for (UsageFigure figure : UsageFigure.ALL) {
      if (figure.isMoney()) {
        csv.text(figure.name() + "_usd").text(figure.name() + "_nano_usd");
      } else {
        csv.text(figure.name());
      }
    }
    to.accept(csv.end());
    for (UsageTable.Row row : table.rows()) {
      row.values().forEach(csv::text);
      for (UsageFigure figure : UsageFigure.ALL) {
        long value = figure.of().applyAsLong(row.sums());
        if (figure.isMoney()) {
          csv.usd(value);
        }
        csv.number(value);
      }
      to.accept(csv.end());
    }
  }

  /** In columns, with a line for all of it. */
  public static void text(UsageQuery query, UsageTable table, Consumer<String> to) {
    TextTable text = new TextTable();
    for (UsageGroup group : query.groups()) {
      text.left(group.word());
    }
    for (String head :
        List.of("calls", "input", "cache read", "cache write", "output", "cost", "unpriced")) {
      text.right(head);
    }
    text.end();
    for (UsageTable.Row row : table.rows()) {
      row.values().forEach(value -> text.left(value.isEmpty() ? "-" : value));
      figures(text, row.sums());
    }
    for (int i = 0; i < query.groups().size(); i++) {
      text.left(i == 0 ? "all" : "");
    }
    figures(text, total(table));
    text.print(to);
  }

  private static void figures(TextTable text, UsageSums sums) {
    text.number(sums.calls())
        .number(sums.usage().uncachedInput())
        .number(sums.usage().cacheRead())
        .number(sums.usage().cacheWrites())
        .number(sums.usage().output())
        .right(Money.text(sums.costNanoUsd()))
        .number(sums.callsOfUnknownCost())
        .end();
  }

  static UsageSums total(UsageTable table) {
    UsageSums total = UsageSums.NOTHING;
    for (UsageTable.Row row : table.rows()) {
      total = total.plus(row.sums());
    }
    return total;
  }
}
