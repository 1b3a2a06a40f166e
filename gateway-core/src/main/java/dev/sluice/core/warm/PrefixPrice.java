package dev.sluice.core.warm;

import dev.sluice.billing.price.PriceAsk;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.price.Priced.Factor;
import dev.sluice.billing.price.Priced.Known;
import dev.sluice.billing.price.Priced.Line;
import dev.sluice.billing.usage.Money;
import dev.sluice.billing.usage.Usage;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an entry costs.
 *
 * @param readNanoUsd to read it once
 * @param writeNanoUsd to write it; as plain input where writing has no price of its own
 * @param rule for how long it pays to keep it
 */
public record PrefixPrice(long readNanoUsd, long writeNanoUsd, KeepWarmRule rule) {

  private static final long MINUTES_5 = Duration.ofMinutes(5).toNanos();
  private static final long MINUTES_30 = Duration.ofMinutes(30).toNanos();
  private static final long HOUR = Duration.ofHours(1).toNanos();

  /**
   * By a price table; null where it does not know the model.
   *
   * @param provider tag of the price table, or null
   * @param lifetimeNanos of the entry; longer ones are dearer to write
   */
  public static @Nullable PrefixPrice of(
      PriceTable table,
      @Nullable String provider,
      String model,
      long tokens,
      long lifetimeNanos,
      Instant at) {
    Line read = line(table, provider, model, new Usage(0, tokens, 0, 0, 0, 0, 0, 0), at);
    Line write = line(table, provider, model, written(tokens, lifetimeNanos), at);
    return read == null || write == null
        ? null
        : new PrefixPrice(
            read.nanoUsd(), write.nanoUsd(), new KeepWarmRule(rate(write), rate(read)));
  }

  /** Tokens that are written to live so long, as they are billed. */
  public static Usage written(long tokens, long lifetimeNanos) {
    if (lifetimeNanos <= MINUTES_5) {
      return new Usage(0, 0, tokens, 0, 0, 0, 0, 0);
    }
    if (lifetimeNanos <= MINUTES_30) {
      return new Usage(0, 0, 0, tokens, 0, 0, 0, 0);
    }
    return lifetimeNanos <= HOUR
        ? new Usage(0, 0, 0, 0, tokens, 0, 0, 0)
        : new Usage(0, 0, 0, 0, 0, tokens, 0, 0);
  }

  private static @Nullable Line line(
      PriceTable table, @Nullable String provider, String model, Usage usage, Instant at) {
    PriceAsk ask = new PriceAsk(provider, null, model, null, null, usage, at);
    return table.price(ask) instanceof Known known && !known.lines().isEmpty()
        ? known.lines().getFirst()
        : null;
  }

  /** From the rate, not from the sum, whose rounding could move a limit by one. */
  private static long rate(Line line) {
    long[] factors = line.factors().stream().mapToLong(Factor::millionths).toArray();
    return Money.cost(1_000_000, line.nanoUsdPerMillion(), factors);
  }
}
