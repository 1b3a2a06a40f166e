package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.admin.demo.ReceivedRequest.Outcome;
import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A call whose last client has left goes on, or ends, as its route says; and is settled once. */
@ExtendWith(NoLeaks.class)
class OrphanIT {

  private static final String YAML =
      """
      listen: {address: 127.0.0.1, port: 0, event-loops: 1}
      admin: {port: 0}
      log: {calls: false}
      limits: {drain: 1s, write-stall: 20s}
      teams: {testers: {keys: ["${KEY_HASH}"]}}
      providers:
        scripted: {base-url: "${PROVIDER}"}
        narrow: {base-url: "${PROVIDER}", connections: 1}
        strict: {base-url: "${PROVIDER}", orphans: {policy: cancel, grace: 0s}}
      routes:
        plain: {api: openai, provider: scripted}
        cancel: {api: openai, provider: scripted, prefix: /cancel, orphans: {policy: cancel, grace: 500ms}}
        finish: {api: openai, provider: strict, prefix: /finish, orphans: {policy: finish}}
        strict: {api: openai, provider: strict, prefix: /strict}
        narrow: {api: openai, provider: narrow, prefix: /narrow}
      """;

  private static final String LONG = "events=400;size=6;pace=10ms";

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();
  private static final Team team = Team.of(gateway);
  private static final AdminPort admin = AdminPort.of(gateway);

  private static Bodies.Stream at(String prefix) {
    return Team.fresh(new Bodies.Stream(prefix + Bodies.CHAT_PATH, Bodies.CHAT_STREAM_ASKING));
  }

  private static Outcome ended(ReceivedRequest request) throws Exception {
    return request.ended().get(10, TimeUnit.SECONDS);
  }

  private static double orphans(String route, String outcome) throws IOException {
    return admin.metric(
        "sluice_orphans_total", "route=\"" + route + "\"", "outcome=\"" + outcome + "\"");
  }

  private static double outputTokens(String route) throws IOException {
    return admin.metric("sluice_tokens_total", "route=\"" + route + "\"", "kind=\"output\"");
  }

  private static void awaitOrphans(String route, String outcome, double count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(orphans(route, outcome)).isEqualTo(count));
  }

  @Test
  void underCancelTheProviderIsLeftWhenTheGraceIsOver() throws Exception {
    double tokens = outputTokens("cancel");
    team.open(at("/cancel"), LONG).await("w3 ").close();
    long left = System.nanoTime();
    assertThat(ended(provider.received())).isEqualTo(Outcome.PEER_GONE);
    assertThat(System.nanoTime() - left).isBetween(400_000_000L, 2_500_000_000L);
    awaitOrphans("cancel", "cancelled", 1);
    // Half a second at ten milliseconds each: what was seen is settled, and no more than that.
    assertThat(outputTokens("cancel") - tokens).isBetween(5.0, 250.0);
  }

  @Test
  void whoComesBackInTheGraceFindsHisCallAlive() throws Exception {
    Bodies.Stream asked = at("/cancel");
    String id = Team.freshId();
    team.open(asked, "events=60;size=6;pace=10ms", id).await("w3 ").close();
    RawAnswer back = team.ask(asked, "events=1", id);
    assertThat(back.end()).isEqualTo(RawAnswer.End.WHOLE);
    assertThat(back.body()).contains("w0 ").contains("w59 ");
    assertThat(ended(provider.received())).isEqualTo(Outcome.PLAYED);
    awaitOrphans("cancel", "returned", 1);
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void theProvidersOwnPolicyCountsWhereTheRouteHasNone() throws Exception {
    team.open(at("/strict"), LONG).await("w3 ").close();
    long left = System.nanoTime();
    assertThat(ended(provider.received())).isEqualTo(Outcome.PEER_GONE);
    assertThat(System.nanoTime() - left).isLessThan(1_000_000_000L);
    awaitOrphans("strict", "cancelled", 1);
  }

  @Test
  void underFinishTheAnswerIsReadToItsEndAndHeld() throws Exception {
    Bodies.Stream asked = at("/finish");
    String id = Team.freshId();
    double tokens = outputTokens("finish");
    team.open(asked, "events=40;size=6;echo;pace=10ms", id).await("w3 ").close();
    assertThat(ended(provider.received())).isEqualTo(Outcome.PLAYED);
    awaitOrphans("finish", "finished", 1);
    assertThat(outputTokens("finish") - tokens).isEqualTo(40);
    RawAnswer replayed = team.ask(asked, "events=1", id);
    assertThat(replayed.field("Sluice-Replay")).isEqualTo("replayed");
    assertThat(replayed.withoutComments())
        .isEqualTo(
            provider
                .direct(new Bodies.Stream(Bodies.CHAT_PATH, asked.body()), "events=40;size=6;echo")
                .body());
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void underABudgetAShortAnswerIsReadToItsEnd() throws Exception {
    double finished = orphans("plain", "finished");
    // What such answers cost is learned from those that ended.
    for (int i = 0; i < 5; i++) {
      team.ask(at(""), "events=40");
    }
    provider.forget();
    team.open(at(""), "events=40;size=6;pace=10ms").await("w3 ").close();
    assertThat(ended(provider.received())).isEqualTo(Outcome.PLAYED);
    awaitOrphans("plain", "finished", finished + 1);
  }

  @Test
  void underABudgetNoMoreIsSpentThanAskingAgainWouldCost() throws Exception {
    for (int i = 0; i < 5; i++) {
      team.ask(at(""), "events=40");
    }
    provider.forget();
    double spent = orphans("plain", "budget_spent");
    long billed = provider.billedTokens();
    team.open(at(""), "events=40000;size=6;burst=20;pace=5ms").await("w3 ").close();
    assertThat(ended(provider.received())).isEqualTo(Outcome.PEER_GONE);
    awaitOrphans("plain", "budget_spent", spent + 1);
    assertThat(provider.billedTokens() - billed).isLessThan(20_000);
  }

  /** Goal: nothing is paid for a client that left while its call was waiting for a connection. */
  @Test
  void aWaitingCallWhoseClientLeavesIsNeverSent() throws Exception {
    try (RawClient busy = team.open(at("/narrow"), "events=9;gap=700ms@5").await("\r\n\r\n")) {
      provider.received();
      team.open(at("/narrow"), "events=9").close();
      assertThat(busy.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
    }
    assertThat(team.ask(at("/narrow"), "events=1").status()).isEqualTo(200);
    assertThat(provider.calls()).isEqualTo(2);
  }

  @Test
  void theLastButOneToLeaveCancelsNothing() throws Exception {
    Bodies.Stream asked = at("/strict");
    String id = Team.freshId();
    try (RawClient first = team.open(asked, "events=60;size=6;pace=10ms", id).await("w3 ");
        RawClient second = team.open(asked, "events=1", id).await("w3 ")) {
      first.reset();
      assertThat(second.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
    }
    assertThat(ended(provider.received())).isEqualTo(Outcome.PLAYED);
    assertThat(provider.calls()).isEqualTo(1);
  }
}
