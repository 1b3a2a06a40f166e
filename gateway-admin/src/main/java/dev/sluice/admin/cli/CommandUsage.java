package dev.sluice.admin.cli;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** What a command says that was given no word of what to do. */
final class CommandUsage {

  /** Of a command line that cannot be understood. */
  private static final int EXIT = 2;

  private CommandUsage() {}

  static int of(@Nullable CommandSpec command, PrintWriter err) {
    if (command != null) {
      command.commandLine().usage(err);
    }
    err.flush();
    return EXIT;
  }
}
