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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Calls that wait for tokens: what their clients see, in which order they go, and how waiting ends.
 * Each test has a pool of its own, of few requests a minute and one at once: the first call takes
 * it, and those behind it wait.
 */
@ExtendWith(NoLeaks.class)
class WaitingIT {

  private static final String YAML =
      PoolsYaml.of(
          """
          teams:
            testers: {keys: ["${KEY_HASH}"]}
            others: {keys: ["${OTHER_HASH}"]}
          pools:
            alive: {provider: alive, requests-per-minute: 60, burst: 100ms}
            left: {provider: left, requests-per-minute: 15, burst: 100ms}
            order: {provider: order, requests-per-minute: 150, burst: 100ms}
            narrow: {provider: narrow, requests-per-minute: 30, burst: 100ms, queue: 1}
            brief: {provider: brief, requests-per-minute: 60, burst: 100ms, max-wait: 1500ms}
            none: {provider: none, requests-per-minute: 60, burst: 100ms, max-wait: 0s}
            late: {provider: late, requests-per-minute: 60, burst: 100ms, max-wait: 1500ms}
          """,
          "alive",
          "left",
          "order",
          "narrow",
          "brief",
          "none",
          "late");

  private static final String REFUSED_FOR_LONG =
      "first=500ms;at=head:status:429;header=Retry-After%3A 20";

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();
  private static final Team team = Team.of(gateway);
  private static final AdminPort admin = AdminPort.of(gateway);

  private static PoolPort pool(String name) {
    return PoolPort.of(gateway, name);
  }

  private static void takeTheFirst(String pool) throws Exception {
    assertThat(team.ask(PoolsYaml.json(pool), "events=1").status()).isEqualTo(200);
    provider.received();
  }

