package dev.sluice.it.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.api.Endpoint;
import dev.sluice.it.admin.DocumentClient.Reply;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The document is the port: every endpoint stands in it, and every operation of it works. */
@ExtendWith(NoLeaks.class)
class EveryOperationIT {

  @RegisterExtension
  static final Rig RIG =
      new Rig(
          AdminRig.yaml(
              """
              teams:
                testers:
                  keys: ["${KEY_HASH}"]
                  quotas: {main: {guaranteed: 1k}}
                  budgets: {monthly: {amount: $500}}
              pools:
                main: {provider: main, requests-per-minute: 6k}
              """,
              "main"));

  private final GatewayUnderTest gateway = RIG.gateway();
  private final DocumentClient client = new DocumentClient(gateway.adminPort(), AdminRig.TOKEN);

  @AfterEach
  void close() {
    client.close();
  }

  private DocumentClient.Call call(String operation) {
    return client.call(operation).token(AdminRig.OPERATOR);
  }

  @Test
  void everyEndpointIsAnOperationAndEveryOperationAnEndpoint() {
    Set<String> endpoints = new TreeSet<>();
    for (Endpoint endpoint : gateway.adminEndpoints()) {
      endpoints.add(endpoint.method() + " " + endpoint.path());
    }
    assertThat(client.places()).isEqualTo(endpoints);
  }

  @Test
  void everyOperationDoesWhatItSays() throws Exception {
    state();
    teams();
    keys();
    quotas();
    budgets();
    prefixes();
    money();
    changes();
    assertThat(client.called()).isEqualTo(client.operations());
  }

  private void state() throws Exception {
    assertThat(client.call("getLiveness").send().expect(200).body().path("status").asString())
        .isEqualTo("live");
    call("getReadiness").send().expect(200);
    assertThat(call("getMetrics").send().expect(200).text()).contains("sluice_version");
    call("getIdleLimits").send().expect(200);
    call("getDrift").send().expect(200);
    assertThat(call("getDocumentAsYaml").send().expect(200).text()).contains("openapi:");
    call("getDocument").send().expect(200);

    Reply pools = call("listPools").send().expect(200);
    assertThat(pools.body().path("pools").path(0).path("name").asString()).isEqualTo("main");
    call("getPool").with("name", "main").send().expect(200);
    call("getPool").with("name", "none").send().expect(404, "no_such_pool");

    try (RawClient running =
        Team.of(gateway).open(PoolsYaml.stream("main"), "events=300;size=6;burst=50;gap=9s@299")) {
      running.await("w50 ");
      Reply calls = call("listCalls").with("team", "testers").with("state", "attended").send();
      JsonNode only = calls.expect(200).body().path("calls").path(0);
      call("cancelCall").with("id", only.path("id").asString()).send().expect(200);
      running.answer();
    }
    call("cancelCall").with("id", "none").send().expect(404, "no_such_call");
    Reply config = call("getConfig").with("prefix", "teams.").with("limit", 2).send().expect(200);
    assertThat(config.body().path("settings").size()).isEqualTo(2);
    call("getConfig").with("after", config.body().path("next").asString()).send().expect(200);
  }

