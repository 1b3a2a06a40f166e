package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A provider that counts the same text as more tokens than before is noticed within few calls. */
@ExtendWith(NoLeaks.class)
class DriftIT {

  private static final String YAML =
      PoolsYaml.of(
          """
          teams:
            testers: {keys: ["${KEY_HASH}"]}
          pools:
            main: {provider: main, tokens-per-minute: 100M, burst: 60s}
          """,
          "main");

  private static final String PROSE =
      "Nobody in the harbour had seen the pilot boat leave, and so it was some hours before anyone"
          + " asked where it was. ";

  private static final JsonMapper JSON = new JsonMapper();

  private static Counted provider;
  private static GatewayUnderTest gateway;
  private static final SplittableRandom RANDOM = new SplittableRandom(20_260_101);

  @BeforeAll
  static void start() {
    provider = new Counted();
    gateway = GatewayUnderTest.start(provider.baseUrl(), YAML);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  private static RawAnswer ask(String script) throws IOException {
    int length = RANDOM.nextInt(400, 3_000);
    String prompt = PROSE.repeat(length / PROSE.length() + 1).substring(0, length).strip();
    Bodies.Stream asked = PoolsYaml.json("main");
    RawAnswer answer =
        Team.of(gateway)
            .ask(
                new Bodies.Stream(asked.path(), asked.body().replace("\"?", "\"" + prompt + " ")),
                script);
    assertThat(answer.status()).isEqualTo(200);
    PoolPort.of(gateway, "main").awaitNothingReserved();
    return answer;
  }

  private static JsonNode cell() throws IOException {
    JsonNode cells =
        JSON.readTree(AdminPort.of(gateway).get("/admin/v1/drift").body()).path("cells");
    assertThat(cells.size()).isEqualTo(1);
    return cells.get(0);
  }

  @Test
  void aTokenizerThatChangesIsAlarmedOnceAndFollowed() throws Exception {
    for (int i = 0; i < 40; i++) {
      ask("events=1");
    }
    JsonNode steady = cell();
    assertThat(steady.path("provider").asString()).isEqualTo("main");
    assertThat(steady.path("model").asString()).isEqualTo("scripted-1");
    assertThat(steady.path("content").asString()).isEqualTo("prose");
    assertThat(steady.path("requests").asLong()).isEqualTo(40);
    assertThat(steady.path("alarms").asLong()).isZero();
    assertThat(steady.path("last_alarm").isNull()).isTrue();
    double ratio = steady.path("ratio").asDouble();

    int needed = 0;
    while (cell().path("alarms").asLong() == 0 && needed < 20) {
      ask("events=1;factor=1.3");
      needed++;
    }
    System.out.println("DriftIT: a jump of 30 % was noticed after " + needed + " calls");
    assertThat(needed).isBetween(2, 12);
    JsonNode jumped = cell();
    assertThat(jumped.path("alarms").asLong()).isEqualTo(1);
    assertThat(jumped.path("ratio").asDouble())
        .isCloseTo(ratio * 1.3, Percentage.withPercentage(8));
    assertThat(Instant.parse(jumped.path("last_alarm").asString()))
        .isAfter(Instant.now().minus(Duration.ofMinutes(1)));
    AdminPort.of(gateway)
        .awaitMetric(
            1,
            "sluice_tokenizer_drift_total",
            "provider=\"main\"",
            "model=\"scripted-1\"",
            "content=\"prose\"");

    // It stays one alarm, and estimates have followed.
    RawAnswer last = ask("events=1;factor=1.3");
    for (int i = 0; i < 15; i++) {
      last = ask("events=1;factor=1.3");
    }
    assertThat(cell().path("alarms").asLong()).isEqualTo(1);
    long billed = JSON.readTree(last.body()).path("usage").path("prompt_tokens").asLong();
    assertThat(Double.parseDouble(last.field("Sluice-Estimate-Input")))
        .isCloseTo((double) billed, Percentage.withPercentage(10));
    AdminPort.of(gateway)
        .awaitMetric(40 + needed + 16, "sluice_token_estimate_ratio_count", "provider=\"main\"");
  }
}
