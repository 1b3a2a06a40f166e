package dev.sluice.admin.cli;

import dev.sluice.billing.team.ApiKey;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.ConfigFile.NoSecret;
import dev.sluice.core.config.ConfigFile.Secret;
import dev.sluice.core.config.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code keys generate}: a new key for a team, shown once, and the hash that is kept of it. */
@Command(name = "keys", description = "Makes keys for teams.")
public final class KeysCommand implements Callable<Integer> {

  private final UnaryOperator<@Nullable String> environment;
  private final SecureRandom random;
  private final PrintWriter out;
  private final PrintWriter err;

  @Spec private @Nullable CommandSpec spec;

  /**
   * @param environment value of a variable, null where it is not set
   */
  public KeysCommand(
      UnaryOperator<@Nullable String> environment,
      SecureRandom random,
      PrintWriter out,
      PrintWriter err) {
    this.environment = environment;
    this.random = random;
    this.out = out;
    this.err = err;
  }

  /** Without a word what to do with keys: says which words there are. */
  @Override
  public Integer call() {
    return CommandUsage.of(spec, err);
  }

  @Command(
      name = "generate",
      description = "Prints a new key, once, and its hash for teams.<name>.keys.",
      exitCodeListHeading = "Exit status:%n",
      exitCodeList = {"0:made", "1:FILE has problems", "2:FILE cannot be read"})
  int generate(
      @Option(
              names = "--config",
              paramLabel = "FILE",
              description =
                  "Configuration whose keys.secret the hash is made with; needed if it has one.")
          @Nullable Path config) {
    return switch (secret(config)) {
      case Secret(String secret) -> {
        String key = ApiKey.generate(random);
        out.println("The key. It is shown only now: hand it to the team.");
        out.println();
        out.println("  " + key);
        out.println();
        out.println("Its hash, for the file, under teams.<name>.keys or admin.tokens.<name>.hash:");
        out.println();
        out.println("      - " + new ApiKeyHasher(secret).hash(key).text());
        out.flush();
        yield 0;
      }
      case NoSecret(List<Problem> problems) -> {
        for (Problem problem : problems) {
          err.println(problem.text());
        }
        err.flush();
        yield problems.getFirst().line() == 0 ? 2 : 1;
      }
    };
  }

  private ConfigFile.SecretResult secret(@Nullable Path config) {
    return config == null
        ? new Secret(ApiKeyHasher.DEFAULT_SECRET)
        : ConfigFile.keySecret(config, environment);
  }
}