  private void money() throws Exception {
    assertThat(Team.of(gateway).ask(PoolsYaml.json("main"), "", "Sluice-Run-Id: r-7").status())
        .isEqualTo(200);
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        call("listLedgerCalls")
                            .with("tag", "run-id=r-7")
                            .send()
                            .expect(200)
                            .body()
                            .path("calls")
                            .size())
                    .isEqualTo(1));
    JsonNode row =
        call("listLedgerCalls").with("limit", 1).send().expect(200).body().path("calls").path(0);
    assertThat(row.path("tags").path("run-id").asString()).isEqualTo("r-7");
    Reply one = call("getLedgerCall").with("id", row.path("id").asString()).send().expect(200);
    assertThat(one.body().path("call")).isEqualTo(row);
    call("getLedgerCall").with("id", "none").send().expect(404);
    Reply usage = call("getUsage").with("group_by", "team,tag:run-id").send().expect(200);
    assertThat(usage.body().path("total").path("calls").asInt()).isPositive();
    assertThat(call("getUsage").with("format", "csv").send().expect(200).text())
        .startsWith("team,model,calls,");
    assertThat(call("getUsage").with("format", "focus").send().expect(200).text())
        .startsWith("BilledCost,");
    JsonNode standing = call("listBudgetStandings").send().expect(200).body();
    assertThat(standing.path("budgets").path(0).path("name").asString()).isEqualTo("monthly");
    Reply made =
        call("reconcile")
            .with("provider", "main")
            .body(
                """
                {"object": "page", "has_more": false, "next_page": null, "data": [
                  {"object": "bucket", "start_time": 1793491200, "end_time": 1793577600, "results": [
                    {"object": "organization.usage.completions.result", "input_tokens": 7,
                     "output_tokens": 3, "input_cached_tokens": 0, "num_model_requests": 1,
                     "model": "gpt-5.2"}]}]}
                """)
            .send()
            .expect(200);
    assertThat(made.body().path("is_equal").asBoolean()).isFalse();
    assertThat(call("listReconciliations").send().expect(200).body().path("imports").path(0))
        .isEqualTo(made.body());
  }

  private void teams() {
    Reply made = call("putTeam").with("team", "new").with("If-None-Match", "*").body("{}").send();
    assertThat(made.expect(201).body().path("hold_answers").asBoolean()).isTrue();
    Reply changed =
        call("putTeam")
            .with("team", "new")
            .with("If-Match", made.field("ETag"))
            .body("{\"hold_answers\": false}")
            .send();
    assertThat(changed.expect(200).body().path("hold_answers").asBoolean()).isFalse();
    assertThat(call("getTeam").with("team", "new").send().expect(200).body())
        .isEqualTo(changed.body());
    assertThat(call("listTeams").send().expect(200).body().path("teams").size()).isEqualTo(2);
    call("deleteTeam").with("team", "testers").send().expect(409, "set_in_file");
    call("putTeam").with("team", "gone").body("{}").send().expect(201);
    Reply gone = call("getTeam").with("team", "gone").send().expect(200);
    call("deleteTeam").with("team", "gone").with("If-Match", gone.field("ETag")).send().expect(204);
    call("getTeam").with("team", "gone").send().expect(404, "no_such_team");
  }

  private void keys() throws Exception {
    Reply issued =
        call("issueKey")
            .with("team", "new")
            .with("Idempotency-Key", "once")
            .body("{\"name\": \"ci\", \"expires_in_seconds\": 3600}")
            .send()
            .expect(201);
    String id = issued.body().path("id").asString();
    assertThat(issued.field("Location")).isEqualTo("/admin/v1/keys/" + id);
    Reply again =
        call("issueKey")
            .with("team", "new")
            .with("Idempotency-Key", "once")
            .body("{\"name\": \"ci\", \"expires_in_seconds\": 3600}")
            .send()
            .expect(409, "already_issued");
    assertThat(again.body().path("id").asString()).isEqualTo(id);
    call("issueKey")
        .with("team", "new")
        .with("Idempotency-Key", "once")
        .body("{\"name\": \"other\"}")
        .send()
        .expect(422, "idempotency_key_reused");
    String key = issued.body().path("key").asString();
    Team team = new Team(gateway.port(), key);
    assertThat(team.ask(PoolsYaml.json("main"), "").status()).isEqualTo(200);

    Reply next = call("rotateKey").with("id", id).send().expect(201);
    JsonNode replaced = next.body().path("replaces");
    assertThat(replaced.path("id").asString()).isEqualTo(id);
    // It had an hour to live, which is less than the grace.
    assertThat(Instant.parse(replaced.path("expires_at").asString()))
        .isEqualTo(Instant.parse(issued.body().path("expires_at").asString()));
    String nextId = next.body().path("id").asString();
    Reply twice = call("rotateKey").with("id", id).body("{\"grace_seconds\": 0}").send();
    assertThat(twice.expect(409, "already_rotated").body().path("id").asString()).isEqualTo(nextId);
    Reply third = call("rotateKey").with("id", nextId).body("{\"grace_seconds\": 0}").send();
    Team second = new Team(gateway.port(), next.body().path("key").asString());
    assertThat(second.ask(PoolsYaml.json("main"), "").status()).isEqualTo(401);
    nextId = third.expect(201).body().path("id").asString();
    Reply revoked = call("revokeKey").with("id", nextId).send().expect(200);
    assertThat(revoked.body().path("state").asString()).isEqualTo("revoked");
    assertThat(call("revokeKey").with("id", nextId).send().expect(200).body())
        .isEqualTo(revoked.body());
    assertThat(
            call("getKey")
                .with("id", next.body().path("id").asString())
                .send()
                .expect(200)
                .body()
                .path("state")
                .asString())
        .isEqualTo("expired");
    Reply list = call("listKeys").with("team", "new").send().expect(200);
    assertThat(list.body().path("keys").size()).isEqualTo(3);
    assertThat(list.text()).doesNotContain("slk_").doesNotContain("hmac");
    Reply ofFile = call("listKeys").with("team", "testers").send().expect(200);
    String fileKey = ofFile.body().path("keys").path(0).path("id").asString();
    assertThat(fileKey).startsWith("file_");
    call("revokeKey").with("id", fileKey).send().expect(409, "set_in_file");
    call("getKey").with("id", "key_none").send().expect(404, "no_such_key");
  }

  private void quotas() {
    Reply made =
        call("putQuota")
            .with("team", "new")
            .with("pool", "main")
            .with("If-None-Match", "*")
            .body(
                """
                {"guaranteed": 600, "ceiling": 3000, "weight": 2, "lane": "batch",
                 "max_wait_seconds": 1.5, "burst": 0, "mode": "shadow"}
                """)
            .send()
            .expect(201);
    JsonNode promise = made.body().path("promise");
    assertThat(promise.path("guaranteed_per_minute").asLong()).isEqualTo(600);
    assertThat(promise.path("ceiling_per_minute").asLong()).isEqualTo(3_000);
    assertThat(promise.path("burst").asLong()).isEqualTo(100);
    assertThat(promise.path("worst_wait_seconds").asDouble()).isPositive();
    assertThat(made.body().path("source").asString()).isEqualTo("store");
    Reply only = call("putOnlyQuota").with("team", "new").body("{\"pool\": \"main\"}").send();
    assertThat(only.expect(200).body().path("guaranteed").asLong()).isZero();
    assertThat(call("getOnlyQuota").with("team", "new").send().expect(200).body())
        .isEqualTo(only.body());
    Reply ofFile = call("getQuota").with("team", "testers").with("pool", "main").send().expect(200);
    assertThat(ofFile.body().path("source").asString()).isEqualTo("file");
    Reply list = call("listQuotas").with("team", "testers").send().expect(200);
    assertThat(list.body().path("quotas").path(0)).isEqualTo(ofFile.body());
    call("deleteQuota").with("team", "new").with("pool", "main").send().expect(204);
    call("getQuota").with("team", "new").with("pool", "main").send().expect(404, "no_such_quota");
    call("deleteQuota")
        .with("team", "testers")
        .with("pool", "main")
        .send()
        .expect(409, "set_in_file");
  }

  private void budgets() {
    Reply money =
        call("putBudget")
            .with("team", "new")
            .with("budget", "daily")
            .body("{\"amount_usd\": \"0.5\", \"per\": \"day\", \"mode\": \"shadow\"}")
            .send()
            .expect(201);
    assertThat(money.body().path("amount_usd").asString()).isEqualTo("0.50");
    Reply tokens =
        call("putBudget")
            .with("team", "new")
            .with("budget", "daily")
            .with("If-Match", money.field("ETag"))
            .body("{\"tokens\": 20000000, \"warn_percent\": 50}")
            .send()
            .expect(200);
    assertThat(tokens.body().path("amount_usd").isNull()).isTrue();
    assertThat(tokens.body().path("per").asString()).isEqualTo("month");
    assertThat(call("getBudget").with("team", "new").with("budget", "daily").send().body())
        .isEqualTo(tokens.body());
    Reply list = call("listBudgets").with("team", "testers").send().expect(200);
    assertThat(list.body().path("budgets").path(0).path("amount_usd").asString())
        .isEqualTo("500.00");
    call("deleteBudget").with("team", "new").with("budget", "daily").send().expect(204);
    call("deleteBudget")
        .with("team", "new")
        .with("budget", "daily")
        .send()
        .expect(404, "no_such_budget");
    call("putBudget")
        .with("team", "new")
        .with("budget", "ci")
        .body("{\"tokens\": 1, \"key\": \"key_none\"}")
        .send()
        .expect(422, "not_the_teams_key");
  }

  private void prefixes() {
    String request =
        "{\"model\": \"m\", \"messages\": [{\"role\": \"system\", \"content\": \""
            + "secret ".repeat(1_000)
            + "\"}]}";
    Reply made =
        call("putPrefix")
            .with("name", "support")
            .with("If-None-Match", "*")
            .body(
                """
                {"route": "main", "team": "testers", "request": %s, "gate": "observe",
                 "keep_warm": true, "budget_usd_per_day": "2.5",
                 "schedules": [{"before": "09:00", "until": "18:00", "time_zone": "Europe/Berlin",
                                "days": ["monday", "friday"], "jitter_seconds": 60},
                               {"before": "22:00"}]}
                """
                    .formatted(request))
            .send()
            .expect(201);
    JsonNode card = made.body();
    assertThat(made.text()).doesNotContain("secret");
    assertThat(card.path("request_bytes").asInt()).isEqualTo(request.length());
    assertThat(card.path("tokens").asLong()).isBetween(1_024L, (long) request.length());
    assertThat(card.path("state").asString()).isEqualTo("cold");
    assertThat(card.path("gate").asString()).isEqualTo("observe");
    assertThat(card.path("budget_usd_per_day").asString()).isEqualTo("2.50");
    assertThat(card.path("spent_usd").asString()).isEqualTo("0.00");
    assertThat(card.path("obstacle").asString()).contains("price table");
    assertThat(card.path("schedules").path(0).path("days").size()).isEqualTo(2);
    assertThat(card.path("schedules").path(1).path("days").size()).isEqualTo(7);
    Reply one = call("getPrefix").with("name", "support").send().expect(200);
    assertThat(settled(one.body())).isEqualTo(settled(card));
    Reply list = call("listPrefixes").send().expect(200);
    assertThat(settled(list.body().path("prefixes").path(0))).isEqualTo(settled(card));
    String body = "{\"route\": \"main\", \"team\": \"testers\", \"request\": " + request + "}";
    Reply changed =
        call("putPrefix")
            .with("name", "support")
            .with("If-Match", made.field("ETag"))
            .body(body)
            .send()
            .expect(200);
    assertThat(changed.body().path("keep_warm").asBoolean()).isFalse();
    call("deletePrefix")
        .with("name", "support")
        .with("If-Match", made.field("ETag"))
        .send()
        .expect(412, "changed_meanwhile");
    call("deletePrefix").with("name", "support").send().expect(204);
    call("getPrefix").with("name", "support").send().expect(404, "no_such_prefix");
    call("deletePrefix").with("name", "support").send().expect(404, "no_such_prefix");
    call("putPrefix")
        .with("name", "short")
        .body("{\"route\": \"main\", \"team\": \"testers\", \"request\": {\"model\": \"m\"}}")
        .send()
        .expect(422, "not_cacheable");
    prefixChanges(made.field("ETag").replace("\"", ""), request.length());
  }

  /** A card without what follows within a second of a registration. */
  private static JsonNode settled(JsonNode card) {
    return ((ObjectNode) card.deepCopy()).remove(List.of("gate_in_effect", "traffic"));
  }

  /** Two puts and a deletion were made; what was refused, and the request, are nowhere. */
  private void prefixChanges(String version, int requestBytes) {
    Reply list = call("listChanges").with("resource", "prefixes").send().expect(200);
    JsonNode rows = list.body().path("entries");
    assertThat(rows.size()).as(list.text()).isEqualTo(3);
    assertThat(rows.path(0).path("action").asString()).isEqualTo("prefix_delete");
    assertThat(rows.path(0).path("before")).isEqualTo(rows.path(1).path("after"));
    assertThat(rows.path(0).path("after").isNull()).isTrue();
    assertThat(rows.path(1).path("before")).isEqualTo(rows.path(2).path("after"));
    JsonNode first = rows.path(2);
    assertThat(first.path("action").asString()).isEqualTo("prefix_put");
    assertThat(first.path("resource").asString()).isEqualTo("prefixes/support");
    assertThat(first.path("who").asString()).isEqualTo("ann");
    assertThat(first.path("before").isNull()).isTrue();
    assertThat(first.path("after").path("route").asString()).isEqualTo("main");
    assertThat(first.path("after").path("team").asString()).isEqualTo("testers");
    assertThat(first.path("after").path("keep_warm").asBoolean()).isTrue();
    assertThat(first.path("after").path("schedules").size()).isEqualTo(2);
    assertThat(first.path("after").path("budget_per_day_nano_usd").asLong())
        .isEqualTo(2_500_000_000L);
    assertThat(first.path("after").path("request_bytes").asInt()).isEqualTo(requestBytes);
    assertThat(first.path("after").path("version").asString()).isEqualTo(version);
    assertThat(list.text()).doesNotContain("secret");
  }

  private void changes() {
    Reply list = call("listChanges").with("resource", "teams/new").with("limit", 3).send();
    JsonNode newest = list.expect(200).body().path("entries").path(0);
    assertThat(newest.path("action").asString()).isEqualTo("budget_delete");
    assertThat(newest.path("who").asString()).isEqualTo("ann");
    assertThat(newest.path("role").asString()).isEqualTo("operator");
    assertThat(newest.path("before").path("amount").asLong()).isEqualTo(20_000_000);
    assertThat(newest.path("after").isNull()).isTrue();
    assertThat(list.field("Link")).contains("rel=\"next\"").contains("resource=teams%2Fnew");
  }
}
