package dev.sluice.billing.estimate;

import dev.sluice.billing.team.TeamId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How many output tokens a call of a team to a model usually has: a moving average over its last
 * calls. Any thread; never blocks.
 */
public final class OutputForecast {

  /** Teams times models; what comes beyond has no forecast. */
  static final int CELLS_MAX = 10_000;

  /** Each call moves the average by an eighth of the difference. */
  private static final int WEIGHT_SHIFT = 3;

  /** Fraction bits, so that small differences are not lost. */
  private static final int SCALE_SHIFT = 8;

  private record Cell(TeamId team, String model) {}

  private final ConcurrentHashMap<Cell, AtomicLong> cells = new ConcurrentHashMap<>();

  /**
   * Learns from a call that came to its own end.
   *
   * @param outputTokens as billed
   */
  public void learn(TeamId team, @Nullable String model, long outputTokens) {
    if (model == null || outputTokens <= 0) {
      return;
    }
    Cell cell = new Cell(team, model);
    AtomicLong average = cells.get(cell);
    long sample = outputTokens << SCALE_SHIFT;
    if (average != null) {
      average.updateAndGet(old -> old + ((sample - old) >> WEIGHT_SHIFT));
    } else if (cells.size() < CELLS_MAX) {
      cells.putIfAbsent(cell, new AtomicLong(sample));
    }
  }

  /** Tokens, or 0 where nothing is known. */
  public long expected(TeamId team, @Nullable String model) {
    AtomicLong average = model == null ? null : cells.get(new Cell(team, model));
    return average == null ? 0 : average.get() >> SCALE_SHIFT;
  }

  /** Tokens to reserve, so that only one call in ten has more. Never negative. */
  public long quantile(TeamId team, @Nullable String model) {
    return expected(team, model);
  }
}
