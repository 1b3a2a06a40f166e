package dev.sluice.admin.cli;

import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.ConfigFile.Invalid;
import dev.sluice.core.config.ConfigFile.Loaded;
import dev.sluice.core.config.GatewayConfig;
import dev.sluice.core.config.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code check FILE}: all problems of a configuration file, or that there are none. What it finds
 * goes to the standard output: it is what was asked for.
 */
@Command(
    name = "check",
    description = "Tells all problems of a configuration file, or that it is valid.",
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {"0:valid", "1:has problems", "2:cannot be read"})
public final class CheckCommand implements Callable<Integer> {

  private final UnaryOperator<@Nullable String> environment;
  private final PrintWriter out;
  private final PrintWriter err;

  @Parameters(paramLabel = "FILE", description = "The configuration, a YAML file.")
  private @Nullable Path file;

  /**
   * @param environment value of a variable, null where it is not set
   */
  public CheckCommand(
      UnaryOperator<@Nullable String> environment, PrintWriter out, PrintWriter err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() {
    if (file == null) {
      throw new IllegalStateException("The command line has not been parsed.");
    }
    return switch (ConfigFile.load(file, environment)) {
      case Loaded(GatewayConfig config, List<Problem> notes, _) -> {
        out.println(
            file
                + " is valid: "
                + count(config.providers().size(), "provider")
                + ", "
                + count(config.routes().size(), "route")
                + ", "
                + count(config.teams().teams().size(), "team"));
        for (Problem note : notes) {
          out.println("note: " + note.text());
        }
        out.flush();
        yield 0;
      }
      case Invalid(List<Problem> problems) -> {
        boolean isUnreadable = problems.getFirst().line() == 0;
        PrintWriter to = isUnreadable ? err : out;
        for (Problem problem : problems) {
          to.println(problem.text());
        }
        to.flush();
        yield isUnreadable ? 2 : 1;
      }
    };
  }

  private static String count(int number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