  @Test
  void aStreamThatWaitsIsKeptAliveAndThenWhole() throws Exception {
    takeTheFirst("alive");
    double seconds = admin.metric("sluice_queue_seconds_sum", "pool=\"alive\"");
    try (RawClient client = team.open(PoolsYaml.stream("alive"), "events=9;size=6;echo")) {
      client.await("\r\n\r\n").await(":").await("data:");
      RawAnswer answer = client.answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.end()).isEqualTo(RawAnswer.End.WHOLE);
      int silent = answer.body().indexOf("data:");
      assertThat(answer.body().substring(0, silent).lines().filter(line -> line.startsWith(":")))
          .as("comments before the answer")
          .hasSizeGreaterThan(2);
      byte[] sent = provider.received().body();
      assertThat(answer.withoutComments())
          .isEqualTo(
              provider
                  .direct(
                      new Bodies.Stream(
                          Bodies.CHAT_PATH,
                          new String(sent, java.nio.charset.StandardCharsets.ISO_8859_1)),
                      "events=9;size=6;echo")
                  .body());
    }
    assertThat(provider.calls()).isEqualTo(2);
    admin.awaitMetric(2, "sluice_queue_seconds_count", "pool=\"alive\"", "team=\"testers\"");
    assertThat(admin.metric("sluice_queue_seconds_sum", "pool=\"alive\"") - seconds)
        .isBetween(0.4, 1.5);
    assertThat(pool("alive").team("testers").path("waited_seconds").asDouble()).isBetween(0.4, 1.5);
    pool("alive").awaitWaiting("testers", 0);
  }

  /** Refilling takes four seconds: who takes the place of one that left waits once, not twice. */
  @Test
  void whoLeavesWhileWaitingSendsNothingAndFreesItsPlace() throws Exception {
    takeTheFirst("left");
    RawClient leaving = team.open(PoolsYaml.stream("left"), "events=1;size=11");
    pool("left").awaitWaiting("testers", 1);
    Bodies.Stream second = PoolsYaml.json("left");
    try (RawClient staying = team.open(second, "events=2")) {
      pool("left").awaitWaiting("testers", 2);
      leaving.close();
      long left = System.nanoTime();
      pool("left").awaitWaiting("testers", 1);
      assertThat(System.nanoTime() - left).isLessThan(1_500_000_000L);
      RawAnswer answer = staying.answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(Long.parseLong(answer.field("Sluice-Queue-Ms"))).isBetween(1_500L, 5_000L);
    }
    assertThat(provider.received().bodyText()).isEqualTo(second.body());
    assertThat(provider.calls()).isEqualTo(2);
    pool("left").awaitWaiting("testers", 0);
    pool("left").awaitNothingReserved();
    assertThat(pool("left").team("testers").path("admitted").asLong()).isEqualTo(2);
    admin.awaitMetric(1, "sluice_orphans_total", "route=\"left\"", "outcome=\"released\"");
    assertThat(admin.metric("sluice_pool_waiting", "pool=\"left\"")).isZero();
  }

  @Test
  void aTeamsCallsGoInTheOrderInWhichTheyCame() throws Exception {
    takeTheFirst("order");
    List<RawClient> clients = new ArrayList<>();
    List<String> asked = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      Bodies.Stream question = PoolsYaml.json("order");
      asked.add(question.body());
      clients.add(team.open(question, "events=1"));
      if (i == 1) {
        pool("order").awaitWaiting("testers", 1);
      } else {
        // Some of those before may have gone already; this one must have come.
        awaitAsked("order", i + 1);
      }
    }
    List<String> order = new ArrayList<>();
    for (RawClient client : clients) {
      assertThat(client.answer().status()).isEqualTo(200);
      order.add(provider.received().bodyText());
      client.close();
    }
    assertThat(order).isEqualTo(asked);
  }

  private static void awaitAsked(String pool, int calls) {
    org.awaitility.Awaitility.await()
        .pollInterval(java.time.Duration.ofMillis(5))
        .untilAsserted(
            () -> {
              var card = pool(pool).team("testers");
              assertThat(card.path("waiting").asLong() + card.path("admitted").asLong())
                  .isEqualTo(calls);
            });
  }

  @Test
  void aFullQueueRefusesAtOnceAndHurtsNobodyInIt() throws Exception {
    takeTheFirst("narrow");
    try (RawClient waiting = team.open(PoolsYaml.json("narrow"), "events=1")) {
      pool("narrow").awaitWaiting("testers", 1);
      long before = System.nanoTime();
      RawAnswer no = team.ask(PoolsYaml.json("narrow"), "events=1");
      assertThat(System.nanoTime() - before).isLessThan(1_000_000_000L);
      assertThat(no.status()).isEqualTo(429);
      assertThat(no.field("Sluice-Refused-By")).isEqualTo("gateway;limit=queue-full");
      assertThat(no.body()).contains("testers", "narrow", "as many requests waiting as may");
      assertThat(Long.parseLong(no.field("Retry-After"))).isBetween(1L, 60L);
      // The queue is the team's own: another team has room in its own.
      try (RawClient other = Team.other(gateway).open(PoolsYaml.json("narrow"), "events=1")) {
        pool("narrow").awaitWaiting("others", 1);
        assertThat(waiting.answer().status()).isEqualTo(200);
        assertThat(other.answer().status()).isEqualTo(200);
      }
    }
    assertThat(provider.calls()).isEqualTo(3);
    assertThat(pool("narrow").team("testers").path("refused").path("queue-full").asInt())
        .isEqualTo(1);
  }

  /** The wait can be foreseen: nobody waits for a no. */
  @Test
  void whoWouldWaitTooLongIsRefusedAtOnce() throws Exception {
    takeTheFirst("brief");
    try (RawClient waiting = team.open(PoolsYaml.json("brief"), "events=1")) {
      pool("brief").awaitWaiting("testers", 1);
      RawAnswer no = team.ask(PoolsYaml.json("brief"), "events=1");
      assertThat(no.status()).isEqualTo(429);
      assertThat(no.field("Sluice-Refused-By")).isEqualTo("gateway;limit=pool");
      assertThat(no.body()).contains("testers", "brief", "limit of 60 ");
      assertThat(waiting.answer().status()).isEqualTo(200);
    }
    assertThat(provider.calls()).isEqualTo(2);
  }

  /**
   * The wait could not be foreseen, since the provider asks for a pause in the middle of it. JSON
   * is refused with a 429; a stream that was kept alive meanwhile is told so inside.
   */
  @Test
  void whoHasWaitedTooLongIsRefusedThen() throws Exception {
    try (RawClient first = team.open(PoolsYaml.json("late"), REFUSED_FOR_LONG)) {
      provider.received();
      try (RawClient json = team.open(PoolsYaml.json("late"), "events=1");
          RawClient stream = Team.other(gateway).open(PoolsYaml.stream("late"), "events=1")) {
        RawAnswer no = json.answer();
        assertThat(no.status()).isEqualTo(429);
        assertThat(no.field("Sluice-Refused-By")).isEqualTo("gateway;limit=max-wait");
        assertThat(Long.parseLong(no.field("Retry-After"))).isBetween(10L, 30L);
        assertThat(no.body()).contains("testers", "has waited its max-wait", "late");
        RawAnswer told = stream.answer();
        assertThat(told.status()).isEqualTo(200);
        assertThat(told.body()).contains(": ", "max_wait", "has waited its max-wait");
      }
      assertThat(first.answer().field("Sluice-Refused-By")).isEqualTo("provider");
    }
    assertThat(provider.calls()).isEqualTo(1);
    pool("late").awaitNothingReserved();
    // Whoever comes now knows at once.
    RawAnswer no = team.ask(PoolsYaml.json("late"), "events=1");
    assertThat(no.field("Sluice-Refused-By")).isEqualTo("gateway;limit=provider-paused");
    assertThat(no.field("x-should-retry")).isEqualTo("true");
  }

  @Test
  void aRetryOfARefusedCallWithItsIdIsARealCall() throws Exception {
    takeTheFirst("none");
    Bodies.Stream asked = PoolsYaml.json("none");
    String id = Team.freshId();
    RawAnswer no = team.ask(asked, "events=3", id);
    assertThat(no.status()).isEqualTo(429);
    assertThat(no.field("Sluice-Refused-By")).isEqualTo("gateway;limit=pool");
    pool("none").awaitLevel("requests", 1);
    RawAnswer yes = team.ask(asked, "events=3", id);
    assertThat(yes.status()).isEqualTo(200);
    assertThat(yes.field("Sluice-Replay")).isEqualTo("live");
    assertThat(provider.calls()).isEqualTo(2);
  }
}
