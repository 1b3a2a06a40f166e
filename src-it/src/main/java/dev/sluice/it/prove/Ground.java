package dev.sluice.it.prove;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a promise is played: starts the processes, and ends them.
 *
 * @param root the checkout
 * @param work a directory for configurations and logs; kept when something went wrong
 */
record Ground(Path root, Path work) {

  /** For people who watch. */
  void say(String text) {
    System.err.println("prove: " + text);
  }

  /**
   * Starts {@code bin/gateway serve}.
   *
   * @param cpu to be bound to, or null
   */
  Child gateway(String name, String yaml, @Nullable Integer cpu) throws IOException {
    // A directory for each: what a gateway keeps stands beside its configuration.
    Path config = Files.createDirectories(work.resolve(name)).resolve("gateway.yaml");
    Files.writeString(config, yaml);
    List<String> command = new ArrayList<>(pin(cpu));
    command.addAll(
        List.of(root.resolve("bin/gateway").toString(), "serve", "--config", config.toString()));
    return Child.start(name, command, work);
  }

  /** Starts a scripted provider in a process of its own. */
  Child provider(int port, String script, @Nullable Integer cpu) throws IOException {
    List<String> command = new ArrayList<>(pin(cpu));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Dio.netty.leakDetection.level=disabled",
            "-XX:+UseSerialGC",
            "-Xms2g",
            "-Xmn1g", // its collector stops it for as long as a herd may take to arrive
            "-Xmx2g",
            "-cp",
            System.getProperty("java.class.path"),
            ProviderMain.class.getName(),
            Integer.toString(port),
            script));
    Child child = Child.start("provider", command, work);
    child.awaitLine("listens", Duration.ofSeconds(30));
    return child;
  }

  static List<String> pin(@Nullable Integer cpu) {
    return cpu == null ? List.of() : List.of("taskset", "-c", cpu.toString());
  }

  /** Whether a program is on the PATH. */
  static boolean has(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return Files.isExecutable(Path.of("/usr/sbin", program));
  }

  /** A port that was free a moment ago. */
  static int freePort() throws IOException {
    try (java.net.ServerSocket socket =
        new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
