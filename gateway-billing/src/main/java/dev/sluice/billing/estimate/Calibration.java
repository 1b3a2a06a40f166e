package dev.sluice.billing.estimate;

import dev.sluice.billing.estimate.DriftAlarm.Signal;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * By how much a provider counts more tokens than {@link TokenModel}: a moving mean of the logarithm
 * of that ratio, per provider, model and kind of content. A cell that knows little leans on its
 * parent (provider and kind), that on its own (kind), and that on 1.
 *
 * <p>Any thread; a cell's state is replaced whole, by compare-and-set, so no call's lesson is lost
 * and nobody waits.
 */
final class Calibration {

  /** Past this, new models learn in their parent only. */
  static final int CELLS_MAX = 10_000;

  /** What providers count besides the text, in tokens, where nothing is known of it. */
  private static final double BESIDES_TOKENS = 40;

  /** Of each parent generation: providers come from the configuration. */
  private static final int PARENTS_MAX = 1_000;

  private record Key(@Nullable String provider, @Nullable String model, ContentClass kind) {}

  private final ConcurrentHashMap<Key, CalibrationCell> models = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Key, CalibrationCell> providers = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Key, CalibrationCell> kinds = new ConcurrentHashMap<>();
  private final InstantSource clock;
  private final Consumer<DriftView> onDrift;

  Calibration(InstantSource clock, Consumer<DriftView> onDrift) {
    this.clock = clock;
    this.onDrift = onDrift;
  }

  /** By what the base count is to be multiplied; positive. */
  double ratio(String provider, @Nullable String model, ContentClass kind) {
    CalibrationCell own = models.get(new Key(provider, model, kind));
    if (own != null && own.state().isGrown()) {
      return Math.exp(own.state().mean());
    }
    double above = mean(kinds.get(new Key(null, null, kind)), 0);
    above = mean(providers.get(new Key(provider, null, kind)), above);
    return Math.exp(mean(own, above));
  }

  /** Whether the cell has seen too little of the provider's own counts. */
  boolean isCold(String provider, @Nullable String model, ContentClass kind) {
    CalibrationCell own = models.get(new Key(provider, model, kind));
    return own == null || own.state().isCold();
  }

  /**
   * Learns from one settled call.
   *
   * @param base tokens by the fixed model, positive
   * @param actual tokens as billed, positive
   * @param error logarithm of billed / estimated, as the estimate was really made
   */
  void learn(
      String provider,
      @Nullable String model,
      ContentClass kind,
      long base,
      long actual,
      double error) {
    double logarithm = CalibrationCell.bounded(Math.log((double) actual / base));
    double weight = base / (base + BESIDES_TOKENS);
    CalibrationCell parent = cell(providers, new Key(provider, null, kind), PARENTS_MAX);
    CalibrationCell grandparent = cell(kinds, new Key(null, null, kind), PARENTS_MAX);
    CalibrationCell own = cell(models, new Key(provider, model, kind), CELLS_MAX);
    if (grandparent != null) {
      grandparent.learn(logarithm, weight, error, clock);
    }
    if (parent != null) {
      parent.learn(logarithm, weight, error, clock);
    }
    if (own != null) {
      CalibrationCell.State after = own.learn(logarithm, weight, error, clock);
      if (after.drift() != null && after.drift().signal() == Signal.RISE) {
        onDrift.accept(after.view(provider, model, kind));
      }
    }
  }

  /** Learns what a tokenizer counted, until the provider's own counts say more. */
  void counted(
      String provider, @Nullable String model, ContentClass kind, long base, long counted) {
    CalibrationCell own = cell(models, new Key(provider, model, kind), CELLS_MAX);
    if (own != null) {
      own.counted(CalibrationCell.bounded(Math.log((double) counted / base)));
    }
  }

  List<DriftView> views() {
    List<DriftView> views = new ArrayList<>();
    models.forEach(
        (key, cell) -> {
          if (key.provider != null && cell.state().calls() > 0) {
            views.add(cell.state().view(key.provider, key.model, key.kind));
          }
        });
    return views;
  }

  int size() {
    return models.size();
  }

  private static double mean(@Nullable CalibrationCell cell, double above) {
    return cell == null ? above : cell.state().mean(above);
  }

  /** Null where there are too many; by a few more than allowed if many threads come at once. */
  private static @Nullable CalibrationCell cell(
      ConcurrentHashMap<Key, CalibrationCell> cells, Key key, int max) {
    CalibrationCell known = cells.get(key);
    return known != null || cells.size() >= max
        ? known
        : cells.computeIfAbsent(key, unknown -> new CalibrationCell());
  }
}
