package dev.sluice.billing.price;

import dev.sluice.billing.price.Priced.Known;
import dev.sluice.billing.price.Priced.Line;
import dev.sluice.billing.price.Priced.Unknown;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What tokens cost: all rows of the price files, laid over each other. An immutable snapshot,
 * replaced as a whole: any number of threads read it without a lock.
 *
 * <p>A model finds its row by its name in full; else without the date at its end ({@code
 * gpt-5-2025-08-07}, {@code claude-haiku-4-5-20251001}, {@code claude-haiku-4-5@20251001}), because
 * providers answer with the name of a snapshot and price the model; else by the longest beginning
 * ({@code claude-*}); else by {@code *}. Of several rows that are as particular, one of a file that
 * was laid over wins, then one for the provider over one for any, then the one that is valid since
 * the latest instant, then the one that stands later in its file. A row that is not valid at the
 * instant is as good as not there.
 *
 * <p>A look-up is one or two reads of a hash map, and a walk over the patterns that end with a
 * {@code *} only where those find nothing; so nothing is cached.
 */
public final class PriceTable {

  /** A table without rows, by which nothing is known. */
  public static final PriceTable EMPTY = new PriceTable(List.of());

  /**
   * A row at its place.
   *
   * @param layer 0 for the file at the bottom
   * @param position in its file
   */
  private record Row(Price price, String version, int layer, int position) {

    boolean fits(@Nullable String provider, Instant at) {
      String of = price.provider();
      return (provider == null || of == null || of.equals(provider)) && price.isValidAt(at);
    }
  }

  private static final Comparator<Row> BEST_FIRST =
      Comparator.comparingInt(Row::layer)
          .thenComparing(row -> row.price.provider() != null)
          .thenComparing(row -> Objects.requireNonNullElse(row.price.from(), Instant.MIN))
          .thenComparingInt(Row::position)
          .reversed();

  private final List<Row> rows;
  private final Map<String, List<Row>> byName = new HashMap<>();

  /** Longest beginning first; each with its rows, best first. */
  private final List<Map.Entry<String, List<Row>>> byBeginning;

  private PriceTable(List<Row> rows) {
    this.rows = List.copyOf(rows);
    Map<String, List<Row>> patterns = new HashMap<>();
    for (Row row : rows) {
      String model = row.price.model();
      if (row.price.isPattern()) {
        String beginning = model.substring(0, model.length() - 1);
        patterns.computeIfAbsent(beginning, b -> new ArrayList<>()).add(row);
      } else {
        byName.computeIfAbsent(model, m -> new ArrayList<>()).add(row);
      }
    }
    byName.values().forEach(list -> list.sort(BEST_FIRST));
    patterns.values().forEach(list -> list.sort(BEST_FIRST));
    byBeginning =
        patterns.entrySet().stream()
            .sorted(
                Comparator.comparingInt((Map.Entry<String, List<Row>> e) -> e.getKey().length())
                    .reversed())
            .map(e -> Map.entry(e.getKey(), List.copyOf(e.getValue())))
            .toList();
  }

  /**
   * A table of one file.
   *
   * @param prices in the order of the file
   */
  public static PriceTable of(List<Price> prices) {
    return EMPTY.with(prices);
  }

  /** This table with a file laid over it; what it says nothing of shows through. */
  public PriceTable with(List<Price> prices) {
    int layer = rows.isEmpty() ? 0 : rows.getLast().layer + 1;
    List<Row> all = new ArrayList<>(rows);
    for (Price price : prices) {
      all.add(new Row(price, price.version(), layer, all.size()));
    }
    return new PriceTable(all);
  }

  /** All rows, the file at the bottom first. */
  public List<Price> prices() {
    return rows.stream().map(Row::price).toList();
  }

  /**
   * Names and patterns of models, of one provider or of all.
   *
   * @param provider null for all
   */
  public SortedSet<String> models(@Nullable String provider) {
    SortedSet<String> models = new TreeSet<>();
    for (Row row : rows) {
      String of = row.price.provider();
      if (provider == null || of == null || of.equals(provider)) {
        models.add(row.price.model());
      }
    }
    return models;
  }

