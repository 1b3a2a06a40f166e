package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A team past its ceiling is told so, in each API's own form. The ceiling stands for two requests a
 * minute, of which the first is used up before: for half a minute, nothing more passes.
 */
@ExtendWith(NoLeaks.class)
class RefusalIT {

  private static final String YAML =
      PoolsYaml.HEAD
          + """
          teams:
            testers:
              keys: ["${KEY_HASH}"]
              quotas:
                main: {ceiling: 2k, max-wait: 0s}
                debts: {ceiling: 60, max-wait: 0s}
          pools:
            main:
              provider: scripted
              tokens-per-minute: 6M
              requests-per-minute: 6k
              burst: 100ms
            debts: {provider: indebted, tokens-per-minute: 6M, burst: 100ms}
          providers:
            scripted: {base-url: "${PROVIDER}"}
            indebted: {base-url: "${PROVIDER}"}
          routes:
            openai: {api: openai, provider: scripted}
            anthropic: {api: anthropic, provider: scripted}
            gemini: {api: gemini, provider: scripted}
            debts: {api: openai, provider: indebted, prefix: /debts}
          """;

  private static final JsonMapper JSON = new JsonMapper();

  /** Streams and whole answers of each API. */
  static final List<Bodies.Stream> ALL =
      List.of(
          new Bodies.Stream(Bodies.CHAT_PATH, Bodies.CHAT_STREAM),
          new Bodies.Stream(Bodies.CHAT_PATH, Bodies.CHAT),
          new Bodies.Stream("/v1/responses", Bodies.RESPONSES_STREAM),
          new Bodies.Stream("/v1/messages", Bodies.MESSAGES_STREAM),
          new Bodies.Stream("/v1/messages", Bodies.MESSAGES),
          new Bodies.Stream(Bodies.GEMINI_STREAM_PATH, Bodies.GEMINI));

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();
  private static final Team team = Team.of(gateway);

