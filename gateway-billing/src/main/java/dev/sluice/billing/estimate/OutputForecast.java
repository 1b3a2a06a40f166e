package dev.sluice.billing.estimate;

import dev.sluice.billing.team.TeamId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How many output tokens the calls of a team to a model have: the usual figure, and the one to
 * reserve, which only one call in ten exceeds. Learned from the last calls, see {@link
 * OutputWindow}. A team that has asked a model too seldom is reserved for like all teams together.
 *
 * <p>Any thread; never blocks: a cell's state is replaced whole.
 */
public final class OutputForecast {

  /** Reserved where nothing is known: a page of text, longer than most answers in a chat. */
  public static final long UNKNOWN_TOKENS = 1_024;

  /** Teams times models; what comes beyond is reserved for like all teams together. */
  static final int CELLS_MAX = 10_000;

  /** Models; beyond, nothing is known. */
  private static final int MODELS_MAX = 1_000;

  private record Cell(TeamId team, String model) {}

  private final ConcurrentHashMap<Cell, AtomicReference<OutputWindow>> cells =
      new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, AtomicReference<OutputWindow>> models =
      new ConcurrentHashMap<>();

  /**
   * Learns from a call that came to its own end.
   *
   * @param model null teaches nothing
   * @param outputTokens as billed; 0 teaches nothing
   */
  public void learn(TeamId team, @Nullable String model, long outputTokens) {
    if (model == null || outputTokens <= 0) {
      return;
    }
    learn(cells, new Cell(team, model), CELLS_MAX, outputTokens);
    learn(models, model, MODELS_MAX, outputTokens);
  }

  /** Tokens that such a call usually has: a moving average; 0 where nothing is known. */
  public long expected(TeamId team, @Nullable String model) {
    OutputWindow window = model == null ? null : window(team, model);
    return window == null ? 0 : window.average();
  }

  /** Tokens to reserve; {@link #UNKNOWN_TOKENS} where nothing is known. Never negative. */
  public long quantile(TeamId team, @Nullable String model) {
    if (model == null) {
      return UNKNOWN_TOKENS;
    }
    OutputWindow window = window(team, model);
    if (window == null || !window.isKnown()) {
      window = window(models, model);
    }
    return window == null || !window.isKnown() ? UNKNOWN_TOKENS : window.quantile();
  }

  /** Null where nothing is known. */
  @Nullable OutputWindow window(TeamId team, String model) {
    return window(cells, new Cell(team, model));
  }

  int size() {
    return cells.size();
  }

  private static <K> @Nullable OutputWindow window(
      ConcurrentHashMap<K, AtomicReference<OutputWindow>> cells, K key) {
    AtomicReference<OutputWindow> cell = cells.get(key);
    return cell == null ? null : cell.get();
  }

  private static <K> void learn(
      ConcurrentHashMap<K, AtomicReference<OutputWindow>> cells, K key, int max, long tokens) {
    AtomicReference<OutputWindow> cell = cells.get(key);
    if (cell == null) {
      if (cells.size() >= max) {
        return;
      }
      cell = cells.computeIfAbsent(key, unknown -> new AtomicReference<>(OutputWindow.EMPTY));
    }
    cell.updateAndGet(before -> before.learned(tokens));
  }
}
