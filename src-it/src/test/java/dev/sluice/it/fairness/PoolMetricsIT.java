package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.telemetry.MeterName;
import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a scrape says of pools: every series of the table, well formed, of few label values. */
@ExtendWith(NoLeaks.class)
class PoolMetricsIT {

  private static final String YAML =
      PoolsYaml.of(
          """
          teams:
            testers: {keys: ["${KEY_HASH}"], quotas: {main: {guaranteed: 60}}}
            others:
              keys: ["${OTHER_HASH}"]
              quotas: {main: {ceiling: 60, max-wait: 0s}}
          pools:
            main:
              provider: main
              tokens-per-minute: 6M
              input-tokens-per-minute: 6M
              output-tokens-per-minute: 6M
              requests-per-minute: 60k
            few: {provider: few, requests-per-minute: 60, burst: 100ms}
          """,
          "main",
          "few");

  /** The pools' own, and what a pool makes of a call. */
  private static final List<MeterName> NAMES =
      List.of(
          MeterName.QUEUE,
          MeterName.ESTIMATE_RATIO,
          MeterName.POOL_LEVEL,
          MeterName.POOL_RATE,
          MeterName.POOL_PAUSED,
          MeterName.POOL_WAITING,
          MeterName.POOL_TOKENS,
          MeterName.POOL_REFUSED,
          MeterName.POOL_SHADOW,
          MeterName.BLAME);

  private static final Map<String, Set<String>> ALLOWED =
      Map.of(
          "pool", Set.of("main", "few"),
          "team", Set.of("testers", "others"),
          "victim", Set.of("testers", "others"),
          "cause", Set.of("testers", "others", "provider"),
          "kind", Set.of("guaranteed", "borrowed"),
          "would", Set.of("wait", "refuse"),
          "provider", Set.of("main", "few"));

  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? (\\S+)");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\",?");

  private record Sample(String name, Map<String, String> labels) {}

  private static Counted provider;
  private static GatewayUnderTest gateway;
  private static AdminPort admin;

  @BeforeAll
  static void start() {
    provider = new Counted();
    gateway = GatewayUnderTest.start(provider.baseUrl(), YAML);
    admin = AdminPort.of(gateway);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  /** Served, waited, refused, and models that only a client has spoken of. */
  private static void traffic() throws Exception {
    Team team = Team.of(gateway);
    Team other = Team.other(gateway);
    for (int i = 0; i < 230; i++) {
      Bodies.Stream asked = PoolsYaml.json("main");
      team.ask(
          new Bodies.Stream(asked.path(), asked.body().replace("scripted-1", "model-" + i)),
          "events=1");
    }
    while (other.ask(PoolsYaml.json("main"), "events=9").status() == 200) {
      assertThat(provider.calls()).isLessThan(1_000);
    }
    team.ask(PoolsYaml.json("few"), "events=1");
    try (RawClient waiting = team.open(PoolsYaml.json("few"), "events=1")) {
      PoolPort.of(gateway, "few").awaitWaiting("testers", 1);
      assertThat(admin.metric("sluice_pool_waiting", "pool=\"few\"")).isEqualTo(1);
      assertThat(waiting.answer().status()).isEqualTo(200);
    }
  }

  private static List<Sample> scrape() throws IOException {
    List<Sample> samples = new ArrayList<>();
    Set<String> typed = new HashSet<>();
    Set<String> series = new HashSet<>();
    for (String line : admin.get("/metrics").body().lines().toList()) {
      if (line.startsWith("# TYPE ")) {
        assertThat(typed.add(line.split(" ", -1)[2])).as(line).isTrue();
      } else if (!line.startsWith("#") && !line.isBlank()) {
        Matcher sample = SAMPLE.matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        assertThat(Double.parseDouble(sample.group(3).replace("+Inf", "Infinity")))
            .as(line)
            .isNotNaN();
        assertThat(series.add(line.substring(0, line.lastIndexOf(' ')))).as(line).isTrue();
        Map<String, String> labels = new TreeMap<>();
        String text = sample.group(2) == null ? "" : sample.group(2);
        Matcher label = LABEL.matcher(text);
        int end = 0;
        while (label.lookingAt()) {
          assertThat(labels.put(label.group(1), label.group(2))).as(line).isNull();
          end = label.end();
          label.region(end, text.length());
        }
        assertThat(end).as(line).isEqualTo(text.length());
        samples.add(new Sample(sample.group(1), labels));
      }
    }
    return samples;
  }

  @Test
  void everySeriesOfPoolsIsThereWithItsLabelsAndNoOthers() throws Exception {
    traffic();
    scrape(); // the first one registers
    List<Sample> samples = scrape();
    for (MeterName name : NAMES) {
      Set<String> wanted = new TreeSet<>(name.labels());
      List<Sample> own =
          samples.stream().filter(sample -> name.series().contains(sample.name())).toList();
      assertThat(own).as(name.exposed()).isNotEmpty();
      for (Sample sample : own) {
        Set<String> labels = new TreeSet<>(sample.labels().keySet());
        labels.remove("le");
        assertThat(labels).as(sample.toString()).isEqualTo(wanted);
        sample
            .labels()
            .forEach(
                (label, value) -> {
                  if (ALLOWED.containsKey(label)) {
                    assertThat(value).as(sample.toString()).isIn(ALLOWED.get(label));
                  }
                });
      }
      // Two pools, two teams, four limits; models are bounded, whatever clients speak of.
      long apart =
          own.stream()
              .map(
                  sample -> {
                    Map<String, String> labels = new TreeMap<>(sample.labels());
                    labels.remove("le");
                    return labels;
                  })
              .distinct()
              .count();
      assertThat(apart).as(name.exposed()).isLessThanOrEqualTo(wanted.contains("model") ? 202 : 20);
    }
    assertThat(
            samples.stream()
                .filter(sample -> sample.name().equals("sluice_pool_level"))
                .map(sample -> sample.labels().get("pool") + "/" + sample.labels().get("limit")))
        .containsExactlyInAnyOrder(
            "main/tokens",
            "main/input-tokens",
            "main/output-tokens",
            "main/requests",
            "few/requests");
    assertThat(
            samples.stream()
                .filter(sample -> sample.name().equals("sluice_pool_refused_total"))
                .map(sample -> sample.labels().get("team") + "/" + sample.labels().get("limit")))
        .containsExactly("others/team-ceiling");
    assertThat(admin.metric("sluice_pool_tokens_total", "team=\"testers\"", "kind=\"guaranteed\""))
        .isPositive();
    assertThat(admin.metric("sluice_throttle_blame_seconds_total", "victim=\"testers\""))
        .isBetween(0.3, 3.0);
  }
}
