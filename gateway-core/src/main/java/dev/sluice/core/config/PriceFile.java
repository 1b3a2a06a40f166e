package dev.sluice.core.config;

import dev.sluice.billing.price.Price;
import dev.sluice.billing.price.PriceTable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A price file on disk to rows, or to all of its problems at once. Two forms are read: Sluice's
 * own, YAML, of which {@code config/prices.yaml} is one; and LiteLLM's {@code
 * model_prices_and_context_window.json} as it is, which a name ending in {@code .json} says. Reads
 * files, so not for an event loop. Stateless.
 */
public final class PriceFile {

  // LiteLLM's has two megabytes.
  private static final int BYTES_MAX = 32 << 20;

  private PriceFile() {}

  /** What became of a file. */
  public sealed interface Result {}

  /**
   * It is valid.
   *
   * @param prices in the order of the file
   * @param notes what was left out
   */
  public record Loaded(List<Price> prices, List<Problem> notes) implements Result {
    public Loaded {
      prices = List.copyOf(prices);
      notes = List.copyOf(notes);
    }
  }

  /**
   * It is not.
   *
   * @param problems at least one, in the order of lines; line 0 where the file could not be read
   */
  public record Invalid(List<Problem> problems) implements Result {
    public Invalid {
      problems = List.copyOf(problems);
    }
  }

  /** Reads a file. Never throws for what it holds. */
  public static Result read(Path path) {
    String name = path.toString();
    boolean isJson = name.toLowerCase(Locale.ROOT).endsWith(".json");
    List<Problem> problems = new ArrayList<>();
    String text = FileText.read(path, BYTES_MAX, isJson ? "JSON" : "YAML", problems);
    if (text == null) {
      return new Invalid(problems);
    }
    return isJson ? liteLlm(name, text) : own(name, text);
  }

  private static Result own(String name, String text) {
    List<Problem> problems = new ArrayList<>();
    Node.Group root = YamlTree.read(name, text, PriceRows.ROOT, problems);
    List<Price> prices = root == null ? List.of() : PriceRows.read(name, root, problems);
    return problems.isEmpty() ? new Loaded(prices, List.of()) : new Invalid(inOrder(problems));
  }

  private static Result liteLlm(String name, String text) {
    List<Problem> problems = new ArrayList<>();
    Node.Group root = JsonTree.read(name, text, problems);
    if (root == null) {
      return new Invalid(problems);
    }
    List<Problem> notes = new ArrayList<>();
    List<Price> prices = LiteLlmPrices.read(name, root, notes);
    if (prices.isEmpty()) {
      problems.add(
          new Problem(
              name,
              1,
              "",
              "The file has no entry with a price per token, allowed LiteLLM's"
                  + " model_prices_and_context_window.json. Sluice's own form is YAML."));
      return new Invalid(problems);
    }
    return new Loaded(prices, inOrder(notes));
  }

  private static List<Problem> inOrder(List<Problem> problems) {
    return problems.stream().sorted(Comparator.comparingInt(Problem::line)).toList();
  }

  // ---- the shipped table

  /** Made on first use: reading it takes a moment, and it never changes. */
  private static final class Shipped {

    static final PriceTable TABLE = PriceTable.of(read());

    private static List<Price> read() {
      try (InputStream in = PriceFile.class.getResourceAsStream("prices.yaml")) {
        if (in == null) {
          throw new IllegalStateException("prices.yaml is not in the jar.");
        }
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        return switch (own("prices.yaml", text)) {
          case Loaded loaded -> loaded.prices();
          case Invalid invalid -> throw new IllegalStateException("" + invalid.problems());
        };
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** The table inside the jar: {@code config/prices.yaml} as it was when Sluice was built. */
  public static PriceTable shipped() {
    return Shipped.TABLE;
  }

  /** Up to three of the models whose names are nearest to one that has no row. */
  public static List<String> near(String model, Collection<String> models) {
    return Hints.near(model, models, 3);
  }
}
