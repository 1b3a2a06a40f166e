package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * A request without an id gets an earlier equal call only where that has lost its client; requests
 * that merely look alike are calls of their own.
 */
@ExtendWith(NoLeaks.class)
class AdoptIT {

  private static final String PACED = "events=12;size=6;echo;pace=30ms";

  private static Counted provider;
  private static GatewayUnderTest gateway;
  private static Team team;
  static final List<Bodies.Stream> STREAMS = Bodies.STREAMS;

  @BeforeAll
  static void start() {
    provider = new Counted();
    gateway = GatewayUnderTest.start(provider.baseUrl(), GatewayUnderTest.QUICK);
    team = Team.of(gateway);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  @BeforeEach
  void forget() {
    provider.forget();
  }

  /** How a client goes away. */
  private interface Leaving {
    void leave(RawClient client) throws Exception;
  }

  private static final List<Leaving> WAYS =
      List.of(RawClient::close, RawClient::reset, RawClient::finish);

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aStreamWhoseClientLeftIsAdopted(Bodies.Stream stream) throws Exception {
    double returned = AdminPort.of(gateway).metric("sluice_orphans_total", "outcome=\"returned\"");
    for (Leaving way : WAYS) {
      provider.forget();
      Bodies.Stream asked = Team.fresh(stream);
      try (RawClient gone = team.open(asked, PACED).await("w3 ")) {
        way.leave(gone);
        RawAnswer adopted = team.ask(asked, "events=1");
        assertThat(adopted.field("Sluice-Replay")).isEqualTo("adopted");
        assertThat(adopted.withoutComments())
            .isEqualTo(provider.direct(asked, "events=12;size=6;echo").body());
        assertThat(provider.calls()).isEqualTo(1);
      }
    }
    AdminPort.of(gateway)
        .awaitMetric(returned + WAYS.size(), "sluice_orphans_total", "outcome=\"returned\"");
  }

  @Test
  void aJsonAnswerWhoseClientLeftIsAdopted() throws Exception {
    for (Leaving way : WAYS) {
      provider.forget();
      Bodies.Stream asked = Team.freshJson();
      try (RawClient gone = team.open(asked, "events=7;echo;first=400ms")) {
        provider.received();
        way.leave(gone);
        RawAnswer adopted = team.ask(asked, "events=1");
        assertThat(adopted.field("Sluice-Replay")).isEqualTo("adopted");
        assertThat(adopted.body()).isEqualTo(provider.direct(asked, "events=7;echo").body());
        assertThat(provider.calls()).isEqualTo(1);
      }
    }
  }

  @Test
  void anAnswerThatEndedAfterItsClientHadLeftIsAdoptedToo() throws Exception {
    Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
    team.open(asked, PACED).await("w3 ").close();
    provider.received().ended().get();
    assertThat(team.ask(asked, "events=1").field("Sluice-Replay")).isEqualTo("adopted");
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void aCallIsAdoptedByOneClaimantOnly() throws Exception {
    Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
    team.open(asked, PACED).await("w3 ").close();
    provider.received();
    try (RawClient one = team.open(asked, PACED);
        RawClient two = team.open(asked, PACED)) {
      assertThat(List.of(one.answer().field("Sluice-Replay"), two.answer().field("Sluice-Replay")))
          .containsExactlyInAnyOrder("adopted", "live");
    }
    assertThat(provider.calls()).isEqualTo(2);
  }

  @Test
  void twoEqualRequestsAtOnceAreTwoCalls() throws Exception {
    for (int i = 0; i < 100; i++) {
      Bodies.Stream asked = Team.fresh(STREAMS.get(i % STREAMS.size()));
      try (RawClient one = team.open(asked, "events=3;pace=5ms");
          RawClient two = team.open(asked, "events=3;pace=5ms")) {
        assertThat(one.answer().field("Sluice-Replay")).isEqualTo("live");
        assertThat(two.answer().field("Sluice-Replay")).isEqualTo("live");
      }
    }
    assertThat(provider.calls()).isEqualTo(200);
  }

  @Test
  void anotherTeamsOrphanIsNotAdopted() throws Exception {
    String yaml =
        GatewayUnderTest.QUICK.replace(
            "testers: {", "others: {keys: [\"${OTHER_HASH}\"]}, testers: {");
    try (GatewayUnderTest two = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
      Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
      Team.of(two).open(asked, PACED).await("w3 ").close();
      assertThat(Team.other(two).ask(asked, "events=1").field("Sluice-Replay")).isEqualTo("live");
      assertThat(Team.of(two).ask(asked, "events=1").field("Sluice-Replay")).isEqualTo("adopted");
    }
    assertThat(provider.calls()).isEqualTo(2);
  }

  @Test
  void afterTheAdoptWindowAnEqualRequestIsANewCall() throws Exception {
    String yaml = GatewayUnderTest.QUICK + "dedupe: {adopt-window: 200ms}\n";
    try (GatewayUnderTest brief = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
      Team at = Team.of(brief);
      Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
      at.open(asked, PACED).await("w3 ").close();
      long left = System.nanoTime();
      Awaitility.await()
          .pollDelay(Duration.ofMillis(400))
          .until(() -> System.nanoTime() - left > 300_000_000);
      assertThat(at.ask(asked, "events=1").field("Sluice-Replay")).isEqualTo("live");
    }
    assertThat(provider.calls()).isEqualTo(2);
  }

  @Test
  void whereTheWindowIsNothingNothingIsAdopted() throws Exception {
    String yaml = GatewayUnderTest.QUICK + "dedupe: {adopt-window: 0s}\n";
    try (GatewayUnderTest never = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
      Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
      Team.of(never).open(asked, PACED).await("w3 ").close();
      assertThat(Team.of(never).ask(asked, "events=1").field("Sluice-Replay")).isEqualTo("live");
    }
    assertThat(provider.calls()).isEqualTo(2);
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void anAnswerThatWasDeliveredWholeIsNotAdopted(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    for (int i = 0; i < 3; i++) {
      assertThat(team.ask(asked, "events=3").field("Sluice-Replay")).isEqualTo("live");
    }
    assertThat(provider.calls()).isEqualTo(3);
  }

  @Test
  void anSdksOwnRetryGetsTheAnswerThatWasDeliveredLately() throws Exception {
    Bodies.Stream asked = Team.freshJson();
    RawAnswer first = team.ask(asked, "events=3;echo");
    RawAnswer retry = team.ask(asked, "events=1", "x-stainless-retry-count: 1");
    assertThat(retry.field("Sluice-Replay")).isEqualTo("replayed");
    assertThat(retry.body()).isEqualTo(first.body());
    // The first attempt of another question is marked too, with a zero.
    assertThat(team.ask(asked, "events=1", "x-stainless-retry-count: 0").field("Sluice-Replay"))
        .isEqualTo("live");
    assertThat(provider.calls()).isEqualTo(2);
  }

  @Test
  void anSdksOwnRetryOfAFailureIsARealRetry() throws Exception {
    Bodies.Stream asked = Team.freshJson();
    assertThat(team.ask(asked, "events=3").status()).isEqualTo(200);
    assertThat(team.ask(asked, "at=head:status:500").status()).isEqualTo(500);
    RawAnswer retry = team.ask(asked, "events=1", "x-stainless-retry-count: 1");
    assertThat(retry.status()).isEqualTo(200);
    assertThat(retry.field("Sluice-Replay")).isEqualTo("live");
    assertThat(provider.calls()).isEqualTo(3);
  }
}
