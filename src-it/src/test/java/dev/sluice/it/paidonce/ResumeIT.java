package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** A client says which event it saw last, and gets those behind it: each once, in order. */
@ExtendWith(NoLeaks.class)
class ResumeIT {

  private static final String NUMBERED = "Sluice-Resume: events";
  private static final String SCRIPT = "events=8;size=6;echo";

  private static Counted provider;
  private static GatewayUnderTest gateway;
  private static Team team;
  static final List<Bodies.Stream> STREAMS = Bodies.STREAMS;

  @BeforeAll
  static void start() {
    provider = new Counted();
    String yaml =
        GatewayUnderTest.QUICK
            .replace("testers: {keys", "others: {keys: [\"${OTHER_HASH}\"]}, testers: {keys")
            .replace("streams: {", "streams: {resume: {token-life: 2s}, ")
            // Comments among numbered events have a test of their own.
            .replace("interval: 100ms", "interval: 5s")
            .replace("idle-limit: 1500ms", "idle-limit: 20s");
    gateway = GatewayUnderTest.start(provider.baseUrl(), yaml);
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

  /** Whole blocks, comments left out. */
  private static List<String> events(String body) {
    return Arrays.stream(body.split("(?<=\n\n)", 0)).toList();
  }

  /** The events as the provider sends them, each with its number. */
  private static List<String> numbered(String body) {
    List<String> numbered = new ArrayList<>();
    for (String event : events(body)) {
      String lines = event.substring(0, event.length() - 1);
      numbered.add(lines + "id: " + (numbered.size() + 1) + "\n\n");
    }
    return numbered;
  }

  private static String from(List<String> numbered, int position) {
    return String.join("", numbered.subList(position, numbered.size()));
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void eventsAreNumberedForWhoAsksForIt(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    RawAnswer answer = team.ask(asked, SCRIPT, NUMBERED);
    List<String> expected = numbered(provider.direct(asked, SCRIPT).body());
    assertThat(answer.withoutComments()).isEqualTo(from(expected, 0));
    assertThat(answer.field("Sluice-Resume-Token")).isNotEmpty();
    RawAnswer plain = team.ask(asked, SCRIPT);
    assertThat(plain.body()).doesNotContain("id: 1\n");
    assertThat(plain.field("Sluice-Resume-Token")).isEmpty();
  }

  /**
   * To OpenAI's clients a blank line behind a comment would be an empty event, once there are ids.
   */
  @ParameterizedTest
  @FieldSource("STREAMS")
  void commentsStandBetweenNumberedEventsAndCountForNothing(Bodies.Stream stream) throws Exception {
    String yaml = GatewayUnderTest.QUICK;
    try (GatewayUnderTest talking = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
      Bodies.Stream asked = Team.fresh(stream);
      RawAnswer answer = Team.of(talking).ask(asked, SCRIPT + ";gap=700ms@5", NUMBERED);
      String body = answer.body();
      assertThat(body).contains("\n\n:");
      if (stream.path().startsWith("/v1/messages") || stream.path().contains("models/")) {
        // These APIs' clients bear a block of nothing but a comment.
        body = body.replaceAll("(?m)^:[^\n]*\n\n", "");
      }
      assertThat(body.replaceAll("(?m)^:[^\n]*\n", ""))
          .isEqualTo(from(numbered(provider.direct(asked, SCRIPT).body()), 0));
    }
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void afterEachPositionOfAFinishedStreamTheRestIsTold(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    team.ask(asked, SCRIPT, id);
    List<String> expected = numbered(provider.direct(asked, SCRIPT).body());
    for (int position = 0; position < expected.size(); position++) {
      for (String field : List.of("Sluice-Resume-From: ", "Last-Event-ID: ")) {
        RawAnswer rest = team.ask(asked, "events=1", id, NUMBERED, field + position);
        assertThat(rest.field("Sluice-Replay")).isEqualTo("replayed");
        assertThat(rest.withoutComments()).isEqualTo(from(expected, position));
      }
    }
    assertThat(provider.calls()).isEqualTo(1);
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void afterEachPositionOfAStreamAtWorkTheRestIsTold(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    String whole = provider.direct(asked, SCRIPT).body();
    List<String> expected = numbered(whole);
    provider.forget();
    String script = SCRIPT + ";gap=600ms@" + (expected.size() - 1);
    String passed = events(whole).get(expected.size() - 3).strip();
    List<RawClient> clients = new ArrayList<>();
    try (RawClient first = team.open(asked, script, id).await(passed)) {
      for (int position = 0; position < expected.size() - 1; position++) {
        clients.add(team.open(asked, "events=1", id, NUMBERED, "Sluice-Resume-From: " + position));
      }
      for (int position = 0; position < clients.size(); position++) {
        RawAnswer rest = clients.get(position).answer();
        assertThat(rest.status()).as("%d: %s", position, rest).isEqualTo(200);
        assertThat(rest.field("Sluice-Replay")).isEqualTo("joined");
        assertThat(rest.withoutComments()).as("%d", position).isEqualTo(from(expected, position));
        clients.get(position).close();
      }
      RawAnswer ahead =
          team.ask(asked, "events=1", id, "Sluice-Resume-From: " + (expected.size() + 1));
      assertThat(ahead.status()).isEqualTo(400);
      assertThat(first.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
    }
    assertThat(provider.calls()).isEqualTo(1);
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aPositionInACallThatIsNotKnownIsGoneAndOneThatIsNoNumberIsWrong(Bodies.Stream stream)
      throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    for (String field : List.of("Sluice-Resume-From: ", "Last-Event-ID: ")) {
      RawAnswer gone = team.ask(asked, SCRIPT, id, field + "3");
      assertThat(gone.status()).as(field).isEqualTo(410);
      assertThat(gone.field("Sluice-Refused-By")).contains("nothing_to_resume");
    }
    for (String wrong : List.of("three", "-1", "1e3", "0x1", "99999999999999999999", "3 4")) {
      RawAnswer no = team.ask(asked, SCRIPT, id, "Sluice-Resume-From: " + wrong);
      assertThat(no.status()).as(wrong).isEqualTo(400);
      assertThat(no.field("Sluice-Refused-By")).contains("invalid_resume_position");
    }
    assertThat(provider.calls()).isZero();
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aStreamIsReadByItsIdWithKeyOrToken(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    String own = id.substring(id.indexOf(' ') + 1);
    RawAnswer first = team.ask(asked, SCRIPT, id, NUMBERED);
    String known = first.field("Sluice-Request-Id");
    String token = first.field("Sluice-Resume-Token");
    List<String> expected = numbered(provider.direct(asked, SCRIPT).body());
    for (RawAnswer each :
        List.of(
            team.get("/v1/streams/" + known),
            team.get("/v1/streams/" + own),
            withoutKey("/v1/streams/" + known + "?token=" + token))) {
      assertThat(each.status()).isEqualTo(200);
      assertThat(each.field("Content-Type")).startsWith("text/event-stream");
      assertThat(each.field("Sluice-Request-Id")).isEqualTo(known);
      assertThat(each.withoutComments()).isEqualTo(from(expected, 0));
    }
    for (int position = 0; position < expected.size(); position++) {
      assertThat(team.get("/v1/streams/" + known, "Last-Event-ID: " + position).withoutComments())
          .isEqualTo(from(expected, position));
    }
    // An EventSource stops at a 204, and at nothing else.
    RawAnswer nothing = team.get("/v1/streams/" + known, "Last-Event-ID: " + expected.size());
    assertThat(nothing.status()).isEqualTo(204);
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void aStreamAtWorkIsFollowedByItsId() throws Exception {
    Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
    List<String> expected = numbered(provider.direct(asked, SCRIPT).body());
    try (RawClient first = team.open(asked, SCRIPT + ";gap=400ms@6", NUMBERED).await("id: 2\n")) {
      String head = first.reads().getFirst();
      int at = head.indexOf("Sluice-Request-Id: ");
      at = at < 0 ? head.toLowerCase(java.util.Locale.ROOT).indexOf("sluice-request-id: ") : at;
      String known = head.substring(at + 19, head.indexOf("\r\n", at));
      assertThat(team.get("/v1/streams/" + known, "Last-Event-ID: 2").withoutComments())
          .isEqualTo(from(expected, 2));
      assertThat(first.answer().withoutComments()).isEqualTo(from(expected, 0));
    }
  }

  private static RawAnswer withoutKey(String path, String... fields) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      return client.get(path, fields).answer();
    }
  }

  /** Goal: from a no nobody learns whether a stream exists. */
  @Test
  void whatIsUnknownForbiddenOrExpiredLooksAllTheSame() throws Exception {
    Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
    String id = Team.freshId();
    RawAnswer first = team.ask(asked, SCRIPT, id, NUMBERED);
    String known = first.field("Sluice-Request-Id");
    String own = id.substring(id.indexOf(' ') + 1);
    String token = first.field("Sluice-Resume-Token");
    Team stranger = new Team(gateway.port(), "slk_wrong");
    Team other = Team.other(gateway);
    RawAnswer unknown = team.get("/v1/streams/req_unknown");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body()).contains("unknown_stream");
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> withoutKey("/v1/streams/" + known + "?token=" + token).status() == 404);
    for (RawAnswer each :
        List.of(
            other.get("/v1/streams/" + known),
            other.get("/v1/streams/" + own),
            stranger.get("/v1/streams/" + known),
            withoutKey("/v1/streams/" + known),
            withoutKey("/v1/streams/" + known + "?token=" + token),
            withoutKey("/v1/streams/" + known + "?token=" + token + "x"),
            withoutKey("/v1/streams/" + known + "?token="))) {
      assertThat(each.status()).isEqualTo(404);
      assertThat(each.body().replace(known, "ID").replace(own, "ID"))
          .isEqualTo(unknown.body().replace("req_unknown", "ID"));
      assertThat(fieldNames(each)).isEqualTo(fieldNames(unknown));
    }
  }

  private static List<String> fieldNames(RawAnswer answer) {
    return answer.head().lines().skip(1).map(line -> line.substring(0, line.indexOf(':'))).toList();
  }

  @Test
  void aTokenOpensItsOwnStreamOnly() throws Exception {
    RawAnswer one = team.ask(Team.fresh(STREAMS.getFirst()), SCRIPT, NUMBERED);
    RawAnswer two = team.ask(Team.fresh(STREAMS.getFirst()), SCRIPT, NUMBERED);
    String path = "/v1/streams/" + two.field("Sluice-Request-Id") + "?token=";
    assertThat(withoutKey(path + two.field("Sluice-Resume-Token")).status()).isEqualTo(200);
    assertThat(withoutKey(path + one.field("Sluice-Resume-Token")).status()).isEqualTo(404);
  }

  @Test
  void anotherOriginIsLetInOnlyWhereItIsConfigured() throws Exception {
    String origin = "Origin: https://app.example";
    RawAnswer first = team.ask(Team.fresh(STREAMS.getFirst()), SCRIPT, NUMBERED);
    RawAnswer off = team.get("/v1/streams/" + first.field("Sluice-Request-Id"), origin);
    assertThat(off.status()).isEqualTo(200);
    assertThat(off.field("Access-Control-Allow-Origin")).isEmpty();
    String yaml =
        GatewayUnderTest.QUICK.replace(
            "streams: {", "streams: {resume: {cors-origins: [\"https://app.example\"]}, ");
    try (GatewayUnderTest open = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
      Team at = Team.of(open);
      RawAnswer stream = at.ask(Team.fresh(STREAMS.getFirst()), SCRIPT, NUMBERED);
      String path = "/v1/streams/" + stream.field("Sluice-Request-Id");
      RawAnswer on = at.get(path, origin);
      assertThat(on.field("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
      assertThat(on.field("Vary")).containsIgnoringCase("origin");
      RawAnswer elsewhere = at.get(path, "Origin: https://evil.example");
      assertThat(elsewhere.field("Access-Control-Allow-Origin")).isEmpty();
      assertThat(at.get("/v1/streams/req_none", origin).field("Access-Control-Allow-Origin"))
          .isEqualTo("https://app.example");
      try (RawClient client = new RawClient(open.port())) {
        RawAnswer preflight =
            client
                .send(
                    "OPTIONS "
                        + path
                        + " HTTP/1.1\r\nHost: x\r\n"
                        + origin
                        + "\r\nAccess-Control-Request-Method: GET\r\n"
                        + "Access-Control-Request-Headers: last-event-id,authorization\r\n\r\n")
                .answer();
        assertThat(preflight.status()).isBetween(200, 204);
        assertThat(preflight.field("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
        assertThat(preflight.field("Access-Control-Allow-Methods")).contains("GET");
        assertThat(preflight.field("Access-Control-Allow-Headers"))
            .containsIgnoringCase("last-event-id")
            .containsIgnoringCase("authorization");
      }
    }
  }
}
