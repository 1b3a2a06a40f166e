package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who reads what has been paid for takes no tokens, and needs none. */
@ExtendWith(NoLeaks.class)
class PaidTokensIT {

  private static final String YAML =
      PoolsYaml.of(
          """
          teams:
            testers: {keys: ["${KEY_HASH}"]}
          pools:
            replay: {provider: replay, tokens-per-minute: 600, requests-per-minute: 60, burst: 60s}
            join: {provider: join, tokens-per-minute: 600, requests-per-minute: 60, burst: 60s}
            empty: {provider: empty, requests-per-minute: 1, burst: 100ms, max-wait: 0s}
          """,
          "replay",
          "join",
          "empty");

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();
  private static final Team team = Team.of(gateway);

  private record Books(long served, long admitted, long requestsLeft, long tokensLeft) {
    static Books of(PoolPort pool) throws Exception {
      return new Books(
          pool.team("testers").path("served_tokens").asLong(),
          pool.team("testers").path("admitted").asLong(),
          pool.limit("requests").path("level").asLong(),
          pool.limit("tokens").path("level").asLong());
    }

    void assertNothingTakenSince(Books before) {
      assertThat(served).isEqualTo(before.served);
      assertThat(admitted).isEqualTo(before.admitted);
      assertThat(requestsLeft).isGreaterThanOrEqualTo(before.requestsLeft);
      assertThat(tokensLeft).isGreaterThanOrEqualTo(before.tokensLeft);
    }
  }

  @Test
  void aReplayedAnswerTakesNoTokens() throws Exception {
    PoolPort pool = PoolPort.of(gateway, "replay");
    Bodies.Stream asked = PoolsYaml.stream("replay");
    String id = Team.freshId();
    RawAnswer first = team.ask(asked, "events=40", id);
    pool.awaitNothingReserved();
    Books before = Books.of(pool);
    assertThat(before.served()).isGreaterThan(40);
    for (int i = 0; i < 3; i++) {
      RawAnswer again = team.ask(asked, "events=40", id);
      assertThat(again.field("Sluice-Replay")).isEqualTo("replayed");
      assertThat(again.withoutComments()).isEqualTo(first.withoutComments());
      assertThat(pool.now().path("reserved_tokens").asLong()).isZero();
    }
    Books.of(pool).assertNothingTakenSince(before);
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void whoJoinsACallInFlightTakesNoTokens() throws Exception {
    PoolPort pool = PoolPort.of(gateway, "join");
    Bodies.Stream asked = PoolsYaml.stream("join");
    String id = Team.freshId();
    try (RawClient first = team.open(asked, "events=40;size=6;gap=1500ms@20", id).await("w9 ")) {
      long reserved = pool.now().path("reserved_tokens").asLong();
      Books before = Books.of(pool);
      assertThat(reserved).isPositive();
      try (RawClient second = team.open(asked, "events=1", id).await("w9 ");
          RawClient third = team.open(asked, "events=1", id).await("w9 ")) {
        assertThat(pool.now().path("reserved_tokens").asLong()).isEqualTo(reserved);
        Books.of(pool).assertNothingTakenSince(before);
        String whole = first.answer().withoutComments();
        assertThat(second.answer().withoutComments()).isEqualTo(whole);
        assertThat(third.answer().withoutComments()).isEqualTo(whole);
      }
    }
    pool.awaitNothingReserved();
    assertThat(Books.of(pool).admitted()).isEqualTo(1);
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void anEmptyBucketRefusesNobodyWhoReadsWhatHasBeenPaidFor() throws Exception {
    Bodies.Stream asked = PoolsYaml.json("empty");
    String id = Team.freshId();
    assertThat(team.ask(asked, "events=3", id).status()).isEqualTo(200);
    assertThat(team.ask(PoolsYaml.json("empty"), "events=3").status()).isEqualTo(429);
    RawAnswer again = team.ask(asked, "events=3", id);
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.field("Sluice-Replay")).isEqualTo("replayed");
    assertThat(provider.calls()).isEqualTo(1);
  }
}
