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
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a provider says of its limits acts on the pool, and its no reaches the client as its no. */
@ExtendWith(NoLeaks.class)
class ProviderWordIT {

  /** Of each pool there is enough, so that only the provider's word makes anybody wait. */
  private static final String YAML =
      PoolsYaml.of(
          """
          teams:
            testers: {keys: ["${KEY_HASH}"]}
          pools:
            pause: {provider: pause, tokens-per-minute: 6M}
            hurry: {provider: hurry, tokens-per-minute: 6M}
            money: {provider: money, tokens-per-minute: 6M}
            slow: {provider: slow, tokens-per-minute: 6M, requests-per-minute: 6k}
            busy: {provider: busy, tokens-per-minute: 6M}
            low: {provider: low, tokens-per-minute: 60k}
            high: {provider: high, tokens-per-minute: 600, burst: 60s}
            limit: {provider: limit, tokens-per-minute: 6M}
            told: {provider: told, tokens-per-minute: 60k}
          """,
          "pause",
          "hurry",
          "money",
          "slow",
          "busy",
          "low",
          "high",
          "limit",
          "told");

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();
  private static final Team team = Team.of(gateway);

  private static PoolPort pool(String name) {
    return PoolPort.of(gateway, name);
  }

  private static double paused(String name) throws IOException {
    return pool(name).now().path("paused_seconds").asDouble();
  }

  /** One token of output is reserved and used, so that levels move by what is said alone. */
  private static Bodies.Stream small(String pool) {
    Bodies.Stream asked = PoolsYaml.json(pool);
    return new Bodies.Stream(
        asked.path(), asked.body().replace("\"messages\"", "\"max_tokens\":1,\"messages\""));
  }

  @Test
  void aProvidersNoReachesTheClientAndPausesThePool() throws Exception {
    RawAnswer no =
        team.ask(small("pause"), "at=head:status:429;header=Retry-After%3A 2;header=x-own%3A kept");
    assertThat(no.status()).isEqualTo(429);
    assertThat(no.field("Sluice-Refused-By")).isEqualTo("provider");
    assertThat(no.field("Retry-After")).isEqualTo("2");
    assertThat(no.field("x-own")).isEqualTo("kept");
    assertThat(no.body())
        .isEqualTo(provider.direct(small("pause"), "at=head:status:429").body())
        .contains("The script says 429.");
    assertThat(paused("pause")).isBetween(0.5, 2.0);
    assertThat(AdminPort.of(gateway).metric("sluice_pool_paused_seconds", "pool=\"pause\""))
        .isBetween(0.1, 2.0);
    // A stream is kept alive meanwhile, and goes when the pause is over.
    long before = System.nanoTime();
    try (RawClient stream = team.open(PoolsYaml.stream("pause"), "events=1")) {
      RawAnswer json = team.ask(small("pause"), "events=1");
      assertThat(json.status()).isEqualTo(200);
      assertThat(Long.parseLong(json.field("Sluice-Queue-Ms"))).isBetween(500L, 2_500L);
      RawAnswer answer = stream.answer();
      assertThat(answer.body()).startsWith(":").contains("[DONE]");
    }
    assertThat(System.nanoTime() - before).isBetween(500_000_000L, 3_000_000_000L);
    assertThat(paused("pause")).isZero();
    assertThat(pool("pause").team("testers").path("blamed_seconds").path("provider").asDouble())
        .isBetween(1.0, 5.0);
  }

  @Test
  void millisecondsCountBeforeSeconds() throws Exception {
    RawAnswer no =
        team.ask(
            small("hurry"),
            "at=head:status:429;header=Retry-After%3A 9;header=retry-after-ms%3A 600");
    assertThat(no.status()).isEqualTo(429);
    RawAnswer next = team.ask(small("hurry"), "events=1");
    assertThat(next.status()).isEqualTo(200);
    assertThat(Long.parseLong(next.field("Sluice-Queue-Ms"))).isLessThan(1_500);
  }

