package dev.sluice.admin.reconcile;

import static java.util.Objects.requireNonNull;

import dev.sluice.billing.ledger.ModelDay;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.price.ModelName;
import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The ledger against a provider's export, per day and model. Pure.
 *
 * <p>Names: where ledger and export have the same snapshots of a model on a day ({@code
 * gpt-5-2025-08-07}), each is compared by itself. Where they have not, because one of them writes
 * the model's plain name, all its snapshots are taken together under that.
 *
 * <p>Meters: only what the provider's reports tell apart is compared. Neither tells reasoning from
 * other output; OpenAI's do not tell for how long something was written to the cache.
 *
 * @param provider whose export it is
 * @param ledgerProviders names of the providers in the ledger that it was held against
 * @param rows in the order of day and model
 * @param notes whole sentences
 */
public record Reconciliation(
    String provider,
    List<String> ledgerProviders,
    Instant from,
    Instant until,
    BigDecimal tolerancePercent,
    List<Row> rows,
    Total total,
    List<String> notes) {

  private static final int PERCENT_PLACES = 4;
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /** Which side has more. */
  public enum Verdict {
    /** All that both have is the same, within the tolerance. */
    EQUAL,
    GATEWAY_MORE,
    PROVIDER_MORE,
    /** As many tokens, but on other meters. */
    OTHER_METERS,
    ONLY_IN_LEDGER,
    ONLY_AT_PROVIDER
  }

  /**
   * What one side says.
   *
   * @param usage null where it has no tokens
   * @param calls -1 where it does not say
   * @param costNanoUsd null where it has no money
   */
  public record Side(@Nullable Usage usage, long calls, @Nullable Long costNanoUsd) {

    long tokens() {
      return usage == null ? 0 : Meters.tokens(usage);
    }
  }

  /**
   * One model on one day.
   *
   * @param ledger null where it has nothing
   * @param provider null where it has nothing
   * @param tokenDifference the ledger's less the provider's; null where the export has no tokens
   * @param percent that, of the provider's; null where there is nothing to divide by
   * @param costDifferenceNanoUsd the ledger's less the provider's; null where one is not known
   * @param ledgerEstimates calls whose tokens the ledger had to estimate
   * @param ledgerUnknownCosts calls whose price it does not know, so that they are not in its cost
   */
  public record Row(
      LocalDate day,
      String model,
      @Nullable Side ledger,
      @Nullable Side provider,
      @Nullable Long tokenDifference,
      @Nullable BigDecimal percent,
      @Nullable Long costDifferenceNanoUsd,
      long ledgerEstimates,
      long ledgerUnknownCosts,
      Verdict verdict) {}

  /**
   * All rows together.
   *
   * @param differing rows that are not equal
   */
  public record Total(
      long ledgerTokens,
      long providerTokens,
      long tokenDifference,
      @Nullable BigDecimal percent,
      long ledgerCostNanoUsd,
      @Nullable Long providerCostNanoUsd,
      @Nullable Long costDifferenceNanoUsd,
      int differing) {}

  public Reconciliation {
    ledgerProviders = List.copyOf(ledgerProviders);
    rows = List.copyOf(rows);
    notes = List.copyOf(notes);
  }

  public boolean isEqual() {
    return total.differing() == 0;
  }

  /**
   * Compares.
   *
   * @param ledger of the export's time and provider; several rows of a day and model are added up
   * @param tolerancePercent by which two figures may differ and still be equal, of the larger
   */
  public static Reconciliation of(
      UsageExport export,
      List<String> ledgerProviders,
      List<ModelDay> ledger,
      BigDecimal tolerancePercent) {
    Map<LocalDate, Map<String, Both>> days = new TreeMap<>();
    for (ModelDay row : ledger) {
      if (isSomething(row.sums())) {
        both(days, row.day(), row.model()).add(row.sums(), export.provider());
      }
    }
    for (UsageExport.Row row : export.rows()) {
      both(days, row.day(), row.model()).add(row, export.provider());
    }
    List<Row> rows = new ArrayList<>();
    days.forEach(
        (day, models) ->
            matched(models)
                .forEach((model, both) -> rows.add(both.row(day, model, tolerancePercent))));
    return new Reconciliation(
        export.provider(),
        ledgerProviders,
        export.from(),
        export.until(),
        tolerancePercent,
        rows,
        total(rows),
        export.notes());
  }

  /** Refused calls are in the ledger too; a provider does not bill them. */
  private static boolean isSomething(UsageSums sums) {
    return Meters.tokens(sums.usage()) != 0 || sums.costNanoUsd() != 0;
  }

  private static Both both(Map<LocalDate, Map<String, Both>> days, LocalDate day, String model) {
    return days.computeIfAbsent(day, d -> new TreeMap<>()).computeIfAbsent(model, m -> new Both());
  }

  /** Snapshots of one model together, unless both sides have the same ones. */
  private static Map<String, Both> matched(Map<String, Both> models) {
    Map<String, List<String>> families = new TreeMap<>();
    models
        .keySet()
        .forEach(name -> families.computeIfAbsent(plain(name), p -> new ArrayList<>()).add(name));
    Map<String, Both> matched = new TreeMap<>();
    families.forEach(
        (plain, names) -> {
          Set<String> oneSided = new HashSet<>(names);
          oneSided.removeIf(name -> requireNonNull(models.get(name)).isTwoSided());
          if (oneSided.isEmpty() || names.size() == 1) {
            names.forEach(name -> matched.put(name, requireNonNull(models.get(name))));
          } else {
            Both together = new Both();
            names.forEach(name -> together.add(requireNonNull(models.get(name))));
            matched.put(plain, together);
          }
        });
    return matched;
  }

  private static String plain(String model) {
    String plain = ModelName.withoutDate(model);
    return plain == null ? model : plain;
  }

  private static Total total(List<Row> rows) {
    long ledgerTokens = 0;
    long providerTokens = 0;
    long ledgerCost = 0;
    long providerCost = 0;
    boolean hasCost = false;
    int differing = 0;
    for (Row row : rows) {
      if (row.ledger() != null) {
        ledgerTokens = Math.addExact(ledgerTokens, row.ledger().tokens());
        Long cost = row.ledger().costNanoUsd();
        ledgerCost = Math.addExact(ledgerCost, cost == null ? 0 : cost);
      }
      if (row.provider() != null) {
        providerTokens = Math.addExact(providerTokens, row.provider().tokens());
        Long cost = row.provider().costNanoUsd();
        hasCost |= cost != null;
        providerCost = Math.addExact(providerCost, cost == null ? 0 : cost);
      }
      differing += row.verdict() == Verdict.EQUAL ? 0 : 1;
    }
    long difference = ledgerTokens - providerTokens;
    return new Total(
        ledgerTokens,
        providerTokens,
        difference,
        percent(difference, providerTokens),
        ledgerCost,
        hasCost ? providerCost : null,
        hasCost ? ledgerCost - providerCost : null,
        differing);
  }

  static @Nullable BigDecimal percent(long difference, long of) {
    return of == 0
        ? null
        : BigDecimal.valueOf(difference)
            .multiply(HUNDRED)
            .divide(BigDecimal.valueOf(of), PERCENT_PLACES, RoundingMode.HALF_UP);
  }

  /** Whether two figures are as good as the same. */
  static boolean isWithin(long a, long b, BigDecimal tolerancePercent, long doubt) {
    BigDecimal difference = BigDecimal.valueOf(a).subtract(BigDecimal.valueOf(b)).abs();
    BigDecimal larger = BigDecimal.valueOf(a).abs().max(BigDecimal.valueOf(b).abs());
    return difference.compareTo(BigDecimal.valueOf(doubt)) <= 0
        || difference.multiply(HUNDRED).compareTo(larger.multiply(tolerancePercent)) <= 0;
  }
}
