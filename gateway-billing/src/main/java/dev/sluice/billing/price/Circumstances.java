package dev.sluice.billing.price;

import dev.sluice.billing.price.Priced.Factor;
import dev.sluice.billing.price.Priced.Line;
import dev.sluice.billing.usage.Money;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What of a row applies to one call: the rates and the changes to them. */
final class Circumstances {

  /** What would break a line. */
  private static final Pattern BREAKS = Pattern.compile("\\p{Cntrl}|[\\u2028\\u2029]");

  /** Words by which providers say that nothing special was served. */
  private static final Set<String> STANDARD_TIERS =
      Set.of("", "standard", "default", "auto", "on_demand", "on-demand");

  private static final Set<String> NO_REGION = Set.of("", "global", "not_available");

  /** Kinds of circumstances, the one whose rates go before those of others first. */
  private enum Kind {
    WINDOW,
    LONG_PROMPT_OF_TIER,
    LONG_PROMPT,
    TIER,
    REGION
  }

  /**
   * A change that applies.
   *
   * @param why {@code batch}, {@code prompt over 272,000}
   */
  private record Applied(Kind kind, Change change, String why) {}

  private final Price price;

  /** In the order of their kinds. */
  private final List<Applied> all = new ArrayList<>(5);

  private final @Nullable String doubt;

  /**
   * @param doubt why the row itself may be the wrong one, or null
   */
  Circumstances(Price price, PriceAsk ask, @Nullable String doubt) {
    this.price = price;
    long prompt = ask.usage().input();
    for (Window window : price.windows()) {
      if (window.covers(ask.at())) {
        all.add(new Applied(Kind.WINDOW, window.change(), window.name()));
        break;
      }
    }
    String tierName = tierName(ask.tier());
    Tier served = STANDARD_TIERS.contains(tierName) ? null : price.tiers().get(tierName);
    if (served != null) {
      addMet(Kind.LONG_PROMPT_OF_TIER, served.longPrompts(), prompt, tierName + ", ");
    }
    addMet(Kind.LONG_PROMPT, price.longPrompts(), prompt, "");
    if (served != null) {
      all.add(new Applied(Kind.TIER, served.change(), tierName));
    }
    String regionName = name(ask.region());
    Change there = price.regions().get(regionName);
    if (there != null) {
      all.add(new Applied(Kind.REGION, there, "region " + regionName));
    }
    if (served == null && !STANDARD_TIERS.contains(tierName)) {
      this.doubt = "no price for tier \"" + shown(tierName) + "\": the standard one";
    } else if (there == null && !price.regions().isEmpty() && !NO_REGION.contains(regionName)) {
      this.doubt = "no price for region \"" + shown(regionName) + "\": the global one";
    } else if (doubt != null) {
      this.doubt = doubt;
    } else {
      this.doubt = price.isApproximate() ? "the row is marked as approximate" : null;
    }
  }

  private void addMet(Kind kind, List<LongPrompt> longPrompts, long prompt, String before) {
    for (LongPrompt one : longPrompts) {
      if (one.isMetBy(prompt)) {
        all.add(new Applied(kind, one.change(), before + one.text()));
        return;
      }
    }
  }

  /** Gemini says {@code ON_DEMAND_FLEX} for what others call {@code flex}. */
  private static String tierName(@Nullable String tier) {
    String name = name(tier);
    return name.startsWith("on_demand_") ? name.substring("on_demand_".length()) : name;
  }

  private static String name(@Nullable String name) {
    return name == null ? "" : name.toLowerCase(Locale.ROOT);
  }

  /** Names come from providers, and must neither break a line nor flood it. */
  static String shown(String name) {
    String one = name.length() > 60 ? name.substring(0, 60) + "…" : name;
    return BREAKS.matcher(one).replaceAll("?");
  }

  /** Whether reasoning has a rate of its own under these circumstances. */
  boolean isReasoningApart() {
    return rate(PricedMeter.REASONING) != null;
  }

  /** The line of a meter; null where there is no rate for it, nor one to take its place. */
  @Nullable Line line(PricedMeter meter, long tokens) {
    Rate rate = rate(meter);
    String why = doubt;
    PricedMeter of = meter;
    if (rate == null && meter.isInput()) {
      of = PricedMeter.INPUT;
      rate = rate(of);
      why = "no rate for " + meter.label() + ": that of plain input";
    }
    if (rate == null) {
      return null;
    }
    List<Factor> factors = factors(of, rate.from);
    if (why == null) {
      why = doubtOf(of, rate.from);
    }
    long[] millionths = factors.stream().mapToLong(Factor::millionths).toArray();
    long cost = Money.cost(tokens, rate.nanoUsd, millionths);
    String rateOf = rate.from == null ? "" : rate.from.why;
    long plain = of == PricedMeter.INPUT || !meter.isInput() ? cost : plain(tokens, cost);
    return new Line(meter, tokens, rate.nanoUsd, rateOf, factors, why, cost, plain);
  }

  /** As plain input; what the cache has cost where that has no rate. */
  private long plain(long tokens, long otherwise) {
    Line plain = line(PricedMeter.INPUT, tokens);
    return plain == null ? otherwise : plain.nanoUsd();
  }

  /**
   * A rate, and the change that it is from.
   *
   * @param from null for the plain rate
   */
  private record Rate(long nanoUsd, @Nullable Applied from) {}

  private @Nullable Rate rate(PricedMeter meter) {
    for (Applied one : all) {
      Long own = one.change.own().of(meter);
      if (own != null) {
        return new Rate(own, one);
      }
    }
    Long plain = price.rates().of(meter);
    return plain == null ? null : new Rate(plain, null);
  }

  /** Of everything that applies, except what the rate has in it already. */
  private List<Factor> factors(PricedMeter meter, @Nullable Applied from) {
    boolean isLongOfTier = all.stream().anyMatch(one -> one.kind == Kind.LONG_PROMPT_OF_TIER);
    boolean isRateLongOfTier = from != null && from.kind == Kind.LONG_PROMPT_OF_TIER;
    List<Factor> factors = new ArrayList<>(5);
    for (Applied one : all) {
      boolean isInRate =
          one.change.own().of(meter) != null
              || (one.kind == Kind.LONG_PROMPT && isLongOfTier)
              || (one.kind == Kind.TIER && isRateLongOfTier);
      long factor = one.change.factor(meter);
      if (!isInRate && factor != Money.ONE) {
        factors.add(new Factor(factor, one.why));
      }
    }
    return factors;
  }

  private @Nullable String doubtOf(PricedMeter meter, @Nullable Applied from) {
    for (Applied one : all) {
      if (one.change.isApproximate()) {
        return "the price of " + one.why + " is marked as approximate";
      }
      // One that has rates for other meters, and this one's comes from behind it.
      boolean isPassedOver = from == null || from.kind.compareTo(one.kind) > 0;
      if (isPassedOver && one.change.isSilentOn(meter)) {
        return one.why + " has no rate for " + meter.label() + ": the one without it";
      }
    }
    return null;
  }
}
