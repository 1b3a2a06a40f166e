package dev.sluice.admin;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Picks the command. */
@Command(
    name = "gateway",
    description = "Sluice, an LLM gateway.",
    mixinStandardHelpOptions = true,
    version = "Sluice 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DemoCommand.class, ServeCommand.class})
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }
}
