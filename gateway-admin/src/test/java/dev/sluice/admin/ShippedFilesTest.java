package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.telemetry.MeterName;
import dev.sluice.core.telemetry.Meters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files beside the code that speak of what the code does: they must stay true. */
class ShippedFilesTest {

  /** Tests run in the module's directory. */
  private static final Path ROOT = Path.of("..");

  private static final Pattern METRIC =
      Pattern.compile("\\b(?:sluice|gen_ai|jvm|process|system)_[a-z0-9_]+");

  @Test
  void thePageHasTheTableOfAllMetrics() throws IOException {
    String page = Files.readString(ROOT.resolve("gateway-admin/README.md"));
    assertThat(page)
        .as("gateway-admin/README.md must hold this table:\n%s", MeterName.markdown())
        .contains("\n\n" + MeterName.markdown() + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"config/alerts.yml", "config/grafana/sluice.json"})
  void everyMetricThatIsAskedForExists(String file) throws IOException {
    Set<String> asked = new TreeSet<>();
    Matcher matcher = METRIC.matcher(Files.readString(ROOT.resolve(file)));
    while (matcher.find()) {
      asked.add(matcher.group());
    }
    Set<String> known = new TreeSet<>();
    for (MeterName name : MeterName.values()) {
      known.addAll(name.series());
    }
    try (var meters = new Meters()) {
      new String(meters.scrape(null).body(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(line -> known.add(line.replaceFirst("[{ ].*", "")));
    }
    assertThat(asked).hasSizeGreaterThan(5);
    assertThat(known).containsAll(asked);
  }

  @Test
  void theContainersConfigurationIsValid() {
    Path file = ROOT.resolve("docker/gateway.yaml");
    String hash = "hmac-sha256:" + "0".repeat(64);
    assertValid(file, Map.of("SLUICE_KEY_HASH", hash));
    assertValid(
        file,
        Map.of(
            "SLUICE_KEY_HASH",
            hash,
            "SLUICE_ADMIN_ADDRESS",
            "0.0.0.0",
            "SLUICE_ADMIN_TOKEN",
            "a".repeat(32)));
  }

  private static void assertValid(Path file, Map<String, String> environment) {
    assertThat(ConfigFile.load(file, environment::get)).isInstanceOf(ConfigFile.Loaded.class);
  }
}
