package dev.sluice.admin;

import static java.util.Objects.requireNonNull;

import dev.sluice.admin.cli.CheckCommand;
import dev.sluice.admin.cli.KeysCommand;
import dev.sluice.admin.cli.PricesCommand;
import dev.sluice.admin.cli.ReconcileCommand;
import dev.sluice.admin.cli.UsageCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Picks the command. */
@Command(
    name = "gateway",
    description = "Sluice, an LLM gateway.",
    mixinStandardHelpOptions = true,
    version = "Sluice 0.1.0",
    synopsisSubcommandLabel = "COMMAND")
public final class Main implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  private Main() {}

  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int status =
        new CommandLine(new Main())
            .setOut(out)
            .setErr(err)
            .addSubcommand(new DemoCommand(out, err))
            .addSubcommand(new ServeCommand(out, err))
            .addSubcommand(new CheckCommand(System::getenv, out, err))
            .addSubcommand(new KeysCommand(System::getenv, new SecureRandom(), out, err))
            .addSubcommand(new PricesCommand(System::getenv, InstantSource.system(), out, err))
            .addSubcommand(new UsageCommand(System::getenv, InstantSource.system(), out, err))
            .addSubcommand(new ReconcileCommand(System::getenv, out, err))
            .execute(args);
    out.flush();
    err.flush();
    System.exit(status);
  }

  @Override
  public Integer call() {
    throw new ParameterException(
        requireNonNull(spec, "not parsed").commandLine(), "Which command? Try: bin/gateway demo");
  }
}
