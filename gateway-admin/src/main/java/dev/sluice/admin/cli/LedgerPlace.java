package dev.sluice.admin.cli;

import dev.sluice.billing.ledger.LedgerQueries;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.PriceFile;
import dev.sluice.core.config.Problem;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which ledger a command reads. Reading disturbs no gateway that writes to it meanwhile. */
final class LedgerPlace {

  private static final String FILE = "ledger.db";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration of the gateway whose ledger it is.")
  private @Nullable Path config;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Its storage.directory, where no FILE is given; else sluice-data.")
  private @Nullable Path directory;

  /** The ledger, and the prices that go with it. */
  record Found(LedgerQueries queries, PriceTable prices) {}

  /**
   * Null, and told, where there is none.
   *
   * @param err told in whole sentences
   */
  @Nullable Found find(UnaryOperator<@Nullable String> environment, PrintWriter err) {
    if (config != null && directory != null) {
      err.println("--config says where the directory is. Leave --directory out.");
      return null;
    }
    Path storage = directory != null ? directory : Path.of("sluice-data");
    PriceTable prices;
    if (config == null) {
      prices = PriceFile.shipped();
    } else {
      switch (ConfigFile.load(config, environment)) {
        case ConfigFile.Loaded loaded -> {
          storage = loaded.config().storage();
          prices = loaded.config().prices();
        }
        case ConfigFile.Invalid(List<Problem> problems) -> {
          problems.forEach(problem -> err.println(problem.text()));
          return null;
        }
      }
    }
    for (Path place : List.of(storage, storage.resolve("ledger"))) {
      if (Files.exists(place.resolve(FILE))) {
        return new Found(LedgerQueries.in(place), prices);
      }
    }
    err.println(
        "There is no ledger in "
            + storage
            + ". Name the gateway's configuration (--config), or its storage.directory"
            + " (--directory).");
    return null;
  }
}
