package dev.sluice.admin.reconcile;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The last imports, newest first, and what they said of each model. In memory: gone with the
 * process. Any thread.
 */
public final class Reconciliations {

  /** Imports that are kept. */
  public static final int KEPT_MAX = 20;

  /** Models that have a figure; further ones are added up as {@code other}. */
  static final int MODELS_MAX = 200;

  private static final String OTHER = "other";

  /**
   * An import.
   *
   * @param number from 1, since the start
   * @param at when
   * @param bytes of the export
   */
  public record Import(long number, Instant at, int bytes, Reconciliation reconciliation) {}

  /**
   * Of the last import of a provider: one model's tokens, over all its days.
   *
   * @param provider whose export it was
   */
  public record ModelTokens(
      String provider, String model, long ledgerTokens, long providerTokens) {}

  private final Deque<Import> kept = new ArrayDeque<>();
  private final Map<String, List<ModelTokens>> figures = new TreeMap<>();
  private long imports;

  /** Keeps it, and drops the oldest where there are too many. */
  public synchronized Import add(Instant at, int bytes, Reconciliation reconciliation) {
    imports++;
    Import added = new Import(imports, at, bytes, reconciliation);
    kept.addFirst(added);
    if (kept.size() > KEPT_MAX) {
      kept.removeLast();
    }
    figures.put(reconciliation.provider(), figures(reconciliation));
    return added;
  }

  private static List<ModelTokens> figures(Reconciliation reconciliation) {
    Map<String, long[]> models = new TreeMap<>();
    for (Reconciliation.Row row : reconciliation.rows()) {
      if (row.tokenDifference() != null) {
        String name =
            models.containsKey(row.model()) || models.size() < MODELS_MAX ? row.model() : OTHER;
        long[] tokens = models.computeIfAbsent(name, m -> new long[2]);
        tokens[0] += row.ledger() == null ? 0 : row.ledger().tokens();
        tokens[1] += row.provider() == null ? 0 : row.provider().tokens();
      }
    }
    List<ModelTokens> figures = new ArrayList<>();
    models.forEach(
        (model, tokens) ->
            figures.add(new ModelTokens(reconciliation.provider(), model, tokens[0], tokens[1])));
    return figures;
  }

  /** Newest first. */
  public synchronized List<Import> last() {
    return List.copyOf(kept);
  }

  /** For metrics: the last import of each provider, by model; bounded. */
  public synchronized List<ModelTokens> modelTokens() {
    return figures.values().stream().flatMap(List::stream).toList();
  }
}
