package dev.sluice.admin;

import static java.util.Objects.requireNonNull;

import dev.sluice.admin.reload.ConfigWatch;
import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.GatewayConfig;
import dev.sluice.core.config.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gateway serve --config FILE}: runs until it is told to stop. */
@Command(
    name = "serve",
    description = "Start the gateway with a configuration file; SIGTERM drains it.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {

  private final PrintWriter out;
  private final PrintWriter err;

  @Option(
      names = {"-c", "--config"},
      required = true,
      paramLabel = "FILE",
      description = "The YAML file; config/gateway.yaml is a commented example.")
  private @Nullable Path file;

  ServeCommand(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws InterruptedException {
    return switch (ConfigFile.load(requireNonNull(file, "required"), System::getenv)) {
      case ConfigFile.Invalid invalid -> {
        for (Problem problem : invalid.problems()) {
          err.println(problem);
        }
        yield 1;
      }
      case ConfigFile.Loaded loaded -> {
        for (Problem note : loaded.notes()) {
          err.println(note);
        }
        yield run(loaded, requireNonNull(file, "required"));
      }
    };
  }

  private int run(ConfigFile.Loaded loaded, Path file) throws InterruptedException {
    warmUp(loaded.config());
    Assembly gateway;
    try {
      gateway = Assembly.start(loaded.config());
    } catch (StartFailure failure) {
      err.println(failure.getMessage());
      return 1;
    }
    out.println("Sluice listens on " + gateway.clientAddress());
    out.println("admin port on " + gateway.adminAddress());
    out.flush();
    ConfigWatch watch =
        ConfigWatch.start(
            loaded.files(), () -> ConfigFile.load(file, System::getenv), gateway::apply);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  watch.close();
                  gateway.drainAndClose();
                  stopped.countDown();
                },
                "drain"));
    stopped.await();
    return 0;
  }

  /** Without it the gateway serves as well, and is slow at first. */
  private void warmUp(GatewayConfig config) throws InterruptedException {
    if (config.warmUp().isZero()) {
      return;
    }
    try {
      Rehearsal.play(config.warmUp(), Assembly.loopCount(config), System::nanoTime);
    } catch (IOException | StartFailure impossible) {
      err.println(
          "The gateway starts without warming up ("
              + impossible.getMessage()
              + "): its first thousand calls are slower. listen.warm-up: 0s leaves it out.");
      err.flush();
    }
  }
}
