package dev.sluice.it.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.admin.DocumentClient.Call;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Quotas that are set over the admin port, while calls run and wait, and beside a file. */
@ExtendWith(NoLeaks.class)
class QuotasIT {

  private static final String CAPPED = "{ceiling: 1, max-wait: 10m}";

  private static final String YAML =
      AdminRig.yaml(
          """
          teams:
            testers: {keys: ["${KEY_HASH}"], quotas: {main: {ceiling: 1, max-wait: 10m}}}
          pools:
            main: {provider: main, requests-per-minute: 6k, burst: 100ms}
          """,
          "main");

  private static Counted provider;

  private GatewayUnderTest gateway;
  private DocumentClient client;

  @BeforeAll
  static void startProvider() {
    provider = new Counted();
  }

  @AfterAll
  static void stopProvider() {
    provider.close();
  }

  @BeforeEach
  void start() {
    provider.forget();
    gateway = GatewayUnderTest.startWatching(provider.baseUrl(), YAML);
    client = new DocumentClient(gateway.adminPort(), AdminRig.TOKEN);
  }

  @AfterEach
  void stop() {
    client.close();
    gateway.close();
  }

  private Call call(String operation) {
    return client.call(operation).token(AdminRig.TOKEN).with("team", "testers");
  }

  private Call quota(String operation) {
    return call(operation).with("pool", "main");
  }

  private String limit() throws IOException {
    return Team.of(gateway).ask(PoolsYaml.json("main"), "").field("x-ratelimit-limit-requests");
  }

  private JsonNode pool(String part) {
    JsonNode pool =
        client.call("getPool").token(AdminRig.VIEWER).with("name", "main").send().body();
    for (JsonNode team : pool.path("teams")) {
      if (team.path("team").asString().equals("testers")) {
        return team.path(part);
      }
    }
    return JsonMapper.shared().missingNode();
  }

  @Test
  void aQuotaActsOnTheNextDecisionAndOnWhoWaits() throws Exception {
    assertThat(limit()).isEqualTo("1");
    try (RawClient waiting = Team.of(gateway).open(PoolsYaml.json("main"), "")) {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(10))
          .atMost(Duration.ofSeconds(10))
          .until(() -> pool("waiting").asInt() == 1);
      quota("putQuota").body("{\"ceiling\": 3000}").send().expect(200);
      RawAnswer answer = waiting.answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(Long.parseLong(answer.field("Sluice-Queue-Ms"))).isLessThan(10_000);
    }
    assertThat(limit()).isEqualTo("3000");
    assertThat(provider.calls()).isEqualTo(3);
  }

  @Test
  void aShorterWaitActsOnWhoWaits() throws Exception {
    limit();
    try (RawClient waiting = Team.of(gateway).open(PoolsYaml.json("main"), "")) {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(10))
          .atMost(Duration.ofSeconds(10))
          .until(() -> pool("waiting").asInt() == 1);
      quota("putQuota").body("{\"ceiling\": 1, \"max_wait_seconds\": 0.1}").send().expect(200);
      RawAnswer no = waiting.answer();
      assertThat(no.status()).isEqualTo(429);
      assertThat(no.field("Sluice-Refused-By")).isEqualTo("gateway;limit=max-wait");
    }
  }

  @Test
  void whatIsSetGoesBeforeTheFileUntilItIsDropped() throws Exception {
    quota("putQuota").body("{\"ceiling\": 600}").send().expect(200);
    assertThat(limit()).isEqualTo("600");
    gateway.rewrite(YAML.replace(CAPPED, "{ceiling: 1200}").replace("6k", "12k"));
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(10))
        .until(() -> setting("pools.main.requests-per-minute").equals("12k"));
    assertThat(limit()).isEqualTo("600");
    quota("deleteQuota").send().expect(204);
    assertThat(limit()).isEqualTo("1200");
    JsonNode card = quota("getQuota").send().expect(200).body();
    assertThat(card.path("source").asString()).isEqualTo("file");
  }

  @Test
  void whatNoLongerFitsBesideAChangedFileIsHeldBackAndSaysSo() throws Exception {
    quota("putQuota").body("{\"guaranteed\": 5000}").send().expect(200);
    gateway.rewrite(YAML.replace("6k", "3k"));
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(10))
        .until(() -> setting("pools.main.requests-per-minute").equals("3k"));
    JsonNode held = quota("getQuota").send().expect(200).body();
    assertThat(held.path("in_effect").asBoolean()).isFalse();
    assertThat(held.path("obstacle").asString()).contains("above the 3000 there are");
    assertThat(held.path("promise").path("ceiling_per_minute").asLong()).isEqualTo(1);
    assertThat(pool("guaranteed_per_minute").asLong(0)).isZero();
  }

  @Test
  void teamsAndKeysOfAChangedFileAreInEffect() throws Exception {
    Team other = Team.other(gateway);
    assertThat(other.ask(PoolsYaml.json("main"), "").status()).isEqualTo(401);
    gateway.rewrite(YAML.replace("teams:\n", "teams:\n  other: {keys: [\"${OTHER_HASH}\"]}\n"));
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(10))
        .until(() -> other.ask(PoolsYaml.json("main"), "").status() == 200);
    gateway.rewrite(YAML);
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(10))
        .until(() -> other.ask(PoolsYaml.json("main"), "").status() == 401);
  }

  private String setting(String name) {
    JsonNode settings =
        client
            .call("getConfig")
            .token(AdminRig.VIEWER)
            .with("prefix", name)
            .send()
            .body()
            .path("settings");
    return settings.path(0).path("value").asString();
  }
}
