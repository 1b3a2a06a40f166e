package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
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

/** Who names a call that his team has at work gets that call, and nobody else does. */
@ExtendWith(NoLeaks.class)
class JoinIT {

  private static final String TEAMS =
      GatewayUnderTest.QUICK
          .replace("testers: {keys", "others: {keys: [\"${OTHER_HASH}\"]}, testers: {keys")
          .replace("write-stall: 2s", "write-stall: 20s");
  private static final String PACED = "events=12;size=6;echo;pace=30ms";

  private static Counted provider;
  private static GatewayUnderTest gateway;
  private static Team team;
  static final List<Bodies.Stream> STREAMS = Bodies.STREAMS;

  @BeforeAll
  static void start() {
    provider = new Counted();
    gateway = GatewayUnderTest.start(provider.baseUrl(), TEAMS);
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

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aSecondClientWithTheSameIdGetsEveryByteFromTheStart(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    try (RawClient first = team.open(asked, PACED, id).await("w3 ");
        RawClient second = team.open(asked, "events=1", id)) {
      RawAnswer joined = second.answer();
      RawAnswer live = first.answer();
      String whole = provider.direct(asked, "events=12;size=6;echo").body();
      assertThat(live.withoutComments()).isEqualTo(whole);
      assertThat(joined.withoutComments()).isEqualTo(whole);
      assertThat(live.field("Sluice-Replay")).isEqualTo("live");
      assertThat(joined.field("Sluice-Replay")).isEqualTo("joined");
      assertThat(joined.field("Sluice-Request-Id"))
          .isEqualTo(live.field("Sluice-Request-Id"))
          .isNotEmpty();
      assertThat(joined.field("Content-Type")).isEqualTo(live.field("Content-Type"));
      assertThat(live.field("Sluice-Resumable")).isEmpty();
    }
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void aJsonAnswerThatIsWaitedForIsJoinedToo() throws Exception {
    Bodies.Stream asked = Team.freshJson();
    String id = Team.freshId();
    try (RawClient first = team.open(asked, "events=4;echo;first=500ms", id)) {
      provider.received();
      RawAnswer joined = team.ask(asked, "events=1", id);
      assertThat(joined.status()).isEqualTo(200);
      assertThat(joined.field("Sluice-Replay")).isEqualTo("joined");
      assertThat(joined.body()).isEqualTo(first.answer().body());
    }
    assertThat(provider.calls()).isEqualTo(1);
  }

  /** Goal: 7 MB, far more than the sockets between take, are read by one while the other sleeps. */
  @Test
  void aClientThatDoesNotReadHoldsNoOtherBackAndLosesNothing() throws Exception {
    Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
    String id = Team.freshId();
    String script = "events=5500;size=1000;burst=16";
    try (RawClient slow = new RawClient(gateway.port(), 16 * 1024)) {
      team.send(slow, asked, script, id).await("\r\n\r\n");
      RawAnswer fast = team.ask(asked, "events=1", id);
      String whole = provider.direct(asked, script).body();
      assertThat(fast.withoutComments()).isEqualTo(whole);
      assertThat(slow.answer().withoutComments()).isEqualTo(whole);
    }
    assertThat(provider.calls()).isEqualTo(1);
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void theSameIdWithAnotherBodyIsRefusedInTheApisOwnForm(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    Bodies.Stream other = Team.fresh(stream);
    String id = Team.freshId();
    try (RawClient first = team.open(asked, PACED, id).await("w1 ")) {
      refusedInItsForm(stream, team.ask(other, "events=1", id));
      assertThat(first.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
    }
    refusedInItsForm(stream, team.ask(other, "events=1", id));
    assertThat(provider.calls()).isEqualTo(1);
  }

  private static void refusedInItsForm(Bodies.Stream stream, RawAnswer no) {
    assertThat(no.status()).isEqualTo(422);
    assertThat(no.field("Sluice-Refused-By")).contains("same_id_other_body");
    assertThat(no.field("x-should-retry")).isEqualTo("false");
    if (stream.path().contains("messages")) {
      assertThat(no.body()).startsWith("{\"type\":\"error\",\"error\":{\"type\":\"");
    } else if (stream.path().contains("models/")) {
      assertThat(no.body()).contains("\"code\":422").contains("\"status\":\"");
    } else {
      assertThat(no.body()).contains("\"code\":\"same_id_other_body\"").contains("\"type\":\"");
    }
  }

  @Test
  void theSameIdWithAnotherBodyIsATypedExceptionOfBothSdks() {
    OpenAIClient openai =
        OpenAIOkHttpClient.builder().apiKey(gateway.key()).baseUrl(gateway.url() + "/v1").build();
    ChatCompletionCreateParams chat =
        ChatCompletionCreateParams.builder()
            .model("scripted-1")
            .addUserMessage("one")
            .putAdditionalHeader("Idempotency-Key", "typed-chat")
            .build();
    openai.chat().completions().create(chat);
    assertThatThrownBy(
            () ->
                openai.chat().completions().create(chat.toBuilder().addUserMessage("two").build()))
        .isInstanceOfSatisfying(
            com.openai.errors.UnprocessableEntityException.class,
            e -> assertThat(e.code().orElseThrow()).isEqualTo("same_id_other_body"));
    openai.close();
    AnthropicClient anthropic =
        AnthropicOkHttpClient.builder().apiKey(gateway.key()).baseUrl(gateway.url()).build();
    MessageCreateParams messages =
        MessageCreateParams.builder()
            .model("scripted-1")
            .maxTokens(9)
            .addUserMessage("one")
            .putAdditionalHeader("Idempotency-Key", "typed-messages")
            .build();
    anthropic.messages().create(messages);
    assertThatThrownBy(
            () -> anthropic.messages().create(messages.toBuilder().addUserMessage("two").build()))
        .isInstanceOf(com.anthropic.errors.UnprocessableEntityException.class);
    anthropic.close();
    assertThat(provider.calls()).isEqualTo(2);
  }

  @Test
  void theSameIdOnAnotherPathIsRefused() throws Exception {
    Bodies.Stream asked = Team.freshJson();
    String id = Team.freshId();
    assertThat(team.ask(asked, "events=1", id).status()).isEqualTo(200);
    RawAnswer no = team.ask(new Bodies.Stream("/v1/responses", asked.body()), "events=1", id);
    assertThat(no.status()).isEqualTo(422);
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void anotherTeamsEqualRequestWithTheEqualIdNeverJoins() throws Exception {
    Team others = Team.other(gateway);
    for (int i = 0; i < 100; i++) {
      Bodies.Stream asked = Team.fresh(STREAMS.get(i % STREAMS.size()));
      String id = Team.freshId();
      // Half of them while the first is at work, half when it has ended.
      String script = i % 2 == 0 ? "events=3;first=30ms" : "events=3";
      try (RawClient first = team.open(asked, script, id)) {
        RawAnswer mine = i % 2 == 0 ? null : first.answer();
        RawAnswer theirs = others.ask(asked, script, id);
        mine = mine == null ? first.answer() : mine;
        assertThat(theirs.field("Sluice-Replay")).isEqualTo("live");
        assertThat(theirs.field("Sluice-Request-Id")).isNotEqualTo(mine.field("Sluice-Request-Id"));
      }
    }
    assertThat(provider.calls()).isEqualTo(200);
  }

  @Test
  void whereItIsConfiguredACallAtWorkIsNotJoinedButRefused() throws Exception {
    String yaml = TEAMS + "dedupe: {on-concurrent: refuse}\n";
    try (GatewayUnderTest refusing = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
      Team at = Team.of(refusing);
      for (Bodies.Stream stream : STREAMS) {
        Bodies.Stream asked = Team.fresh(stream);
        String id = Team.freshId();
        try (RawClient first = at.open(asked, PACED, id).await("w1 ")) {
          RawAnswer no = at.ask(asked, "events=1", id);
          assertThat(no.status()).isEqualTo(409);
          assertThat(no.field("Sluice-Refused-By")).contains("call_in_flight");
          first.answer();
        }
        assertThat(at.ask(asked, "events=1", id).field("Sluice-Replay")).isEqualTo("replayed");
      }
    }
    assertThat(provider.calls()).isEqualTo(STREAMS.size());
  }

  @Test
  void afterTheWindowTheSameIdIsANewCall() throws Exception {
    String yaml =
        TEAMS.replace("streams: {", "streams: {resume: {window: 400ms}, ")
            + "dedupe: {adopt-window: 400ms}\n";
    try (GatewayUnderTest brief = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
      Team at = Team.of(brief);
      Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
      String id = Team.freshId();
      at.ask(asked, "events=1", id);
      long ended = System.nanoTime();
      assertThat(at.ask(asked, "events=1", id).field("Sluice-Replay")).isEqualTo("replayed");
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> at.ask(asked, "events=1", id).field("Sluice-Replay").equals("live"));
      assertThat(System.nanoTime() - ended).isGreaterThan(300_000_000);
    }
    assertThat(provider.calls()).isEqualTo(2);
  }

  @Test
  void eachOfTheUsualIdFieldsNamesACall() throws Exception {
    for (String name : List.of("Idempotency-Key", "X-Request-Id", "X-Client-Request-Id")) {
      Bodies.Stream asked = Team.freshJson();
      String id = Team.freshId().replace("Idempotency-Key", name);
      team.ask(asked, "events=1", id);
      assertThat(team.ask(asked, "events=1", id).field("Sluice-Replay"))
          .as(name)
          .isEqualTo("replayed");
    }
    assertThat(provider.calls()).isEqualTo(3);
  }

  @Test
  void theFirstIdFieldThatIsPresentCounts() throws Exception {
    Bodies.Stream asked = Team.freshJson();
    String key = Team.freshId();
    String request = Team.freshId().replace("Idempotency-Key", "X-Request-Id");
    String client = Team.freshId().replace("Idempotency-Key", "X-Client-Request-Id");
    team.ask(asked, "events=1", client, request, key);
    assertThat(
            team.ask(asked, "events=1", client + "-x", request + "-x", key).field("Sluice-Replay"))
        .isEqualTo("replayed");
    // The lesser ids of that call name nothing: another body may use them.
    Bodies.Stream other = Team.freshJson();
    assertThat(team.ask(other, "events=1", client, request).field("Sluice-Replay"))
        .isEqualTo("live");
    assertThat(team.ask(other, "events=1", client + "-y", request).field("Sluice-Replay"))
        .isEqualTo("replayed");
    assertThat(team.ask(Team.freshJson(), "events=1", client).field("Sluice-Replay"))
        .isEqualTo("live");
    assertThat(provider.calls()).isEqualTo(3);
  }

  @Test
  void whichFieldsAreIdsIsConfigured() throws Exception {
    String yaml = TEAMS + "dedupe: {id-headers: [X-Trace-Call]}\n";
    try (GatewayUnderTest own = GatewayUnderTest.start(provider.baseUrl(), yaml)) {
      Team at = Team.of(own);
      Bodies.Stream asked = Team.freshJson();
      String id = Team.freshId();
      at.ask(asked, "events=1", "X-Trace-Call: 1");
      assertThat(at.ask(asked, "events=1", "X-Trace-Call: 1", id).field("Sluice-Replay"))
          .isEqualTo("replayed");
      assertThat(at.ask(Team.freshJson(), "events=1", id).field("Sluice-Replay")).isEqualTo("live");
      assertThat(at.ask(Team.freshJson(), "events=1", id).field("Sluice-Replay")).isEqualTo("live");
    }
    assertThat(provider.calls()).isEqualTo(3);
  }
}
