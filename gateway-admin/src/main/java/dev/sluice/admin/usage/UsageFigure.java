package dev.sluice.admin.usage;

import dev.sluice.billing.ledger.UsageSums;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * One figure of a group of calls, under the name that it has in JSON and as a column.
 *
 * @param isMoney nano-dollars, shown as dollars as well
 */
record UsageFigure(String name, boolean isMoney, ToLongFunction<UsageSums> of) {

  static final List<UsageFigure> METERS =
      List.of(
          count("uncached_input_tokens", sums -> sums.usage().uncachedInput()),
          count("cache_read_tokens", sums -> sums.usage().cacheRead()),
          count("cache_write_5m_tokens", sums -> sums.usage().cacheWrite5m()),
          count("cache_write_30m_tokens", sums -> sums.usage().cacheWrite30m()),
          count("cache_write_1h_tokens", sums -> sums.usage().cacheWrite1h()),
          count("cache_write_12h_tokens", sums -> sums.usage().cacheWrite12h()),
          count("output_tokens", sums -> sums.usage().output()),
          count("reasoning_tokens", sums -> sums.usage().reasoning()));

  static final List<UsageFigure> ALL =
      Stream.of(
              List.of(count("calls", UsageSums::calls)),
              METERS,
              List.of(
                  new UsageFigure("cost", true, UsageSums::costNanoUsd),
                  new UsageFigure("cost_input", true, sums -> sums.cost().input()),
                  new UsageFigure("cost_cache_read", true, sums -> sums.cost().cacheRead()),
                  new UsageFigure("cost_cache_write", true, sums -> sums.cost().cacheWrite()),
                  new UsageFigure("cost_output", true, sums -> sums.cost().output()),
                  new UsageFigure("cache_read_saved", true, sums -> sums.cost().readSaved()),
                  new UsageFigure("cache_write_extra", true, sums -> sums.cost().writeExtra()),
                  count("calls_of_unknown_cost", UsageSums::callsOfUnknownCost),
                  count("tokens_of_unknown_cost", UsageSums::tokensOfUnknownCost),
                  count("calls_of_approximate_cost", UsageSums::callsOfApproximateCost),
                  count("calls_of_estimate", UsageSums::callsOfEstimate),
                  count("reads", UsageSums::reads),
                  count("avoided_tokens", UsageSums::avoidedTokens),
                  new UsageFigure("avoided", true, UsageSums::avoidedNanoUsd)))
          .flatMap(List::stream)
          .toList();

  private static UsageFigure count(String name, ToLongFunction<UsageSums> of) {
    return new UsageFigure(name, false, of);
  }
}
