package dev.sluice.it.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus itself thinks of a scrape; where its programs are installed. */
@ExtendWith(NoLeaks.class)
class PrometheusIT {

  private static final String YAML =
      PoolsYaml.of(
          """
          teams: {testers: {keys: ["${KEY_HASH}"], quotas: {main: {guaranteed: 60}}}}
          pools: {main: {provider: main, tokens-per-minute: 6M}}
          """,
          "main");

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  @TempDir static Path directory;

  @BeforeAll
  static void someCalls() throws IOException {
    for (int i = 0; i < 3; i++) {
      Bodies.Stream asked = PoolsYaml.json("main");
      assertThat(Team.of(rig.gateway()).ask(asked, "").status()).isEqualTo(200);
    }
  }

  private static boolean has(String program) {
    return List.of("/usr/bin/", "/usr/local/bin/").stream()
        .anyMatch(place -> Files.isExecutable(Path.of(place + program)));
  }

  private static String run(String input, String... command)
      throws IOException, InterruptedException {
    Path in = Files.writeString(directory.resolve("input"), input);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectInput(in.toFile()).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + " " + said;
  }

  @Test
  void promtoolFindsNothingToSayOfAScrape() throws Exception {
    assumeTrue(has("promtool"), "promtool is not installed");
    String scrape = AdminPort.of(rig.gateway()).get("/metrics").body();
    assertThat(scrape).contains("sluice_cost_usd_total", "sluice_ledger_up 1.0");
    assertThat(run(scrape, "promtool", "check", "metrics")).isEqualTo("0 ");
  }

  @Test
  void promtoolFindsNothingToSayOfTheAlertRules() throws Exception {
    assumeTrue(has("promtool"), "promtool is not installed");
    assertThat(run("", "promtool", "check", "rules", "../config/alerts.yml"))
        .startsWith("0 ")
        .contains("SUCCESS");
  }

  @Test
  void prometheusScrapesWithoutAWarningAndAnswersQueries() throws Exception {
    assumeTrue(has("prometheus"), "prometheus is not installed");
    int port = freePort();
    Path config =
        Files.writeString(
            directory.resolve("prometheus.yml"),
            "global: {scrape_interval: 1s}\nrule_files: [\""
                + Path.of("../config/alerts.yml").toRealPath()
                + "\"]\nscrape_configs:\n  - job_name: sluice\n    static_configs: [{targets:"
                + " [\"127.0.0.1:"
                + rig.gateway().adminPort()
                + "\"]}]\n");
    Path log = directory.resolve("prometheus.log");
    Process prometheus =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + directory.resolve("tsdb"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try (HttpClient http = HttpClient.newHttpClient()) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() -> query(http, port, "up{job=\"sluice\"}").contains(",\"1\"]"));
      assertThat(query(http, port, "sum(sluice_calls_total{outcome=\"complete\"})"))
          .contains(",\"3\"]");
      assertThat(query(http, port, "ALERTS{alertname=\"SluiceLedgerDown\"}"))
          .contains("\"result\":[]");
      assertThat(Files.readString(log)).doesNotContain("level=warn", "level=error");
    } finally {
      prometheus.destroy();
      prometheus.waitFor();
    }
  }

  private static String query(HttpClient http, int port, String query)
      throws IOException, InterruptedException {
    URI uri =
        URI.create(
            "http://127.0.0.1:"
                + port
                + "/api/v1/query?query="
                + URLEncoder.encode(query, StandardCharsets.UTF_8));
    return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
