package dev.sluice.billing.price;

import dev.sluice.billing.usage.Cost;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** What a call costs. */
public sealed interface Priced {

  /** The same as an amount, by the kind of token. */
  default Cost cost() {
    return switch (this) {
      case Unknown _ -> Cost.UNKNOWN;
      case Known known ->
          new Cost(
              known.approximate ? Cost.State.APPROXIMATE : Cost.State.KNOWN,
              known.sumOf(PricedMeter.Kind.INPUT),
              known.sumOf(PricedMeter.Kind.CACHE_READ),
              known.sumOf(PricedMeter.Kind.CACHE_WRITE),
              known.sumOf(PricedMeter.Kind.OUTPUT),
              known.more(PricedMeter.Kind.CACHE_READ, line -> line.plainNanoUsd - line.nanoUsd),
              known.more(PricedMeter.Kind.CACHE_WRITE, line -> line.nanoUsd - line.plainNanoUsd),
              known.version);
    };
  }

  /**
   * It is known.
   *
   * @param nanoUsd exactly the sum of the lines
   * @param approximate whether a rate had to be put in the place of one that is not known
   * @param lines one per meter that has tokens
   * @param version of the row
   */
  record Known(long nanoUsd, boolean approximate, List<Line> lines, String version)
      implements Priced {
    public Known {
      lines = List.copyOf(lines);
    }

    private long sumOf(PricedMeter.Kind kind) {
      return more(kind, Line::nanoUsd);
    }

    private long more(PricedMeter.Kind kind, ToLongFunction<Line> amount) {
      long sum = 0;
      for (Line line : lines) {
        sum += line.meter.kind() == kind ? Math.max(0, amount.applyAsLong(line)) : 0;
      }
      return sum;
    }
  }

  /**
   * It is not, which is not the same as nothing.
   *
   * @param reason a whole sentence
   */
  record Unknown(String reason) implements Priced {}

  /**
   * One meter of a call.
   *
   * @param nanoUsdPerMillion the rate before factors
   * @param rateOf the circumstance whose rate it is; empty for the plain one
   * @param factors in the order in which they are told
   * @param doubt why it is approximate, or null where it is exact
   * @param nanoUsd tokens times rate times factors, rounded half up
   * @param plainNanoUsd the same as plain input; what it is itself where it is no cache's
   */
  record Line(
      PricedMeter meter,
      long tokens,
      long nanoUsdPerMillion,
      String rateOf,
      List<Factor> factors,
      @Nullable String doubt,
      long nanoUsd,
      long plainNanoUsd) {
    public Line {
      factors = List.copyOf(factors);
    }
  }

  /**
   * What a rate is multiplied by.
   *
   * @param millionths 1,000,000 is one
   * @param why what it is for
   */
  record Factor(long millionths, String why) {}
}
