package dev.sluice.admin;

import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.GatewayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Configurations that the program brings along, for gateways of its own. */
final class OwnConfig {

  private OwnConfig() {}

  /**
   * Writes a configuration down, and reads it. Blocks.
   *
   * @param directory there already; the gateway's storage will be in it
   * @param given what stands in it as {@code ${NAME}}
   */
  static GatewayConfig in(Path directory, String yaml, Map<String, String> given)
      throws IOException {
    Path file = Files.writeString(directory.resolve("gateway.yaml"), yaml);
    return switch (ConfigFile.load(file, given::get)) {
      case ConfigFile.Loaded loaded -> loaded.config();
      case ConfigFile.Invalid invalid ->
          throw new IllegalStateException("A configuration of our own: " + invalid.problems());
    };
  }
}
