package dev.sluice.it.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.admin.DocumentClient.Call;
import dev.sluice.it.admin.DocumentClient.Reply;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Every no of the admin port is the right problem document, and changes nothing. */
@ExtendWith(NoLeaks.class)
class RefusalsIT {

  @RegisterExtension
  static final Rig RIG =
      new Rig(
          AdminRig.yaml(
              """
              teams:
                testers: {keys: ["${KEY_HASH}"], quotas: {main: {guaranteed: 4k}}}
                others: {}
              pools:
                main: {provider: main, requests-per-minute: 6k}
                books: {provider: books, tokens-per-minute: 1M}
              """,
              "main",
              "books"));

  private final int port = RIG.gateway().adminPort();
  private final DocumentClient client = new DocumentClient(port, AdminRig.TOKEN);

  @AfterEach
  void close() {
    client.close();
  }

  private Call call(String operation) {
    return client.call(operation).token(AdminRig.OPERATOR);
  }

  private long changes() {
    Reply newest = call("listChanges").with("limit", 1).send().expect(200);
    return newest.body().path("entries").path(0).path("sequence").asLong(0);
  }

  /** Path parameters that make sense for any operation. */
  private Call anything(String operation) {
    Call call = client.call(operation);
    String places = String.join(" ", client.places());
    assertThat(places).isNotEmpty();
    for (String name : List.of("team", "pool", "budget", "id", "name")) {
      call = client.hasPathParameter(operation, name) ? call.with(name, "others") : call;
    }
    return call;
  }

  @Test
  void withoutAnyTokenOrWithAWrongOneNothingIsTold() {
    long before = changes();
    for (String operation : client.operations()) {
      if (!operation.equals("getLiveness")) {
        anything(operation).bad().send().expect(401, "token_missing_or_wrong");
        anything(operation).bad().token("wrong").send().expect(401, "token_missing_or_wrong");
      }
    }
    assertThat(changes()).isEqualTo(before);
  }

  @Test
  void whoMayOnlyLookChangesNothing() {
    long before = changes();
    int refused = 0;
    for (String operation : client.operations()) {
      Call call = anything(operation).bad().token(AdminRig.VIEWER);
      if (client.isChange(operation)) {
        call.body("{}").send().expect(403, "role_too_low");
        refused++;
      } else {
        assertThat(call.send().status()).as(operation).isIn(200, 400, 404);
      }
    }
    assertThat(refused).isGreaterThanOrEqualTo(11);
    assertThat(changes()).isEqualTo(before);
  }

  @Test
  void aPageOfAForeignOriginChangesNothing() {
    call("putTeam")
        .with("team", "evil")
        .field("Origin", "https://evil.example")
        .body("{}")
        .send()
        .expect(403, "foreign_origin");
    call("getTeam").with("team", "evil").send().expect(404, "no_such_team");
  }

