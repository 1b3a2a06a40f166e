package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawAnswer.End;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What was paid and is held is told again, as it was; what was not paid is asked again. */
@ExtendWith(NoLeaks.class)
class ReplayIT {

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

  private static GatewayUnderTest withResume(String settings) {
    return GatewayUnderTest.start(
        provider.baseUrl(),
        GatewayUnderTest.QUICK.replace("streams: {", "streams: {resume: {" + settings + "}, "));
  }

  private static void isReplayOf(RawAnswer first, RawAnswer again) {
    assertThat(first.field("Sluice-Replay")).isEqualTo("live");
    assertThat(again.field("Sluice-Replay")).isEqualTo("replayed");
    assertThat(again.status()).isEqualTo(first.status());
    for (String name :
        List.of(
            "Content-Type",
            "x-request-id",
            "request-id",
            "Sluice-Request-Id",
            "X-Kept",
            "X-Accel-Buffering",
            "Cache-Control")) {
      assertThat(again.field(name)).as(name).isEqualTo(first.field(name));
    }
    assertThat(again.withoutComments()).isEqualTo(first.withoutComments());
    assertThat(again.end()).isEqualTo(first.end());
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aFinishedStreamIsReplayedAsItWas(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    RawAnswer first = team.ask(asked, "events=9;echo;header=X-Kept%3A 7", id);
    for (int i = 0; i < 3; i++) {
      isReplayOf(first, team.ask(asked, "events=1", id));
    }
    assertThat(first.body()).isEqualTo(provider.direct(asked, "events=9;echo").body());
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void aFinishedJsonAnswerIsReplayedAsItWas() throws Exception {
    for (String path : List.of(Bodies.CHAT_PATH, "/v1/messages", "/v1/embeddings")) {
      String body = path.endsWith("messages") ? Bodies.MESSAGES : Bodies.CHAT;
      Bodies.Stream asked = Team.fresh(new Bodies.Stream(path, body));
      String id = Team.freshId();
      RawAnswer first = team.ask(asked, "events=9;echo;header=X-Kept%3A 7", id);
      RawAnswer again = team.ask(asked, "events=1", id);
      isReplayOf(first, again);
      assertThat(again.field("Content-Length")).isEqualTo(Integer.toString(again.body().length()));
    }
    assertThat(provider.calls()).isEqualTo(3);
  }

  @Test
  void aReplayIsCountedWithTheTokensThatItSaved() throws Exception {
    Bodies.Stream asked = Team.freshJson();
    String id = Team.freshId();
    AdminPort admin = AdminPort.of(gateway);
    double replays = admin.metric("sluice_replays_total", "how=\"replayed\"");
    double saved = admin.metric("sluice_duplicate_tokens_avoided_total", "kind=\"output\"");
    double paid = admin.metric("sluice_tokens_total", "kind=\"output\"");
    team.ask(asked, "events=9", id);
    team.ask(asked, "events=1", id);
    team.ask(asked, "events=1", id);
    admin.awaitMetric(replays + 2, "sluice_replays_total", "how=\"replayed\"");
    admin.awaitMetric(saved + 18, "sluice_duplicate_tokens_avoided_total", "kind=\"output\"");
    admin.awaitMetric(paid + 9, "sluice_tokens_total", "kind=\"output\"");
  }

  @Test
  void aCallThatTheProviderRefusedFreesItsId() throws Exception {
    for (int status : List.of(400, 401, 404, 429, 500, 503)) {
      for (Bodies.Stream stream : STREAMS) {
        Bodies.Stream asked = Team.fresh(stream);
        String id = Team.freshId();
        assertThat(team.ask(asked, "at=head:status:" + status, id).status()).isEqualTo(status);
        RawAnswer again = team.ask(asked, "events=2", id);
        assertThat(again.status()).as("after %d", status).isEqualTo(200);
        assertThat(again.field("Sluice-Replay")).isEqualTo("live");
      }
    }
    assertThat(provider.calls()).isEqualTo(48);
  }

  @Test
  void aCallThatNeverReachedAnAnswerFreesItsId() throws Exception {
    Bodies.Stream asked = Team.freshJson();
    String id = Team.freshId();
    assertThat(team.ask(asked, "at=head:reset", id).status()).isEqualTo(502);
    RawAnswer again = team.ask(asked, "events=2", id);
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.field("Sluice-Replay")).isEqualTo("live");
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aFailureBehindAnEarly200IsToldOnceWithItsTrueStatus(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    RawAnswer early = team.ask(asked, "first=600ms;at=head:status:429", id);
    assertThat(early.status()).isEqualTo(200);
    assertThat(early.withoutComments()).contains("error");
    RawAnswer told = team.ask(asked, "events=2", id);
    assertThat(told.status()).isEqualTo(429);
    assertThat(told.body()).isEqualTo(provider.direct(asked, "at=head:status:429").body());
    assertThat(told.field("Sluice-Request-Id")).isEqualTo(early.field("Sluice-Request-Id"));
    assertThat(provider.calls()).isEqualTo(1);
    RawAnswer again = team.ask(asked, "events=2", id);
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.field("Sluice-Replay")).isEqualTo("live");
    assertThat(provider.calls()).isEqualTo(2);
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aStreamThatBrokeOffIsToldOnceMoreAsItEnded(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    RawAnswer broken = team.ask(asked, "events=9;echo;at=between@4:reset", id);
    assertThat(broken.end()).isEqualTo(End.CUT);
    RawAnswer told = team.ask(asked, "events=2", id);
    assertThat(told.end()).isEqualTo(End.CUT);
    assertThat(told.status()).isEqualTo(200);
    assertThat(told.withoutComments()).isEqualTo(broken.withoutComments());
    assertThat(provider.calls()).isEqualTo(1);
    RawAnswer again = team.ask(asked, "events=2", id);
    assertThat(again.end()).isEqualTo(End.WHOLE);
    assertThat(again.field("Sluice-Replay")).isEqualTo("live");
    assertThat(provider.calls()).isEqualTo(2);
  }

  @Test
  void anAnswerOverItsBoundIsWholeForItsClientAndIsNotJoined() throws Exception {
    Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
    String id = Team.freshId();
    String script = "events=200;size=1000;echo;at=between@150:silence:700ms";
    try (GatewayUnderTest small = withResume("per-call: 64KiB");
        RawClient first = Team.of(small).open(asked, script, id).await("w140 ")) {
      RawAnswer no = Team.of(small).ask(asked, "events=1", id);
      assertThat(no.status()).isEqualTo(409);
      assertThat(no.field("Sluice-Refused-By")).contains("not_resumable");
      assertThat(no.field("Sluice-Resumable")).isEqualTo("no");
      assertThat(no.field("x-should-retry")).isEqualTo("false");
      assertThat(first.answer().withoutComments()).isEqualTo(provider.direct(asked, script).body());
    }
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void whereNothingIsHeldTheAnswerSaysSo() throws Exception {
    Bodies.Stream asked = Team.freshJson();
    String id = Team.freshId();
    String discreet =
        GatewayUnderTest.QUICK.replace("testers: {", "testers: {hold-answers: false, ");
    try (GatewayUnderTest without = withResume("enabled: false");
        GatewayUnderTest holdsNone = GatewayUnderTest.start(provider.baseUrl(), discreet)) {
      for (GatewayUnderTest each : List.of(without, holdsNone)) {
        for (int i = 0; i < 2; i++) {
          RawAnswer answer = Team.of(each).ask(asked, "events=1", id);
          assertThat(answer.status()).isEqualTo(200);
          assertThat(answer.field("Sluice-Resumable")).isEqualTo("no");
          assertThat(answer.field("Sluice-Replay")).isEqualTo("live");
        }
        assertThat(AdminPort.of(each).metric("sluice_journal_bytes")).isZero();
        assertThat(AdminPort.of(each).metric("sluice_held_answers")).isZero();
      }
    }
    assertThat(provider.calls()).isEqualTo(4);
  }

  /** Goal: 30 answers of 400 KB, four at a time, under a bound of 3 MB. */
  @Test
  void allAnswersTogetherStayUnderTheirBoundAndTheOldestGiveWay() throws Exception {
    int bound = 3 << 20;
    List<Bodies.Stream> asked = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    try (GatewayUnderTest small = withResume("per-call: 1MiB, total: 3MiB")) {
      AdminPort admin = AdminPort.of(small);
      Team at = Team.of(small);
      double most = 0;
      for (int round = 0; round < 8; round++) {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          asked.add(Team.freshJson());
          ids.add(Team.freshId());
          clients.add(at.open(asked.getLast(), "events=400;size=1000", ids.getLast()));
        }
        for (RawClient client : clients) {
          assertThat(client.answer().end()).isEqualTo(End.WHOLE);
          client.close();
          most = Math.max(most, admin.metric("sluice_journal_bytes"));
        }
      }
      assertThat(most).isBetween(bound / 2.0, (double) bound);
      assertThat(admin.metric("sluice_held_answers")).isBetween(3.0, 7.0);
      assertThat(at.ask(asked.getLast(), "events=1", ids.getLast()).field("Sluice-Replay"))
          .isEqualTo("replayed");
      assertThat(at.ask(asked.getFirst(), "events=1", ids.getFirst()).field("Sluice-Replay"))
          .isEqualTo("live");
    }
    assertThat(provider.calls()).isEqualTo(33);
  }
}
