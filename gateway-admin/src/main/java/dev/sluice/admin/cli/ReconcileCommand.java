package dev.sluice.admin.cli;

import dev.sluice.admin.cli.LedgerPlace.Found;
import dev.sluice.admin.reconcile.LedgerSide;
import dev.sluice.admin.reconcile.Reconciliation;
import dev.sluice.admin.reconcile.ReconciliationForms;
import dev.sluice.admin.reconcile.UsageExport;
import dev.sluice.admin.reconcile.UsageExport.Read;
import dev.sluice.admin.reconcile.UsageExport.Unreadable;
import dev.sluice.billing.ledger.LedgerUnreadable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;

/** {@code reconcile FILE}: the ledger against a provider's usage or cost report. */
@Command(
    name = "reconcile",
    description = "Compares the ledger with a provider's usage or cost report, per model and day.",
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:equal, within the tolerance",
      "1:there are differences",
      "2:FILE is no report, or there is no ledger"
    })
public final class ReconcileCommand implements Callable<Integer> {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final UnaryOperator<@Nullable String> environment;
  private final PrintWriter out;
  private final PrintWriter err;

  @Mixin private LedgerPlace place = new LedgerPlace();

  @Parameters(
      paramLabel = "FILE",
      description =
          "Usage or cost report of OpenAI or Anthropic: JSON of the API, pages glued together, or"
              + " CSV of the console.")
  private Path file = Path.of("");

  @Option(
      names = "--provider",
      split = ",",
      paramLabel = "NAME",
      description =
          "Names of the providers in the configuration whose account it is; else openai or"
              + " anthropic.")
  private @Nullable List<String> providers;

  @Option(
      names = "--tolerance-percent",
      paramLabel = "P",
      defaultValue = "0",
      description = "By how much figures may differ and be equal; else ${DEFAULT-VALUE}.")
  private BigDecimal tolerance = BigDecimal.ZERO;

  @Option(names = "--json", description = "As JSON.")
  private boolean isJson;

  /**
   * @param environment value of a variable, null where it is not set
   */
  public ReconcileCommand(
      UnaryOperator<@Nullable String> environment, PrintWriter out, PrintWriter err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() {
    try {
      UsageExport export = export();
      if (export == null) {
        return 2;
      }
      if (tolerance.signum() < 0 || tolerance.compareTo(BigDecimal.valueOf(100)) > 0) {
        err.println("--tolerance-percent is " + tolerance + "; allowed is 0 to 100.");
        return 2;
      }
      Found ledger = place.find(environment, err);
      if (ledger == null) {
        return 2;
      }
      Reconciliation reconciliation =
          LedgerSide.compare(
              ledger.queries(),
              export,
              providers == null ? List.of(export.provider()) : providers,
              tolerance);
      if (isJson) {
        out.println(JSON.writeValueAsString(ReconciliationForms.json(reconciliation)));
      } else {
        ReconciliationForms.text(reconciliation, out::print);
      }
      return reconciliation.isEqual() ? 0 : 1;
    } catch (LedgerUnreadable e) {
      err.println(e.getMessage());
      return 2;
    } finally {
      out.flush();
      err.flush();
    }
  }

  /** Null, and told, where it cannot be read. */
  private @Nullable UsageExport export() {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(UsageExport.BYTES_MAX + 1);
    } catch (NoSuchFileException e) {
      err.println(file + ": The file does not exist.");
      return null;
    } catch (IOException e) {
      err.println(file + ": The file cannot be read (" + e.getMessage() + ").");
      return null;
    }
    return switch (UsageExport.read(bytes)) {
      case Read(UsageExport export) -> export;
      case Unreadable(List<String> problems) -> {
        problems.forEach(problem -> err.println(file + ": " + problem));
        yield null;
      }
    };
  }
}
