package dev.sluice.admin.cli;

import static java.util.Objects.requireNonNullElseGet;

import dev.sluice.billing.price.Price;
import dev.sluice.billing.price.PriceAsk;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.price.Priced;
import dev.sluice.billing.usage.Usage;
import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.PriceFile;
import dev.sluice.core.config.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code prices explain MODEL}: what a call would cost, line by line; {@code prices check FILE}:
 * all problems of a price file.
 */
@Command(name = "prices", description = "Explains what tokens cost, and checks price files.")
public final class PricesCommand implements Callable<Integer> {

  private static final int NOTES_MAX = 20;

  private final UnaryOperator<@Nullable String> environment;
  private final InstantSource clock;
  private final PrintWriter out;
  private final PrintWriter err;

  @Spec private @Nullable CommandSpec spec;

  /**
   * @param environment value of a variable, null where it is not set
   * @param clock for calls that are not said to have been made at another time
   */
  public PricesCommand(
      UnaryOperator<@Nullable String> environment,
      InstantSource clock,
      PrintWriter out,
      PrintWriter err) {
    this.environment = environment;
    this.clock = clock;
    this.out = out;
    this.err = err;
  }

  /** Without a word what to do with prices: says which words there are. */
  @Override
  public Integer call() {
    return CommandUsage.of(spec, err);
  }

  /** The tokens of a call; each on one meter. */
  static final class Tokens {

    @Option(
        names = "--input",
        paramLabel = "N",
        description = "Tokens of the prompt that were neither read from a cache nor written to it.")
    private long input;

    @Option(names = "--cache-read", paramLabel = "N", description = "Tokens read from the cache.")
    private long cacheRead;

    @Option(
        names = "--cache-write-5m",
        paramLabel = "N",
        description = "Tokens written to the cache for 5 minutes.")
    private long cacheWrite5m;

    @Option(names = "--cache-write-30m", paramLabel = "N", description = "For 30 minutes.")
    private long cacheWrite30m;

    @Option(names = "--cache-write-1h", paramLabel = "N", description = "For an hour.")
    private long cacheWrite1h;

    @Option(names = "--cache-write-12h", paramLabel = "N", description = "For 12 hours.")
    private long cacheWrite12h;

    @Option(
        names = "--output",
        paramLabel = "N",
        description = "Tokens of the answer, reasoning included.")
    private long output;

    @Option(
        names = "--reasoning",
        paramLabel = "N",
        description = "How many of them were reasoning; needed where that has a price of its own.")
    private long reasoning;

    /** Null where one is negative, or there is more reasoning than output. */
    private @Nullable Usage usage() {
      long[] all = {input, cacheRead, cacheWrite5m, cacheWrite30m, cacheWrite1h, cacheWrite12h};
      for (long one : all) {
        if (one < 0) {
          return null;
        }
      }
      return output < 0 || reasoning < 0 || reasoning > output
          ? null
          : new Usage(
              input,
              cacheRead,
              cacheWrite5m,
              cacheWrite30m,
              cacheWrite1h,
              cacheWrite12h,
              output,
              reasoning);
    }
  }

  @Command(
      name = "explain",
      description = "Prints what a call would cost, line by line, and by which row.",
      exitCodeListHeading = "Exit status:%n",
      exitCodeList = {"0:known", "1:unknown", "2:FILE has problems or cannot be read"})
  int explain(
      @Parameters(paramLabel = "MODEL", description = "The model, as the answer names it.")
          String model,
      @Mixin Tokens tokens,
      @Option(
              names = "--provider",
              paramLabel = "P",
              description = "Needed where several providers have the model.")
          @Nullable String provider,
      @Option(names = "--tier", paramLabel = "T", description = "Service tier, as served.")
          @Nullable String tier,
      @Option(names = "--region", paramLabel = "R", description = "Where it was computed.")
          @Nullable String region,
      @Option(
              names = "--at",
              paramLabel = "INSTANT",
              description = "When, such as 2026-10-07T12:00:00Z; else now.")
          @Nullable Instant at,
      @Option(
              names = "--config",
              paramLabel = "FILE",
              description = "Configuration whose prices are taken; else the shipped ones.")
          @Nullable Path config) {
    Usage usage = tokens.usage();
    if (usage == null) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          "Tokens are 0 or more, and reasoning is a part of the output.");
    }
    PriceTable table = table(config);
    if (table == null) {
      return 2;
    }
    Instant when = requireNonNullElseGet(at, clock::instant);
    var ask = new PriceAsk(provider, model, null, tier, region, usage, when);
    out.print(table.explain(ask));
    boolean isKnown = table.price(ask) instanceof Priced.Known;
    if (!isKnown) {
      hint(table, provider, model);
    }
    out.flush();
    return isKnown ? 0 : 1;
  }

  private void hint(PriceTable table, @Nullable String provider, String model) {
    if (provider != null && !table.providers().contains(provider)) {
      out.println("Providers with prices: " + String.join(", ", table.providers()) + ".");
    } else if (!table.models(provider).contains(model)) {
      List<String> near = PriceFile.near(model, table.models(provider));
      out.println(
          near.isEmpty()
              ? "No model has a name like it."
              : "Models with names like it: " + String.join(", ", near) + ".");
    }
  }

  /** Null, and told, where there is none. */
  private @Nullable PriceTable table(@Nullable Path config) {
    if (config == null) {
      return PriceFile.shipped();
    }
    return switch (ConfigFile.load(config, environment)) {
      case ConfigFile.Loaded loaded -> loaded.config().prices();
      case ConfigFile.Invalid invalid -> {
        tell(invalid.problems(), err);
        yield null;
      }
    };
  }

  @Command(
      name = "check",
      description = "Tells all problems of a price file, or that it is valid.",
      exitCodeListHeading = "Exit status:%n",
      exitCodeList = {"0:valid", "1:has problems", "2:cannot be read"})
  int check(
      @Parameters(
              paramLabel = "FILE",
              description = "PriceBook, in YAML; or LiteLLM's, whose name ends in .json.")
          Path file) {
    return switch (PriceFile.read(file)) {
      case PriceFile.Loaded(List<Price> prices, List<Problem> notes) -> {
        PriceTable table = PriceTable.of(prices);
        out.println(
            file
                + " is valid: "
                + count(prices.size(), "row")
                + ", "
                + count(table.models(null).size(), "model")
                + ", "
                + count(table.providers().size(), "provider"));
        notes.stream().limit(NOTES_MAX).forEach(note -> out.println("note: " + note.text()));
        if (notes.size() > NOTES_MAX) {
          out.println("note: and " + (notes.size() - NOTES_MAX) + " more like these");
        }
        out.flush();
        yield 0;
      }
      case PriceFile.Invalid(List<Problem> problems) -> {
        boolean isUnreadable = problems.getFirst().line() == 0;
        tell(problems, isUnreadable ? err : out);
        yield isUnreadable ? 2 : 1;
      }
    };
  }

  private static void tell(List<Problem> problems, PrintWriter to) {
    problems.forEach(problem -> to.println(problem.text()));
    to.flush();
  }

  private static String count(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