  @Test
  void whoHasNotSeenTheLastChangeOverwritesNothing() {
    Reply first = call("putTeam").with("team", "shared").body("{}").send().expect(201);
    String seen = first.field("ETag");
    Call ann =
        call("putTeam")
            .with("team", "shared")
            .with("If-Match", seen)
            .body("{\"hold_answers\": false}");
    Reply second = ann.send().expect(200);
    Call tok =
        call("putTeam")
            .with("team", "shared")
            .with("If-Match", seen)
            .body("{\"hold_answers\": true}");
    tok.send().expect(412, "changed_meanwhile");
    assertThat(call("getTeam").with("team", "shared").send().body()).isEqualTo(second.body());
    call("deleteTeam")
        .with("team", "shared")
        .with("If-Match", seen)
        .send()
        .expect(412, "changed_meanwhile");
    call("putTeam")
        .with("team", "shared")
        .with("If-None-Match", "*")
        .body("{}")
        .send()
        .expect(412, "already_exists");
    call("putQuota")
        .with("team", "others")
        .with("pool", "main")
        .with("If-Match", "*")
        .body("{}")
        .send()
        .expect(412, "changed_meanwhile");
    call("putTeam")
        .with("team", "shared")
        .with("If-Match", "no tag")
        .body("{}")
        .send()
        .expect(400, "bad_header");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          putTeam   | {"hold_answers": "yes"}                       | /hold_answers
          putTeam   | {"hold-answers": true}                        | /hold-answers
          putTeam   | {"name": "other"}                             | /name
          putTeam   | {"hold_answers": true, "hold_answers": false} | /hold_answers
          issueKey  | {"name": ""}                                  | /name
          issueKey  | {"name": 5}                                   | /name
          issueKey  | {"expires_at": "tomorrow"}                    | /expires_at
          issueKey  | {"expires_at": "2020-01-01T00:00:00Z"}        | /expires_at
          issueKey  | {"expires_in_seconds": 0}                     | /expires_in_seconds
          issueKey  | {"expires_in_seconds": 1.5}                   | /expires_in_seconds
          issueKey  | {"expires_in_seconds": 5, "expires_at": "2090-01-01T00:00:00Z"} | /expires_in_seconds
          rotateKey | {"grace_seconds": -1}                         | /grace_seconds
          rotateKey | {"grace_seconds": 2592001}                    | /grace_seconds
          putQuota  | {"guaranteed": -1}                            | /guaranteed
          putQuota  | {"guaranteed": 500000001}                     | /guaranteed
          putQuota  | {"guaranteed": "600k"}                        | /guaranteed
          putQuota  | {"ceiling": 1e30}                             | /ceiling
          putQuota  | {"weight": 0}                                 | /weight
          putQuota  | {"lane": "slow"}                              | /lane
          putQuota  | {"max_wait_seconds": 601}                     | /max_wait_seconds
          putQuota  | {"max_wait_seconds": 0.0001}                  | /max_wait_seconds
          putQuota  | {"mode": "off"}                               | /mode
          putQuota  | {"pool": "main"}                              | /pool
          putBudget | {}                                            | /amount_usd
          putBudget | {"amount_usd": "5", "tokens": 5}              | /amount_usd
          putBudget | {"amount_usd": 5}                             | /amount_usd
          putBudget | {"amount_usd": "$5"}                          | /amount_usd
          putBudget | {"amount_usd": "0.001"}                       | /amount_usd
          putBudget | {"amount_usd": "9999999999"}                  | /amount_usd
          putBudget | {"amount_usd": "5.1234567891"}                | /amount_usd
          putBudget | {"tokens": 0}                                 | /tokens
          putBudget | {"tokens": 5, "per": "week"}                  | /per
          putBudget | {"tokens": 5, "warn_percent": 101}            | /warn_percent
          putBudget | {"tokens": 5, "key": 7}                       | /key
          putBudget | {"tokens": 5, "mode": true}                   | /mode
          putPrefix | {}                                            | /route
          putPrefix | {}                                            | /team
          putPrefix | {}                                            | /request
          putPrefix | {"route": "nowhere"}                          | /route
          putPrefix | {"team": "nobody"}                            | /team
          putPrefix | {"request": "text"}                           | /request
          putPrefix | {"gate": "off"}                               | /gate
          putPrefix | {"keep_warm": 1}                              | /keep_warm
          putPrefix | {"budget_usd_per_day": 5}                     | /budget_usd_per_day
          putPrefix | {"schedules": {}}                             | /schedules
          putPrefix | {"schedules": [1]}                            | /schedules
          putPrefix | {"schedules": [{}]}                           | /schedules/0/before
          putPrefix | {"schedules": [{"before": "24:00"}]}          | /schedules/0/before
          putPrefix | {"schedules": [{"before": "09:00"}, {"before": "09:00", "until": "9"}]} | /schedules/1/until
          putPrefix | {"schedules": [{"before": "09:00", "time_zone": "Mars"}]} | /schedules/0/time_zone
          putPrefix | {"schedules": [{"before": "09:00", "days": ["monday", "monday"]}]} | /schedules/0/days
          putPrefix | {"schedules": [{"before": "09:00", "jitter_seconds": 3601}]} | /schedules/0/jitter_seconds
          putPrefix | {"schedules": [{"before": "09:00", "after": "10:00"}]} | /schedules/0/after
          putTeam   | [1]                                           | ``
          putTeam   | {"hold_answers": tru                          | ``
          putQuota  | null                                          | ``
          """)
  void aBadBodyIsRefusedWithThePlaceOfWhatIsWrong(String operation, String body, String pointer) {
    long before = changes();
    Reply no = anything(operation).bad().token(AdminRig.OPERATOR).body(body).send();
    no.expect(400, "invalid_body");
    List<String> pointers = new ArrayList<>();
    no.body().path("errors").forEach(error -> pointers.add(error.path("pointer").asString()));
    assertThat(pointers).as(no.text()).contains(pointer);
    assertThat(changes()).isEqualTo(before);
  }

  @Test
  void whatIsNoJsonOrNotUtf8IsRefused() {
    byte[] latin = "{\"hold_answers\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
    anything("putTeam").token(AdminRig.OPERATOR).badBody(latin).send().expect(400, "invalid_body");
    anything("putTeam")
        .token(AdminRig.OPERATOR)
        .field("Content-Type", "application/x-www-form-urlencoded")
        .badBody("hold_answers=true".getBytes(StandardCharsets.UTF_8))
        .send()
        .expect(415, "not_json");
    anything("putTeam").token(AdminRig.OPERATOR).bad().send().expect(415, "not_json");
    anything("putTeam")
        .token(AdminRig.OPERATOR)
        .badBody(("{\"a\": \"" + "x".repeat(70_000) + "\"}").getBytes(StandardCharsets.UTF_8))
        .send()
        .expect(413, "body_too_large");
  }

  @Test
  void aQuotaThatCannotBeKeptIsRefusedInTheWordsOfTheFile() {
    Reply no =
        call("putQuota")
            .with("team", "others")
            .with("pool", "main")
            .body("{\"guaranteed\": 3000}")
            .send()
            .expect(422, "impossible_quota");
    assertThat(no.body().path("detail").asString())
        .isEqualTo(
            "teams.others.quotas.main.guaranteed makes the guarantees on pool main 7k in all, above"
                + " pools.main.requests-per-minute of 6k. Lower one of them: what is guaranteed"
                + " must be there.");
    call("putQuota")
        .with("team", "others")
        .with("pool", "main")
        .body("{\"guaranteed\": 300, \"ceiling\": 200}")
        .send()
        .expect(422, "impossible_quota");
  }

  @Test
  void ofSeveralPoolsOneMustBeNamed() {
    Reply no = call("putOnlyQuota").with("team", "others").body("{}").send();
    no.expect(400, "pool_missing");
    assertThat(no.body().path("detail").asString()).contains("main, books");
    call("getOnlyQuota").with("team", "others").send().expect(400, "pool_missing");
    call("getOnlyQuota").with("team", "testers").with("pool", "main").send().expect(200);
  }

  @Test
  void whatIsNotThereIsSaid() {
    for (String operation :
        List.of("getTeam", "deleteTeam", "listKeys", "listQuotas", "listBudgets")) {
      call(operation).with("team", "nobody").send().expect(404, "no_such_team");
    }
    call("issueKey").with("team", "nobody").send().expect(404, "no_such_team");
    call("rotateKey").with("id", "nothing").send().expect(404, "no_such_key");
    call("putQuota")
        .with("team", "nobody")
        .with("pool", "main")
        .body("{}")
        .send()
        .expect(404, "no_such_team");
    call("putQuota")
        .with("team", "others")
        .with("pool", "nothing")
        .body("{}")
        .send()
        .expect(404, "no_such_pool");
    call("putBudget")
        .with("team", "nobody")
        .with("budget", "b")
        .body("{\"tokens\": 1}")
        .send()
        .expect(404, "no_such_team");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Big", "a b", "-a", "\u00e9", "..", "a/b", "slk_" + "A234567890"})
  void aNameThatIsNoneIsRefused(String name) {
    call("putTeam").with("team", name).body("{}").send().expect(400, "bad_name");
  }

  @Test
  void aPrefixIsRefusedWithoutAWordOfItsRequest() {
    String request = "{\"model\": \"m\", \"system\": \"secret\"}";
    Reply no =
        anything("putPrefix")
            .bad()
            .token(AdminRig.OPERATOR)
            .body("{\"route\": \"main\", \"team\": \"testers\", \"request\": [" + request + "]}")
            .send()
            .expect(400, "invalid_body");
    assertThat(no.text()).doesNotContain("secret");
    for (String name : List.of("Big", "a.b", "a_b", "\u00e9")) {
      call("putPrefix").with("name", name).bad().body("{}").send().expect(400, "bad_name");
    }
    String tooLong = "{\"request\": \"" + "x".repeat(1_200_000) + "\"}";
    anything("putPrefix")
        .token(AdminRig.OPERATOR)
        .badBody(tooLong.getBytes(StandardCharsets.UTF_8))
        .send()
        .expect(413, "body_too_large");
    call("getPrefix").with("name", "others").send().expect(404, "no_such_prefix");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin/v1/teams?limit=0",
        "/admin/v1/prefixes?x=1",
        "/admin/v1/teams?page=2",
        "/admin/v1/teams?after=%25",
        "/admin/v1/teams/testers?x=1",
        "/admin/v1/audit?since=yesterday",
        "/admin/v1/audit?after=YWJj",
        "/admin/v1/audit?who=ann&who=bob",
        "/admin/v1/config?limit=5000",
        "/admin/v1/openapi.json?pretty",
        "/admin/v1/pools?name=main",
        "/admin/v1/drift?x=1",
        "/admin/v1/idle-limits?x=1"
      })
  void aParameterThatIsNoneIsRefused(String target) throws Exception {
    try (RawClient raw = new RawClient(port)) {
      RawAnswer answer = raw.get(target, "Authorization: Bearer " + AdminRig.VIEWER).answer();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).containsAnyOf("bad_parameter", "unknown_parameter");
    }
  }

  @Test
  void pagesLeadToTheEndAndShowEachOnce() {
    for (int i = 0; i < 25; i++) {
      call("putTeam").with("team", "page-" + i).body("{}").send();
    }
    List<String> seen = new ArrayList<>();
    Call page = call("listTeams").with("limit", 4);
    for (String next = ""; next != null; ) {
      JsonNode body = page.send().expect(200).body();
      body.path("teams").forEach(team -> seen.add(team.path("name").asString()));
      next = body.path("next").isNull() ? null : body.path("next").asString();
      page = next == null ? page : call("listTeams").with("limit", 4).with("after", next);
    }
    assertThat(seen).doesNotHaveDuplicates().isSorted().contains("page-0", "page-24", "testers");

    List<Long> changes = new ArrayList<>();
    page = call("listChanges").with("limit", 7);
    for (String next = ""; next != null; ) {
      JsonNode body = page.send().expect(200).body();
      body.path("entries").forEach(entry -> changes.add(entry.path("sequence").asLong()));
      next = body.path("next").isNull() ? null : body.path("next").asString();
      page = next == null ? page : call("listChanges").with("limit", 7).with("after", next);
    }
    assertThat(changes.getLast()).isEqualTo(1);
    assertThat(changes).hasSize(Math.toIntExact(changes.getFirst()));
  }

  @Test
  void theConfigurationIsShownWithoutItsSecrets() {
    Reply all = call("getConfig").with("limit", 1000).send().expect(200);
    assertThat(all.text())
        .contains("{\"name\":\"admin.token\",\"value\":\"****\",\"is_default\":false")
        .contains("{\"name\":\"admin.tokens.ann.hash\",\"value\":\"****\"")
        .contains("{\"name\":\"teams.testers.keys\",\"value\":\"****\"")
        .contains(
            "{\"name\":\"pools.main.requests-per-minute\",\"value\":\"6k\",\"is_default\":false")
        .contains(
            "{\"name\":\"listen.transport\",\"value\":\"auto\",\"is_default\":true,\"line\":null}")
        .doesNotContain(AdminRig.TOKEN)
        .doesNotContain("hmac-sha256:");
  }
}
