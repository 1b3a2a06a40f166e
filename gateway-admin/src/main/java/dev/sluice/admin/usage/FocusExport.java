package dev.sluice.admin.usage;

import dev.sluice.billing.ledger.UsageGroup;
import dev.sluice.billing.ledger.UsageGroup.Field;
import dev.sluice.billing.ledger.UsageHour;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.usage.Cost;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * Usage and cost as FOCUS 1.2 has it (focus.finops.org, FinOps Open Cost and Usage Specification):
 * a CSV with a row for each hour, team, provider, model, price and meter. Keys of a team are added
 * up.
 *
 * <p><b>Money.</b> The cost of each meter is the ledger's, and so the sum of {@code EffectiveCost}
 * is the ledger's sum, exactly. Only cache writes for several lifetimes in one hour are shared, as
 * the row of the price table has them; what a whole nano-dollar cannot share goes to the largest
 * rest. There are no unit prices, since a row adds up calls of several tiers; so {@code ListCost}
 * and {@code ContractedCost} are the billed cost, as the specification asks for then.
 *
 * <p><b>Unknown prices.</b> Quantities are empty, cost is 0 (it must not be empty), and the tokens
 * stand in {@code x_UnpricedTokens}. {@code x_Tokens} has the tokens of every row.
 *
 * <p>Confined to one thread.
 */
public final class FocusExport {

  /** The columns of the specification in its order, then ours. */
  static final List<String> COLUMNS =
      List.of(
          "BilledCost",
          "BillingAccountId",
          "BillingAccountName",
          "BillingCurrency",
          "BillingPeriodEnd",
          "BillingPeriodStart",
          "ChargeCategory",
          "ChargeClass",
          "ChargeDescription",
          "ChargeFrequency",
          "ChargePeriodEnd",
          "ChargePeriodStart",
          "ConsumedQuantity",
          "ConsumedUnit",
          "ContractedCost",
          "EffectiveCost",
          "InvoiceIssuerName",
          "ListCost",
          "PricingCategory",
          "PricingQuantity",
          "PricingUnit",
          "ProviderName",
          "PublisherName",
          "ServiceCategory",
          "ServiceName",
          "ServiceSubcategory",
          "SkuId",
          "SkuMeter",
          "SkuPriceId",
          "SubAccountId",
          "SubAccountName",
          "Tags",
          "x_CostNanoUsd",
          "x_CostState",
          "x_Tokens",
          "x_UnpricedTokens");

  /** By what rows can be told apart, besides the hour. */
  public static final Set<UsageGroup> FILTERS =
      Set.of(Field.TEAM, Field.KEY, Field.PROVIDER, Field.MODEL);

  private static final String ACCOUNT = "sluice";
  private static final String NONE = "unknown";
  private static final int MILLION_PLACES = 6;

  /** What a row of the export is made of, over all keys of the team. */
  private record Group(
      String team, String provider, String model, String priceVersion, Cost.State state) {}

  private final CostShares shares;
  private final Consumer<String> to;
  private final Csv csv = new Csv();
  private final Map<Group, UsageSums> groups = new LinkedHashMap<>();
  private @Nullable Instant hour;

  /**
   * Writes the header.
   *
   * @param to takes line after line, each with its end
   */
  public FocusExport(PriceTable prices, Consumer<String> to) {
    this.shares = new CostShares(prices);
    this.to = to;
    COLUMNS.forEach(csv::text);
    to.accept(csv.end());
  }

  /**
   * Whether a row is one of those that are wanted.
   *
   * @param filters none but {@link #FILTERS}
   */
  public static boolean matches(UsageHour row, Map<UsageGroup, String> filters) {
    return filters.entrySet().stream()
        .allMatch(
            filter ->
                switch (filter.getKey()) {
                  case Field.TEAM -> row.team().equals(filter.getValue());
                  case Field.KEY -> row.keyId().equals(filter.getValue());
                  case Field.PROVIDER -> row.provider().equals(filter.getValue());
                  case Field.MODEL -> row.model().equals(filter.getValue());
                  case Field.ROUTE, Field.DAY, Field.HOUR -> throw untold(filter.getKey());
                  case UsageGroup.Tag tag -> throw untold(tag);
                });
  }

  private static IllegalArgumentException untold(UsageGroup group) {
    return new IllegalArgumentException("An hour's sums do not tell " + group.word() + " apart.");
  }

  /** The next in the order of hours. */
  public void add(UsageHour row) {
    if (!row.hour().equals(hour)) {
      end();
      hour = row.hour();
    }
    groups.merge(
        new Group(row.team(), row.provider(), row.model(), row.priceVersion(), row.costState()),
        row.sums(),
        UsageSums::plus);
  }

  /** Writes what is left; to be called once, after the last. */
  public void end() {
    Instant start = hour;
    if (start != null) {
      groups.forEach((group, sums) -> write(start, group, sums));
    }
    groups.clear();
  }

  private void write(Instant start, Group group, UsageSums sums) {
    Map<FocusMeter, Long> costs = shares.of(group.priceVersion(), sums);
    for (FocusMeter meter : FocusMeter.values()) {
      long tokens = meter.tokens(sums.usage());
      long cost = costs.getOrDefault(meter, 0L);
      if (tokens != 0 || cost != 0) {
        write(start, group, meter, tokens, cost);
      }
    }
  }

  private void write(Instant start, Group group, FocusMeter meter, long tokens, long nanoUsd) {
    boolean isUnknown = group.state() == Cost.State.UNKNOWN;
    LocalDate month = LocalDate.ofInstant(start, ZoneOffset.UTC).withDayOfMonth(1);
    String provider = orNone(group.provider());
    String model = orNone(group.model());
    csv.usd(nanoUsd).text(ACCOUNT).text("Sluice").text("USD");
    csv.text(midnight(month.plusMonths(1))).text(midnight(month));
    csv.text("Usage").nothing().text(meter.label() + " tokens of " + model).text("Usage-Based");
    csv.text(start.plus(1, ChronoUnit.HOURS).toString()).text(start.toString());
    if (isUnknown) {
      csv.nothing().nothing();
    } else {
      csv.number(tokens).text("Tokens");
    }
    csv.usd(nanoUsd).usd(nanoUsd).text(provider).usd(nanoUsd).text("Standard");
    if (isUnknown) {
      csv.nothing().nothing();
    } else {
      csv.decimal(BigDecimal.valueOf(tokens, MILLION_PLACES)).text("1000000 Tokens");
    }
    csv.text(provider).text(provider);
    csv.text("AI and Machine Learning").text(provider + " API").text("Generative AI");
    csv.text(provider + "/" + model + "/" + meter.word()).text(meter.label() + " Tokens");
    csv.text(group.priceVersion().isEmpty() ? "" : group.priceVersion() + "/" + meter.word());
    csv.text(group.team()).text(group.team()).text(tags(group.team()));
    csv.number(nanoUsd).text(group.state().name().toLowerCase(Locale.ROOT));
    csv.number(tokens).number(isUnknown ? tokens : 0);
    to.accept(csv.end());
  }

  private static String orNone(String name) {
    return name.isEmpty() ? NONE : name;
  }

  private static String midnight(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant().toString();
  }

  private static String tags(String team) {
    return team.isEmpty()
        ? "{}"
        : "{\"team\":\""
            + new String(JsonStringEncoder.getInstance().quoteAsCharArray(team))
            + "\"}";
  }
}
