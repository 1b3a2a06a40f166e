package dev.sluice.billing.price;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.price.Priced.Known;
import dev.sluice.billing.price.Priced.Line;
import dev.sluice.billing.price.Priced.Unknown;
import dev.sluice.billing.price.Window.Hours;
import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random rows and usages against decimal arithmetic without bounds. Replay with {@code -Dseed=…}.
 */
class PricePropertyTest {

  private static final int CALLS = 20_000;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);

  @Test
  void sumsAreExact() {
    int known = 0;
    for (int i = 0; i < CALLS; i++) {
      Rates rates = randomRates();
      long inputFactor = 1 + random.nextLong(3_000_000);
      long outputFactor = 1 + random.nextLong(3_000_000);
      long tierFactor = 1 + random.nextLong(3_000_000);
      long regionFactor = 1 + random.nextLong(3_000_000);
      long peakFactor = 1 + random.nextLong(3_000_000);
      long threshold = random.nextLong(2_000_000);
      boolean isInclusive = random.nextBoolean();
      Price price =
          Prices.with(
              Price.plain("p", "m", rates),
              List.of(
                  new LongPrompt(
                      threshold,
                      isInclusive,
                      new Change(Rates.NONE, inputFactor, outputFactor, false))),
              Map.of("batch", Prices.tier(tierFactor)),
              new TreeMap<>(Map.of("us", Change.factor(regionFactor))),
              List.of(
                  Window.daily(
                      "peak", List.of(new Hours(11 * 60, 13 * 60)), Change.factor(peakFactor))));
      Usage usage = randomUsage(threshold);
      boolean isBatch = random.nextBoolean();
      boolean isRegional = random.nextBoolean();
      boolean isPeak = random.nextBoolean();
      PriceAsk ask =
          Prices.at(
              Prices.served(
                  Prices.ask("p", "m", usage), isBatch ? "batch" : null, isRegional ? "us" : null),
              isPeak ? "2026-11-26T12:00:00Z" : "2026-11-26T13:00:00Z");

      boolean isLong = isInclusive ? usage.input() >= threshold : usage.input() > threshold;
      List<Long> shared = new ArrayList<>();
      if (isBatch) {
        shared.add(tierFactor);
      }
      if (isRegional) {
        shared.add(regionFactor);
      }
      if (isPeak) {
        shared.add(peakFactor);
      }
      Expected expected =
          new Expected(isLong ? inputFactor : 1_000_000, isLong ? outputFactor : 1_000_000, shared);
      known +=
          expected.check(
              PriceTable.of(List.of(price)).price(ask),
              rates,
              usage,
              "seed " + seed + " call " + i);
    }
    assertThat(known).as("seed %d", seed).isGreaterThan(CALLS / 2);
  }

  private record Expected(long inputFactor, long outputFactor, List<Long> shared) {

    private int check(Priced priced, Rates rates, Usage usage, String what) {
      BigDecimal sum = BigDecimal.ZERO;
      boolean isApproximate = false;
      boolean isKnown = true;
      long[] tokens = {
        usage.uncachedInput(),
        usage.cacheRead(),
        usage.cacheWrite5m(),
        usage.cacheWrite30m(),
        usage.cacheWrite1h(),
        usage.cacheWrite12h(),
        usage.output()
      };
      @Nullable Long[] own = {
        rates.input(),
        rates.cacheRead(),
        rates.cacheWrite5m(),
        rates.cacheWrite30m(),
        rates.cacheWrite1h(),
        rates.cacheWrite12h(),
        rates.output()
      };
      for (int m = 0; m < tokens.length; m++) {
        boolean isInput = m < 6;
        Long rate = own[m] == null && isInput ? rates.input() : own[m];
        if (tokens[m] == 0) {
          continue;
        }
        isApproximate |= own[m] == null;
        isKnown &= rate != null;
        if (rate != null) {
          BigDecimal line =
              BigDecimal.valueOf(tokens[m])
                  .multiply(BigDecimal.valueOf(rate))
                  .movePointLeft(6)
                  .multiply(BigDecimal.valueOf(isInput ? inputFactor : outputFactor, 6));
          for (long factor : shared) {
            line = line.multiply(BigDecimal.valueOf(factor, 6));
          }
          sum = sum.add(line.setScale(0, RoundingMode.HALF_UP));
        }
      }
      if (!isKnown) {
        assertThat(priced).as(what).isInstanceOf(Unknown.class);
        return 0;
      }
      assertThat(priced).as(what).isInstanceOf(Known.class);
      Known known = (Known) priced;
      assertThat(known.nanoUsd()).as(what).isEqualTo(sum.longValueExact());
      assertThat(known.approximate()).as(what).isEqualTo(isApproximate);
      assertThat(known.lines().stream().mapToLong(Line::nanoUsd).sum())
          .as(what)
          .isEqualTo(known.nanoUsd());
      return 1;
    }
  }

  private Rates randomRates() {
    return new Rates(rate(20), rate(3), rate(3), rate(3), rate(3), rate(3), rate(20), null);
  }

  /** Null once in so many. */
  private @Nullable Long rate(int nullOnceIn) {
    return random.nextInt(nullOnceIn) == 0
        ? null
        : Long.valueOf(random.nextLong(random.nextBoolean() ? 1_000 : 200_000_000_000L));
  }

  private Usage randomUsage(long threshold) {
    // Often just at the threshold.
    long read = random.nextInt(3) == 0 ? 0 : random.nextLong(threshold + 1);
    long input =
        random.nextInt(3) == 0
            ? Math.max(0, threshold - read + random.nextInt(3) - 1)
            : random.nextLong(1_000_000);
    return new Usage(input, read, some(), some(), some(), some(), random.nextLong(200_000), 0);
  }

  private long some() {
    return random.nextInt(4) == 0 ? random.nextLong(100_000) : 0;
  }
}
