package dev.sluice.core.config;

import dev.sluice.billing.price.Price;
import dev.sluice.billing.price.Rates;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Sluice's own form of a price file: groups of models that share a provider and rules. */
final class PriceRows {

  /** Of the file. */
  static final List<String> ROOT = List.of("prices");

  private static final List<String> GROUP = PriceRules.plus(PriceRules.KEYS, "provider", "models");

  private static final List<String> ROW =
      PriceRules.plus(
          PriceRules.plus(List.of("from", "until"), PriceRules.RATES.toArray(new String[0])),
          PriceRules.KEYS.toArray(new String[0]));

  private final List<Price> prices = new ArrayList<>();

  /** Provider, model and start → line. */
  private final Map<String, Integer> seen = new HashMap<>();

  private PriceRows() {}

  /** The rows that are good; a problem for everything that is not. */
  static List<Price> read(String file, Node.Group root, List<Problem> problems) {
    var sink = new Fields.Sink(file, problems);
    var rows = new PriceRows();
    Fields fields = Fields.of(sink, "", 1, root, ROOT);
    if (fields != null) {
      if (!fields.has("prices")) {
        problems.add(
            new Problem(
                file,
                1,
                "prices",
                "prices is missing, allowed a list of groups of models. Add it."));
      }
      fields.each("prices", GROUP).forEach(rows::group);
    }
    return rows.prices;
  }

  private void group(Fields group) {
    String provider = provider(group);
    PriceRules rules = PriceRules.read(group, PriceRules.NONE);
    Node.Entry models = group.entries().get("models");
    if (models == null) {
      group.problem("has no models, allowed names with their prices under them. Add models.");
      return;
    }
    Fields named = group.inner("models", models, "names of models, each with its prices");
    if (named == null) {
      return;
    }
    for (String model : named.entries().keySet()) {
      String fault = faultOf(model);
      if (fault != null) {
        named.problem(model, fault);
        continue;
      }
      for (Fields row : named.each(model, ROW)) {
        row(provider, model, row, rules);
      }
    }
  }

  /** Null for any. */
  private static @Nullable String provider(Fields group) {
    String provider = group.textOf("provider");
    if (provider == null || provider.equals("*")) {
      return null;
    }
    if (!Kind.isName(provider)) {
      group.problem(
          "provider",
          "is not a name: found "
              + Shown.value(provider)
              + ", allowed "
              + Kind.NAME_ALLOWED
              + ", or * for any.");
    }
    return provider;
  }

  static @Nullable String faultOf(String model) {
    if (model.isEmpty()
        || model.length() > 256
        || model.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      return "is not a name of a model, allowed 1 to 256 printable ASCII characters without"
          + " spaces.";
    }
    int star = model.indexOf('*');
    return star >= 0 && star < model.length() - 1
        ? "has a * in the middle, allowed one at the end, for every name that begins so."
        : null;
  }

  private void row(@Nullable String provider, String model, Fields row, PriceRules ofGroup) {
    Instant from = row.instantOf("from");
    Instant until = row.instantOf("until");
    Rates rates = PriceRules.rates(row);
    PriceRules rules = PriceRules.read(row, ofGroup);
    if (PriceRules.RATES.stream().noneMatch(row::isGiven)) {
      row.problem("has no price, allowed rates such as input and output. Add them.");
      return;
    }
    if (from != null && until != null && !from.isBefore(until)) {
      row.problem("until", "is not later than from. Raise until, or lower from.");
      return;
    }
    Integer earlier = seen.putIfAbsent(provider + " " + model + " " + from, row.line());
    if (earlier != null) {
      row.problem(
          "has the same provider, model and start as the one in line "
              + earlier
              + ". Remove one of them, or give one another from.");
      return;
    }
    prices.add(
        new Price(
            provider,
            model,
            from,
            until,
            rates,
            rules.longPrompts(),
            new TreeMap<>(rules.tiers()),
            new TreeMap<>(rules.regions()),
            rules.windows(),
            rules.isApproximate(),
            rules.note(),
            rules.source()));
  }
}
