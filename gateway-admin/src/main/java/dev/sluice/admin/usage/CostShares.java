package dev.sluice.admin.usage;

import static java.util.Objects.requireNonNullElse;

import dev.sluice.billing.ledger.CostSums;
import dev.sluice.billing.ledger.UsageSums;
import dev.sluice.billing.price.Price;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.price.Rates;
import dev.sluice.billing.usage.Usage;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A cost by the meters that caused it. The ledger keeps it by kind of token; only what was written
 * to the prompt cache for several lifetimes has to be shared among them.
 */
final class CostShares {

  /** The ledger keeps so many characters of a version at least. */
  private static final int VERSION_MIN = 40;

  private static final List<FocusMeter> WRITES =
      List.of(
          FocusMeter.CACHE_WRITE_5M,
          FocusMeter.CACHE_WRITE_30M,
          FocusMeter.CACHE_WRITE_1H,
          FocusMeter.CACHE_WRITE_12H);

  private final Map<String, Rates> rates = new HashMap<>();

  CostShares(PriceTable prices) {
    for (Price price : prices.prices()) {
      rates.put(price.version(), price.rates());
    }
  }

  /**
   * The shares add up to the cost, exactly. That of writes is shared by tokens times the plain rate
   * of the price; by tokens alone where that price is not in the table any more.
   */
  Map<FocusMeter, Long> of(String priceVersion, UsageSums sums) {
    CostSums cost = sums.cost();
    Map<FocusMeter, Long> costs = new EnumMap<>(FocusMeter.class);
    costs.put(FocusMeter.INPUT, cost.input());
    costs.put(FocusMeter.CACHE_READ, cost.cacheRead());
    costs.put(FocusMeter.OUTPUT, cost.output());
    Rates of = rates(priceVersion);
    Map<FocusMeter, BigInteger> weights = new EnumMap<>(FocusMeter.class);
    BigInteger all = BigInteger.ZERO;
    for (FocusMeter meter : WRITES) {
      BigInteger weight = weight(meter, sums.usage(), of);
      weights.put(meter, weight);
      all = all.add(weight);
    }
    if (all.signum() == 0) {
      costs.put(FocusMeter.CACHE_WRITE_5M, cost.cacheWrite());
    } else {
      costs.putAll(shared(BigInteger.valueOf(cost.cacheWrite()), weights, all));
    }
    return costs;
  }

  private static Map<FocusMeter, Long> shared(
      BigInteger cost, Map<FocusMeter, BigInteger> weights, BigInteger all) {
    Map<FocusMeter, Long> shares = new EnumMap<>(FocusMeter.class);
    Map<FocusMeter, BigInteger> rests = new EnumMap<>(FocusMeter.class);
    long left = cost.longValueExact();
    for (Map.Entry<FocusMeter, BigInteger> entry : weights.entrySet()) {
      BigInteger[] share = cost.multiply(entry.getValue()).divideAndRemainder(all);
      shares.put(entry.getKey(), share[0].longValueExact());
      rests.put(entry.getKey(), share[1]);
      left -= share[0].longValueExact();
    }
    List<FocusMeter> byRest = new ArrayList<>(rests.keySet());
    byRest.sort(Comparator.comparing((FocusMeter meter) -> rests.get(meter)).reversed());
    for (int i = 0; i < left; i++) {
      shares.merge(byRest.get(i), 1L, Long::sum);
    }
    return shares;
  }

  private static BigInteger weight(FocusMeter meter, Usage usage, Rates of) {
    long tokens = meter.tokens(usage);
    if (of.isEmpty()) {
      return BigInteger.valueOf(tokens);
    }
    Long rate = of.of(meter.priced());
    return product(tokens, requireNonNullElse(rate != null ? rate : of.input(), 0L));
  }

  private static BigInteger product(long a, long b) {
    return BigInteger.valueOf(a).multiply(BigInteger.valueOf(b));
  }

  private Rates rates(String version) {
    Rates exact = rates.get(version);
    if (exact != null || version.length() < VERSION_MIN) {
      return requireNonNullElse(exact, Rates.NONE);
    }
    for (Map.Entry<String, Rates> row : rates.entrySet()) {
      if (row.getKey().startsWith(version)) {
        return row.getValue();
      }
    }
    return Rates.NONE;
  }
}
