package dev.sluice.it.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.admin.DocumentClient.Call;
import dev.sluice.it.admin.DocumentClient.Reply;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.Team;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is set over the admin port outlives the gateway; without its store requests go on. */
@ExtendWith(NoLeaks.class)
class StoreIT {

  private static final String YAML =
      AdminRig.yaml(
          """
          teams: {testers: {keys: ["${KEY_HASH}"]}}
          pools: {main: {provider: main, requests-per-minute: 6k}}
          """,
          "main");

  private static Counted provider;

  @TempDir Path storage;

  @BeforeAll
  static void startProvider() {
    provider = new Counted();
  }

  @AfterAll
  static void stopProvider() {
    provider.close();
  }

  private GatewayUnderTest start() {
    return GatewayUnderTest.start(provider.baseUrl(), YAML, storage);
  }

  private static DocumentClient client(GatewayUnderTest gateway) {
    return new DocumentClient(gateway.adminPort(), AdminRig.TOKEN);
  }

  private static Call call(DocumentClient client, String operation) {
    return client.call(operation).token(AdminRig.OPERATOR);
  }

  @Test
  void aRestartKeepsEverything() throws Exception {
    String key;
    String revoked;
    JsonNode team;
    JsonNode quota;
    JsonNode budget;
    JsonNode changes;
    try (GatewayUnderTest gateway = start();
        DocumentClient client = client(gateway)) {
      team = call(client, "putTeam").with("team", "new").body("{}").send().expect(201).body();
      Reply issued = call(client, "issueKey").with("team", "new").send().expect(201);
      key = issued.body().path("key").asString();
      Reply other = call(client, "issueKey").with("team", "new").send().expect(201);
      revoked = other.body().path("key").asString();
      call(client, "revokeKey").with("id", other.body().path("id").asString()).send().expect(200);
      quota =
          call(client, "putOnlyQuota")
              .with("team", "new")
              .body("{\"guaranteed\": 600, \"ceiling\": 1200}")
              .send()
              .expect(201)
              .body();
      budget =
          call(client, "putBudget")
              .with("team", "new")
              .with("budget", "daily")
              .body("{\"tokens\": 5000000, \"per\": \"day\"}")
              .send()
              .expect(201)
              .body();
      changes = call(client, "listChanges").send().body();
    }
    try (GatewayUnderTest gateway = start();
        DocumentClient client = client(gateway)) {
      assertThat(call(client, "getTeam").with("team", "new").send().body()).isEqualTo(team);
      assertThat(call(client, "getOnlyQuota").with("team", "new").send().body()).isEqualTo(quota);
      assertThat(
              call(client, "getBudget").with("team", "new").with("budget", "daily").send().body())
          .isEqualTo(budget);
      assertThat(call(client, "listChanges").send().body()).isEqualTo(changes);
      Team asked = new Team(gateway.port(), key);
      assertThat(asked.ask(PoolsYaml.json("main"), "").field("x-ratelimit-limit-requests"))
          .isEqualTo("1200");
      assertThat(new Team(gateway.port(), revoked).ask(PoolsYaml.json("main"), "").status())
          .isEqualTo(401);
      // Nobody's version comes a second time.
      Reply changed =
          call(client, "putTeam").with("team", "new").body("{\"hold_answers\": false}").send();
      assertThat(changed.body().path("etag")).isNotEqualTo(team.path("etag"));
    }
  }

  @Test
  void aDamagedStoreIsLeftAloneAndRequestsGoOnUntilItIsPutRight() throws Exception {
    byte[] garbage = "no tables".repeat(1_000).getBytes(StandardCharsets.UTF_8);
    Path file = Files.write(storage.resolve("accounts.db"), garbage);
    try (GatewayUnderTest gateway = start();
        DocumentClient client = client(gateway)) {
      assertThat(Team.of(gateway).ask(PoolsYaml.json("main"), "").status()).isEqualTo(200);
      assertThat(call(client, "listTeams").send().expect(200).body().path("teams").size())
          .isEqualTo(1);
      Reply no = call(client, "putTeam").with("team", "new").body("{}").send();
      no.expect(503, "store_unavailable");
      assertThat(no.body().path("detail").asString()).contains("damaged").contains("backup");
      assertThat(no.field("Retry-After")).isEqualTo("5");
      assertThat(call(client, "getMetrics").send().text()).contains("sluice_accounts_writable 0");
      call(client, "listChanges").send().expect(503, "store_unavailable");
      assertThat(Files.readAllBytes(file)).isEqualTo(garbage);

      Files.delete(file);
      Awaitility.await()
          .pollInterval(Duration.ofMillis(50))
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> call(client, "putTeam").with("team", "new").body("{}").send().status() == 201);
    }
  }

  private static Call put(DocumentClient client, String name) {
    String request =
        "{\"model\": \"m\", \"messages\": [{\"role\": \"system\", \"content\": \""
            + name.repeat(1_000)
            + "\"}]}";
    return call(client, "putPrefix")
        .with("name", name)
        .body("{\"route\": \"main\", \"team\": \"testers\", \"request\": " + request + "}");
  }

  @Test
  void whileNothingCanBeRememberedNoPrefixIsChangedEither() throws Exception {
    JsonNode kept;
    try (GatewayUnderTest gateway = start();
        DocumentClient client = client(gateway)) {
      kept = put(client, "kept-one").send().expect(201).body().path("etag");
    }
    Path file = storage.resolve("accounts.db");
    Path aside = Files.move(file, storage.resolve("aside.db"));
    Files.writeString(file, "no tables".repeat(1_000));
    try (GatewayUnderTest gateway = start();
        DocumentClient client = client(gateway)) {
      Reply no = put(client, "other-one").send().expect(503, "store_unavailable");
      assertThat(no.body().path("detail").asString()).contains("damaged");
      assertThat(no.field("Retry-After")).isEqualTo("5");
      call(client, "deletePrefix").with("name", "kept-one").send().expect(503, "store_unavailable");
      call(client, "getPrefix").with("name", "other-one").send().expect(404);
      Reply now = call(client, "getPrefix").with("name", "kept-one").send().expect(200);
      assertThat(now.body().path("etag")).isEqualTo(kept);
      try (Stream<Path> files = Files.list(storage.resolve("prefixes"))) {
        assertThat(files).containsExactly(storage.resolve("prefixes").resolve("kept-one.json"));
      }

      Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
      Awaitility.await()
          .pollInterval(Duration.ofMillis(50))
          .atMost(Duration.ofSeconds(20))
          .until(() -> put(client, "other-one").send().status() == 201);
      JsonNode rows =
          call(client, "listChanges").with("resource", "prefixes").send().body().path("entries");
      assertThat(rows.size()).isEqualTo(2);
      assertThat(rows.path(0).path("resource").asString()).isEqualTo("prefixes/other-one");
      assertThat(rows.path(1).path("resource").asString()).isEqualTo("prefixes/kept-one");
    }
  }

  @Test
  void aSecondGatewayOnTheSameStoreServesByItsFileAlone() throws Exception {
    try (GatewayUnderTest first = start();
        GatewayUnderTest second = start();
        DocumentClient client = client(second)) {
      assertThat(Team.of(second).ask(PoolsYaml.json("main"), "").status()).isEqualTo(200);
      Reply no = call(client, "putTeam").with("team", "new").body("{}").send();
      no.expect(503, "store_unavailable");
      assertThat(no.body().path("detail").asString()).contains("in use by another program");
      assertThat(Team.of(first).ask(PoolsYaml.json("main"), "").status()).isEqualTo(200);
    }
  }
}