  /** Tags of providers that have rows. */
  public SortedSet<String> providers() {
    SortedSet<String> providers = new TreeSet<>();
    for (Row row : rows) {
      String of = row.price.provider();
      if (of != null) {
        providers.add(of);
      }
    }
    return providers;
  }

  // ---- pricing

  /** What the call costs. Never throws for what a provider may have counted. */
  public Priced price(PriceAsk ask) {
    return switch (find(ask)) {
      case None(String reason) -> new Unknown(reason);
      case One(Row row, String doubt) -> sum(row, ask, doubt);
    };
  }

  /** The same as lines for people: what was counted, at which rate and why, and the sum. */
  public String explain(PriceAsk ask) {
    Price price = find(ask) instanceof One one ? one.row.price : null;
    return Explanation.of(ask, price(ask), price);
  }

  private static Priced sum(Row row, PriceAsk ask, @Nullable String doubt) {
    var circumstances = new Circumstances(row.price, ask, doubt);
    boolean isReasoningApart = circumstances.isReasoningApart();
    List<Line> lines = new ArrayList<>();
    long sum = 0;
    boolean isApproximate = false;
    try {
      for (PricedMeter meter : PricedMeter.values()) {
        long tokens = meter.tokens(ask.usage(), isReasoningApart);
        if (tokens != 0) {
          Line line = circumstances.line(meter, tokens);
          if (line == null) {
            return new Unknown(
                row.version + " has no rate for " + meter.label() + ", which has tokens.");
          }
          lines.add(line);
          sum = Math.addExact(sum, line.nanoUsd());
          isApproximate |= line.doubt() != null;
        }
      }
    } catch (ArithmeticException | IllegalArgumentException unthinkable) {
      return new Unknown("The counts are none that can be priced: " + ask.usage() + ".");
    }
    return new Known(sum, isApproximate, lines, row.version);
  }

  // ---- finding the row

  private sealed interface Found {}

  /**
   * @param doubt why it may be the wrong one, or null
   */
  private record One(Row row, @Nullable String doubt) implements Found {}

  private record None(String reason) implements Found {}

  private Found find(PriceAsk ask) {
    String served = ask.modelServed();
    String asked = ask.modelAsked();
    if (served == null) {
      return asked == null ? none(ask) : find(asked, ask); // as for each call before it is sent
    }
    Found found = find(served, ask);
    if (found instanceof One || asked == null || asked.equals(served)) {
      return found;
    }
    return find(asked, ask) instanceof One(Row row, String _)
        ? new One(row, "no row for the model served: that of the model asked for")
        : found;
  }

  private Found find(String model, PriceAsk ask) {
    List<Row> named = byName.get(model);
    Found found = named == null ? null : best(named, ask);
    String undated = found == null ? ModelName.withoutDate(model) : null;
    if (undated != null && byName.containsKey(undated)) {
      found = best(byName.getOrDefault(undated, List.of()), ask);
    }
    for (int i = 0; found == null && i < byBeginning.size(); i++) {
      if (model.startsWith(byBeginning.get(i).getKey())) {
        found = best(byBeginning.get(i).getValue(), ask);
      }
    }
    return found == null ? none(ask) : found;
  }

  /** The first that fits; null for none. */
  private static @Nullable Found best(List<Row> bestFirst, PriceAsk ask) {
    for (Row row : bestFirst) {
      if (row.fits(ask.provider(), ask.at())) {
        return ask.provider() == null ? sole(row, bestFirst, ask) : new One(row, null);
      }
    }
    return null;
  }

  /** The best row where nobody said whose it must be, unless as good ones are of others. */
  private static Found sole(Row best, List<Row> bestFirst, PriceAsk ask) {
    SortedSet<String> names = new TreeSet<>();
    for (Row row : bestFirst) {
      if (row.layer == best.layer && row.fits(null, ask.at())) {
        names.add(row.price.name());
      }
    }
    return names.size() == 1
        ? new One(best, null)
        : new None("Several providers have the model: " + String.join(", ", names) + ". Name one.");
  }

  private static None none(PriceAsk ask) {
    String of = ask.provider() == null ? "" : " of " + Circumstances.shown(ask.provider());
    return new None(
        "No row is valid for the model "
            + Circumstances.shown(ask.model())
            + of
            + " at "
            + ask.at()
            + ".");
  }
}