  @BeforeAll
  static void start() throws Exception {
    assertThat(team.ask(Team.freshJson(), "").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void aTeamPastItsCeilingIsToldSoInTheFormOfItsApi(Bodies.Stream asked) throws Exception {
    RawAnswer no = team.ask(Team.fresh(asked), "");
    assertThat(no.status()).isEqualTo(429);
    assertThat(no.end()).isEqualTo(RawAnswer.End.WHOLE);
    assertThat(no.field("Content-Type")).isEqualTo("application/json");
    assertThat(no.field("Sluice-Refused-By")).isEqualTo("gateway;limit=team-ceiling");
    assertThat(no.field("x-should-retry")).isEqualTo("true");
    long millis = Long.parseLong(no.field("retry-after-ms"));
    assertThat(millis).isBetween(10_000L, 60_000L);
    assertThat(Long.parseLong(no.field("Retry-After"))).isEqualTo(Math.ceilDiv(millis, 1_000L));
    assertThat(message(asked.path(), no.body()))
        .contains("\"testers\"") // who
        .contains("pool \"main\"") // where
        .containsPattern("ceiling of 2 [a-z ]+ per minute") // what
        .containsPattern("room for it in about \\d+ s"); // what to do
    assertThat(provider.calls()).isZero();
  }

  private static String message(String path, String body) {
    JsonNode answer = JSON.readTree(body);
    JsonNode error = answer.path("error");
    if (path.startsWith("/v1/messages")) {
      assertThat(answer.path("type").asString()).isEqualTo("error");
      assertThat(error.path("type").asString()).isEqualTo("rate_limit_error");
    } else if (path.startsWith("/v1beta")) {
      assertThat(error.path("code").asInt()).isEqualTo(429);
      assertThat(error.path("status").asString()).isEqualTo("RESOURCE_EXHAUSTED");
    } else {
      assertThat(error.path("type").asString()).contains("rate_limit");
      assertThat(error.path("code").asString()).isEqualTo("team_ceiling");
    }
    String message = error.path("message").asString();
    if (path.startsWith("/v1/messages") || path.startsWith("/v1beta")) {
      assertThat(message).as("the code, where it has no place of its own").contains("team_ceiling");
    }
    return message;
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void theLimitFieldsSpeakOfTheTeamsShare(Bodies.Stream asked) throws Exception {
    RawAnswer no = team.ask(Team.fresh(asked), "");
    assertThat(no.field("RateLimit-Policy"))
        .isEqualTo(
            "\"tokens\";q=2000;w=60;sluice-unit=\"tokens\","
                + " \"requests\";q=2;w=60;sluice-unit=\"requests\"");
    assertThat(no.field("RateLimit"))
        .matches("\"tokens\";r=\\d+;t=\\d+, \"requests\";r=0;t=([1-9]|[12]\\d|30)");
    if (asked.path().startsWith("/v1/messages")) {
      assertThat(no.field("anthropic-ratelimit-requests-limit")).isEqualTo("2");
      assertThat(no.field("anthropic-ratelimit-requests-remaining")).isEqualTo("0");
      assertThat(Instant.parse(no.field("anthropic-ratelimit-requests-reset")))
          .isBetween(Instant.now(), Instant.now().plus(Duration.ofSeconds(31)));
      assertThat(no.field("anthropic-ratelimit-tokens-limit")).isEqualTo("2000");
    } else if (asked.path().startsWith("/v1beta")) {
      assertThat(no.head().toLowerCase(java.util.Locale.ROOT)).doesNotContain("ratelimit-limit");
    } else {
      assertThat(no.field("x-ratelimit-limit-requests")).isEqualTo("2");
      assertThat(no.field("x-ratelimit-remaining-requests")).isEqualTo("0");
      assertThat(no.field("x-ratelimit-reset-requests")).matches("\\d+s");
      assertThat(no.field("x-ratelimit-limit-tokens")).isEqualTo("2000");
    }
  }

  @Test
  void thoseWhoAreRefusedTogetherAreNotSentBackTogether() throws Exception {
    Set<String> seconds = new HashSet<>();
    Set<String> millis = new HashSet<>();
    long least = Long.MAX_VALUE;
    long most = 0;
    for (int i = 0; i < 50; i++) {
      RawAnswer no = team.ask(Team.freshJson(), "");
      assertThat(no.status()).isEqualTo(429);
      seconds.add(no.field("Retry-After"));
      millis.add(no.field("retry-after-ms"));
      long wait = Long.parseLong(no.field("retry-after-ms"));
      least = Math.min(least, wait);
      most = Math.max(most, wait);
    }
    assertThat(seconds).hasSizeGreaterThan(2);
    assertThat(millis).hasSizeGreaterThan(25);
    // The time that passes meanwhile spreads them, too; this is more than that.
    assertThat(most - least).isGreaterThan(2_000);
  }

  /** An answer far longer than the team's ceiling leaves a debt of minutes. */
  @Test
  void aWaitThatNobodyWouldSitOutIsNotWorthARetry() throws Exception {
    Bodies.Stream asked =
        Team.fresh(new Bodies.Stream("/debts" + Bodies.CHAT_PATH, Bodies.CHAT_STREAM));
    assertThat(team.ask(asked, "events=600;burst=50").status()).isEqualTo(200);
    PoolPort.of(gateway, "debts").awaitNothingReserved();
    RawAnswer no = team.ask(Team.fresh(asked), "");
    assertThat(no.status()).isEqualTo(429);
    assertThat(no.field("x-should-retry")).isEqualTo("false");
    assertThat(no.field("Retry-After")).isEqualTo("60");
    assertThat(no.body()).containsPattern("in about [56]\\d\\d s");
  }

  @Test
  void aRefusedCallChangesNothing() throws Exception {
    PoolPort pool = PoolPort.of(gateway, "main");
    long served = pool.team("testers").path("served_tokens").asLong();
    long admitted = pool.team("testers").path("admitted").asLong();
    long refused = pool.team("testers").path("refused").path("team-ceiling").asLong();
    assertThat(team.ask(Team.freshJson(), "").status()).isEqualTo(429);
    JsonNode after = pool.team("testers");
    assertThat(after.path("served_tokens").asLong()).isEqualTo(served);
    assertThat(after.path("admitted").asLong()).isEqualTo(admitted);
    assertThat(after.path("refused").path("team-ceiling").asLong()).isEqualTo(refused + 1);
    assertThat(pool.now().path("reserved_tokens").asLong()).isZero();
    assertThat(provider.calls()).isZero();
  }
}
