package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.CacheBook;
import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.LongPrompt;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Followers hold no tokens of their pool while they wait, and keep their place in its queue. The
 * main pool holds some three calls of these prompts (of 24,000 bytes, which no tokenizer takes for
 * less than 4,000 or more than 8,000 tokens), and refills too slowly to matter; the other lets a
 * request go every 200 ms.
 */
@ExtendWith(NoLeaks.class)
class FairShareIT {

  private static final String YAML =
      Gated.yaml("on", "8s")
          + """
          pools:
            main: {provider: scripted, tokens-per-minute: 24000, burst: 60s, max-wait: 1m}
            paced: {provider: second, requests-per-minute: 300, burst: 200ms, max-wait: 1m}
          """;

  private static final int FOLLOWERS = 20;
  private static final long ONE_CALL_MAX = 9_000;

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  @Test
  void anotherTeamsCallGoesAtOnceWhileTwentyFollowersWait() throws Exception {
    PoolPort pool = PoolPort.of(gateway, "main");
    LongPrompt prompt = Gated.prompt("herd");
    List<RawClient> clients = new ArrayList<>();
    try {
      clients.add(Gated.open(gateway, prompt, 900, "cache;first=4s;read=20ms;events=2"));
      provider.received();
      for (int i = 0; i < FOLLOWERS; i++) {
        clients.add(Gated.open(gateway, prompt, i, Gated.SLOW));
      }
      long asked = System.nanoTime();
      Attempt other =
          Attempt.whole(
              gateway.port(),
              Gated.prompt("somebody else's")
                  .request(
                      LongPrompt.PATH,
                      1,
                      "cache;first=50ms;events=2",
                      "x-api-key: " + gateway.otherKey()));
      assertThat(other.status()).isEqualTo(200);
      assertThat(System.nanoTime() - asked).isLessThan(1_500_000_000L);
      // As many as have reached the gate by now: none of them is at the provider, or holds tokens.
      assertThat(provider.calls()).isEqualTo(2);
      Awaitility.await()
          .pollInterval(Duration.ofMillis(10))
          .atMost(Duration.ofSeconds(1))
          .untilAsserted(
              () ->
                  assertThat(pool.now().path("reserved_tokens").asLong())
                      .isBetween(1L, ONE_CALL_MAX));
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
    pool.awaitNothingReserved();
  }

  @Test
  void aFollowerGoesBeforeThoseWhoCameAfterItOnceItsLeaderBegins() throws Exception {
    AdminPort admin = AdminPort.of(gateway);
    List<RawClient> clients = new ArrayList<>();
    try {
      LongPrompt prompt = Gated.prompt("in line");
      clients.add(paced("leader", prompt, "cache;first=1500ms;read=20ms;events=2"));
      provider.received();
      clients.add(paced("follower", prompt, Gated.SLOW));
      Awaitility.await()
          .pollInterval(Duration.ofMillis(10))
          .atMost(Duration.ofSeconds(1))
          .until(() -> admin.get("/admin/v1/calls").body().contains("\"phase\":\"gate\""));
      for (int i = 0; i < 12; i++) {
        clients.add(paced("later-" + i, Gated.prompt("later " + i), "cache;events=2"));
      }
      for (RawClient client : clients) {
        assertThat(client.answer().status()).isEqualTo(200);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
    List<CacheBook.Use> uses = provider.cacheBook().uses();
    long begun =
        uses.stream()
            .filter(use -> use.id().equals("leader"))
            .mapToLong(CacheBook.Use::begunNanos)
            .findAny()
            .orElseThrow();
    List<String> afterwards =
        uses.stream()
            .filter(use -> use.arrivedNanos() > begun)
            .sorted(Comparator.comparingLong(CacheBook.Use::arrivedNanos))
            .map(CacheBook.Use::id)
            .toList();
    assertThat(afterwards).as("who went from then on").hasSizeGreaterThan(4);
    // One may have been let go at the very moment at which the leader began.
    assertThat(afterwards.subList(0, 2)).contains("follower");
  }

  private static RawClient paced(String id, LongPrompt prompt, String script) throws IOException {
    return new RawClient(gateway.port())
        .post(
            "/second" + LongPrompt.PATH,
            prompt.body(1),
            Gated.key(gateway),
            "x-script: " + script,
            "x-call: " + id);
  }
}
