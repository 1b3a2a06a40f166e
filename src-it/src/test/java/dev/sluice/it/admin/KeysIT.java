package dev.sluice.it.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.sluice.it.admin.DocumentClient.Call;
import dev.sluice.it.admin.DocumentClient.Reply;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Keys that are issued, replaced and revoked while requests run, seen from the client port. */
@ExtendWith(NoLeaks.class)
class KeysIT {

  @RegisterExtension
  static final Rig RIG =
      new Rig(
          AdminRig.yaml(
              """
              teams: {testers: {keys: ["${KEY_HASH}"]}, clients: {}}
              pools: {main: {provider: main, requests-per-minute: 1M}}
              """,
              "main"));

  private final GatewayUnderTest gateway = RIG.gateway();
  private final DocumentClient client = new DocumentClient(gateway.adminPort(), AdminRig.TOKEN);

  @AfterEach
  void close() {
    client.close();
  }

  private Call call(String operation) {
    return client.call(operation).token(AdminRig.OPERATOR);
  }

  private Reply issue() {
    return call("issueKey").with("team", "clients").send().expect(201);
  }

  private int status(String key) throws Exception {
    return new Team(gateway.port(), key).ask(PoolsYaml.json("main"), "").status();
  }

  private static String id(Reply issued) {
    return issued.body().path("id").asString();
  }

  private static String key(Reply issued) {
    return issued.body().path("key").asString();
  }

  private static final int GOOD = 0;
  private static final int BEING_REVOKED = 1;
  private static final int REVOKED = 2;

  /** What one request was answered, and how its key was when it was sent and when answered. */
  private record Seen(int before, int status, int after) {}

  @Test
  void keysChangeUnderRequestsThatRun() throws Exception {
    Reply old = issue();
    AtomicInteger state = new AtomicInteger(GOOD);
    AtomicBoolean isOver = new AtomicBoolean();
    ConcurrentLinkedQueue<Seen> seen = new ConcurrentLinkedQueue<>();
    int threads = 4;
    List<Future<?>> running = new ArrayList<>();
    Reply next;
    try (ExecutorService all = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        running.add(
            all.submit(
                () -> {
                  while (!isOver.get()) {
                    int before = state.get();
                    int status = status(key(old));
                    seen.add(new Seen(before, status, state.get()));
                  }
                  return null;
                }));
      }
      try {
        awaitMore(seen, 20);
        next = call("rotateKey").with("id", id(old)).body("{\"grace_seconds\": 3600}").send();
        assertThat(status(key(next.expect(201)))).isEqualTo(200); // at once
        awaitMore(seen, 20);
        state.set(BEING_REVOKED);
        call("revokeKey").with("id", id(old)).send().expect(200);
        state.set(REVOKED);
        awaitMore(seen, 20);
      } finally {
        isOver.set(true);
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    assertThat(seen.stream().filter(one -> one.after() == GOOD).map(Seen::status))
        .hasSizeGreaterThanOrEqualTo(40)
        .containsOnly(200);
    assertThat(seen.stream().filter(one -> one.before() == REVOKED).map(Seen::status))
        .isNotEmpty()
        .containsOnly(401);
    assertThat(status(key(next))).isEqualTo(200);
  }

  private static void awaitMore(ConcurrentLinkedQueue<Seen> seen, int more) {
    int before = seen.size();
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(Duration.ofSeconds(30))
        .until(() -> seen.size() >= before + more);
  }

  @Test
  void anOldKeyOpensUntilItsGraceIsOverAndNotLonger() throws Exception {
    Reply old = issue();
    Reply next = call("rotateKey").with("id", id(old)).body("{\"grace_seconds\": 2}").send();
    Instant end =
        Instant.parse(next.expect(201).body().path("replaces").path("expires_at").asString());
    List<Instant> opened = new ArrayList<>();
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              Instant asked = Instant.now();
              boolean isOpen = status(key(old)) == 200;
              if (isOpen) {
                opened.add(asked);
              } else {
                assertThat(Instant.now()).isAfterOrEqualTo(end);
              }
              return !isOpen;
            });
    assertThat(opened).isNotEmpty().allSatisfy(asked -> assertThat(asked).isBefore(end));
    assertThat(status(key(next))).isEqualTo(200);
  }

  @Test
  void aRealSdkWorksWithAnIssuedKeyAndIsToldThatItWasRevoked() {
    Reply issued = issue();
    OpenAIClient sdk =
        OpenAIOkHttpClient.builder()
            .baseUrl(gateway.url() + "/main/v1")
            .apiKey(key(issued))
            .maxRetries(0)
            .build();
    ChatCompletionCreateParams question =
        ChatCompletionCreateParams.builder()
            .model("scripted-1")
            .addUserMessage("Does it open?")
            .build();
    assertThat(sdk.chat().completions().create(question).choices()).isNotEmpty();
    call("revokeKey").with("id", id(issued)).send().expect(200);
    assertThatThrownBy(() -> sdk.chat().completions().create(question))
        .isInstanceOf(UnauthorizedException.class);
    sdk.close();
  }

  @Test
  void aDeletedTeamsKeysOpenNothing() throws Exception {
    call("putTeam").with("team", "brief").body("{}").send().expect(201);
    Reply issued = call("issueKey").with("team", "brief").send().expect(201);
    assertThat(status(key(issued))).isEqualTo(200);
    call("deleteTeam").with("team", "brief").send().expect(204);
    assertThat(status(key(issued))).isEqualTo(401);
  }
}