  /** One without a time is about money, which no waiting brings back. */
  @Test
  void aNoThatNamesNoTimePausesNothing() throws Exception {
    RawAnswer no = team.ask(small("money"), "at=head:status:429");
    assertThat(no.field("Sluice-Refused-By")).isEqualTo("provider");
    assertThat(paused("money")).isZero();
    RawAnswer next = team.ask(small("money"), "events=1");
    assertThat(next.status()).isEqualTo(200);
    assertThat(Long.parseLong(next.field("Sluice-Queue-Ms"))).isLessThan(200);
  }

  @Test
  void anOverloadedProviderIsSentLessUntilItHasRecovered() throws Exception {
    RawAnswer overloaded = team.ask(small("slow"), "at=head:status:529");
    assertThat(overloaded.status()).isEqualTo(529);
    assertThat(overloaded.field("Sluice-Refused-By")).isEmpty();
    assertThat(team.ask(small("busy"), "at=head:status:503").status()).isEqualTo(503);
    assertThat(effective("slow", "tokens")).isBetween(3_000_000L, 4_000_000L);
    assertThat(effective("slow", "requests")).isBetween(3_000L, 4_000L);
    assertThat(effective("busy", "tokens")).isBetween(3_000_000L, 4_000_000L);
    // Half of what it is now, when it has been slow for a second; at once, it is the same failure.
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(
            () -> {
              team.ask(small("busy"), "at=head:status:503");
              return effective("busy", "tokens") < 2_500_000L;
            });
    long at = effective("slow", "tokens");
    Awaitility.await()
        .atMost(Duration.ofSeconds(3))
        .untilAsserted(() -> assertThat(effective("slow", "tokens")).isGreaterThan(at));
    Awaitility.await()
        .atMost(Duration.ofSeconds(12))
        .untilAsserted(() -> assertThat(effective("slow", "tokens")).isEqualTo(6_000_000));
    assertThat(pool("slow").limit("tokens").path("per_minute").asLong()).isEqualTo(6_000_000);
  }

  private static long effective(String pool, String limit) throws IOException {
    return pool(pool).limit(limit).path("effective_per_minute").asLong();
  }

  @Test
  void whatTheProviderHasLeftLowersTheLevel() throws Exception {
    assertThat(pool("low").limit("tokens").path("level").asLong()).isEqualTo(10_000);
    RawAnswer answer = team.ask(small("low"), "events=1;header=x-ratelimit-remaining-tokens%3A 0");
    assertThat(answer.status()).isEqualTo(200);
    // A thousand tokens come each second.
    assertThat(pool("low").limit("tokens").path("level").asLong()).isLessThan(2_000);
    assertThat(answer.field("x-ratelimit-limit-tokens")).isEqualTo("60000");
  }

  /** Who stands between may be stricter than the provider, and never laxer. */
  @Test
  void aClientIsNotToldOfMoreThanTheProviderHasLeft() throws Exception {
    RawAnswer answer = team.ask(small("told"), "events=1;header=x-ratelimit-remaining-tokens%3A 7");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(Long.parseLong(answer.field("x-ratelimit-remaining-tokens"))).isLessThan(8);
  }

  @Test
  void whatTheProviderHasLeftNeverRaisesTheLevel() throws Exception {
    team.ask(small("high"), "events=400;burst=50");
    pool("high").awaitNothingReserved();
    assertThat(pool("high").limit("tokens").path("level").asLong()).isBetween(100L, 250L);
    // Ten tokens come each second.
    team.ask(small("high"), "events=1;header=x-ratelimit-remaining-tokens%3A 600");
    pool("high").awaitNothingReserved();
    assertThat(pool("high").limit("tokens").path("level").asLong()).isBetween(50L, 250L);
  }

  @Test
  void aLimitOfTheProviderBelowTheConfiguredOneLowersTheRate() throws Exception {
    team.ask(small("limit"), "events=1;header=x-ratelimit-limit-tokens%3A 3000000");
    assertThat(effective("limit", "tokens")).isEqualTo(3_000_000);
    team.ask(small("limit"), "events=1;header=x-ratelimit-limit-tokens%3A 90000000");
    assertThat(effective("limit", "tokens")).isEqualTo(6_000_000);
  }
}
