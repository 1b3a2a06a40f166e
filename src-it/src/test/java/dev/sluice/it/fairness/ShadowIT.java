package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** A limit in shadow counts and reports, and stops nobody. */
@ExtendWith(NoLeaks.class)
class ShadowIT {

  private static final String YAML =
      PoolsYaml.of(
          """
          teams:
            testers:
              keys: ["${KEY_HASH}"]
              quotas:
                refusing: {ceiling: 2, max-wait: 0s, mode: shadow}
                waiting: {ceiling: 2, max-wait: 10m, mode: shadow}
            others: {keys: ["${OTHER_HASH}"], quotas: {refusing: {ceiling: 2, max-wait: 0s}}}
          pools:
            refusing: {provider: refusing, requests-per-minute: 6k, burst: 100ms}
            waiting: {provider: waiting, requests-per-minute: 6k, burst: 100ms}
            all: {provider: all, requests-per-minute: 2, burst: 100ms, max-wait: 0s, mode: shadow}
            paused: {provider: paused, requests-per-minute: 6k, mode: shadow}
          """,
          "refusing",
          "waiting",
          "all",
          "paused");

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();
  private static final Team team = Team.of(gateway);
  private static final AdminPort admin = AdminPort.of(gateway);

  private static void allPass(Team team, String pool, int calls) throws Exception {
    for (int i = 0; i < calls; i++) {
      RawAnswer answer = team.ask(PoolsYaml.json(pool), "events=1");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(Long.parseLong(answer.field("Sluice-Queue-Ms"))).isLessThan(1_000);
    }
    assertThat(provider.calls()).isEqualTo(calls);
  }

  private static double would(String pool, String what) throws Exception {
    return admin.metric(
        "sluice_pool_shadow_total",
        "pool=\"" + pool + "\"",
        "team=\"testers\"",
        "would=\"" + what + "\"");
  }

  @Test
  void aTeamInShadowIsNotRefusedAndItsRefusalsAreCounted() throws Exception {
    allPass(team, "refusing", 6);
    JsonNode card = PoolPort.of(gateway, "refusing").team("testers");
    assertThat(card.path("mode").asString()).isEqualTo("shadow");
    assertThat(card.path("would_have_refused").asInt()).isEqualTo(5);
    assertThat(card.path("would_have_waited").asInt()).isZero();
    assertThat(card.path("refused").size()).isZero();
    assertThat(card.path("served_tokens").asInt()).as("requests, here").isEqualTo(6);
    assertThat(would("refusing", "refuse")).isEqualTo(5);
    assertThat(admin.metric("sluice_pool_refused_total", "team=\"testers\"")).isZero();
    // The other team, in the same pool, is meant.
    Team other = Team.other(gateway);
    assertThat(other.ask(PoolsYaml.json("refusing"), "").status()).isEqualTo(200);
    assertThat(other.ask(PoolsYaml.json("refusing"), "").status()).isEqualTo(429);
  }

  @Test
  void aTeamInShadowDoesNotWaitAndItsWaitsAreCounted() throws Exception {
    allPass(team, "waiting", 4);
    JsonNode card = PoolPort.of(gateway, "waiting").team("testers");
    assertThat(card.path("would_have_waited").asInt()).isEqualTo(3);
    assertThat(card.path("would_have_refused").asInt()).isZero();
    assertThat(card.path("waited_seconds").asDouble()).isZero();
    assertThat(would("waiting", "wait")).isEqualTo(3);
  }

  @Test
  void aPoolInShadowStopsNoTeam() throws Exception {
    allPass(team, "all", 4);
    PoolPort pool = PoolPort.of(gateway, "all");
    assertThat(pool.now().path("mode").asString()).isEqualTo("shadow");
    assertThat(pool.team("testers").path("would_have_refused").asInt()).isEqualTo(3);
    assertThat(pool.limit("requests").path("level").asInt()).as("a debt").isEqualTo(-3);
    assertThat(would("all", "refuse")).isEqualTo(3);
    assertThat(Team.other(gateway).ask(PoolsYaml.json("all"), "").status()).isEqualTo(200);
    assertThat(pool.team("others").path("would_have_refused").asInt()).isEqualTo(1);
  }

  @Test
  void aPoolInShadowDoesNotPauseEither() throws Exception {
    team.ask(PoolsYaml.json("paused"), "at=head:status:429;header=Retry-After%3A 20");
    PoolPort pool = PoolPort.of(gateway, "paused");
    assertThat(pool.now().path("paused_seconds").asDouble()).isGreaterThan(10);
    provider.forget();
    allPass(team, "paused", 2);
    JsonNode card = pool.team("testers");
    assertThat(card.path("would_have_waited").asInt() + card.path("would_have_refused").asInt())
        .isEqualTo(2);
  }
}
