package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.CacheBook;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.LongPrompt;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A hundred workers on one cold prompt: who writes it, who waits, and who has no part in it. */
@ExtendWith(NoLeaks.class)
class StampedeIT {

  private static final int WORKERS = 100;

  @RegisterExtension private static final Rig rig = new Rig(Gated.yaml("on", "8s"));

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  @Test
  void aHundredWorkersWriteAColdPromptOnce() throws Exception {
    List<Attempt> answers = Gated.ask(gateway, Gated.prompt("cold"), WORKERS, Gated.SLOW);
    assertThat(Gated.failed(answers)).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    assertThat(provider.cacheBook().reads()).isEqualTo(WORKERS - 1);
    assertThat(Gated.told(answers, "leader")).isEqualTo(1);
    assertThat(Gated.told(answers, "follower")).isEqualTo(WORKERS - 1);
  }

  @Test
  void followersSayHowLongTheyWaitedAndTheLeaderDidNot() throws Exception {
    List<Attempt> answers = Gated.ask(gateway, Gated.prompt("waits"), 20, Gated.SLOW);
    for (Attempt each : answers) {
      String waited = each.field("Sluice-Cache-Wait-Ms");
      if (each.field("Sluice-Cache").equals("leader")) {
        assertThat(waited).isEmpty();
      } else {
        assertThat(Long.parseLong(waited)).isBetween(1L, 5_000L);
      }
    }
  }

  @Test
  void followersAreLetGoWhenTheLeadersAnswerBeginsAndSoonAfter() throws Exception {
    String leaderGoesOn = Gated.SLOW + ";gap=3s@6";
    try (RawClient leader = Gated.open(gateway, Gated.prompt("begins"), 0, leaderGoesOn)) {
      provider.received();
      List<Attempt> followers =
          Gated.ask(gateway, Gated.prompt("begins"), 20, Gated.SLOW.replace("700ms", "701ms"));
      assertThat(Gated.failed(followers)).isZero();
      List<CacheBook.Use> uses = provider.cacheBook().uses();
      long begun = Gated.begunNanos(uses);
      assertThat(uses.stream().filter(use -> !use.isWrite()).toList())
          .hasSize(20)
          .allSatisfy(
              use ->
                  assertThat(use.arrivedNanos() - begun)
                      .as("nanoseconds after the leader's first byte")
                      .isBetween(0L, 500_000_000L));
      assertThat(leader.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
    }
  }

  @Test
  void aWarmPromptIsNotWaitedFor() throws Exception {
    LongPrompt prompt = Gated.prompt("warm");
    assertThat(Gated.one(gateway, prompt, 0, Gated.SLOW).field("Sluice-Cache")).isEqualTo("leader");
    for (Attempt each : Gated.ask(gateway, prompt, 20, Gated.SLOW)) {
      assertThat(each.field("Sluice-Cache")).isEqualTo("warm");
      assertThat(each.field("Sluice-Cache-Wait-Ms")).isEmpty();
    }
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
  }

  @Test
  void teamsBehindOneAccountShareItsCache() throws Exception {
    LongPrompt prompt = Gated.prompt("teams");
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      requests.add(Gated.request(gateway, prompt, i, Gated.SLOW));
      requests.add(
          prompt.request(LongPrompt.PATH, 100 + i, Gated.SLOW, "x-api-key: " + gateway.otherKey()));
    }
    assertThat(Gated.failed(Gated.ask(gateway, requests))).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
  }

  @Test
  void anotherAccountAndAnotherModelHaveLeadersOfTheirOwn() throws Exception {
    LongPrompt prompt = Gated.prompt("apart");
    String key = Gated.key(gateway);
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      requests.add(prompt.request(LongPrompt.PATH, i, Gated.SLOW, key));
      requests.add(prompt.request("/second" + LongPrompt.PATH, i, Gated.SLOW, key));
      String body = prompt.body(i).replace(LongPrompt.MODEL, "claude-opus-4-1");
      requests.add(LongPrompt.request(LongPrompt.PATH, body, Gated.SLOW, key));
    }
    List<Attempt> answers = Gated.ask(gateway, requests);
    assertThat(Gated.failed(answers)).isZero();
    assertThat(Gated.told(answers, "leader")).isEqualTo(3);
    assertThat(provider.cacheBook().entries())
        .hasSize(3)
        .allSatisfy(entry -> assertThat(entry.writes()).isEqualTo(1));
  }

  @Test
  void openAisLeadingMessagesAreWaitedForToo() throws Exception {
    String system = Gated.prompt("openai").text();
    List<byte[]> requests = new ArrayList<>();
    for (int i = 10; i < 30; i++) {
      String body =
          "{\"model\":\"gpt-5.6\",\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},{\"role\":\"user\",\"content\":\"%d?\"}]}"
              .formatted(system, i);
      requests.add(
          LongPrompt.request(
              Bodies.CHAT_PATH, body, Gated.SLOW, "Authorization: Bearer " + gateway.key()));
    }
    List<Attempt> answers = Gated.ask(gateway, requests);
    assertThat(Gated.failed(answers)).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    assertThat(Gated.told(answers, "follower")).isEqualTo(19);
  }

  @Test
  void callsWithoutABreakpointAreLeftAlone() throws Exception {
    String body =
        Gated.prompt("none").body(1).replace(",\"cache_control\":{\"type\":\"ephemeral\"}", "");
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      requests.add(
          LongPrompt.request(LongPrompt.PATH, body, "first=500ms;events=2", Gated.key(gateway)));
    }
    long start = System.nanoTime();
    for (Attempt each : Gated.ask(gateway, requests)) {
      assertThat(each.status()).isEqualTo(200);
      assertThat(each.field("Sluice-Cache")).isEmpty();
      assertThat(each.field("Sluice-Cache-Wait-Ms")).isEmpty();
    }
    assertThat(System.nanoTime() - start).isLessThan(900_000_000L);
  }

  @Test
  void withoutTheGateOrWithOneThatOnlyWatchesEveryoneWrites() throws Exception {
    for (String gate : List.of("off", "observe")) {
      try (GatewayUnderTest other =
          GatewayUnderTest.start(provider.baseUrl(), Gated.yaml(gate, "8s"))) {
        provider.forget();
        // Longer than a loaded machine takes to let a hundred ask.
        String slower = Gated.SLOW.replace("700ms", "4s");
        List<Attempt> answers = Gated.ask(other, Gated.prompt(gate), WORKERS, slower);
        assertThat(Gated.failed(answers)).isZero();
        assertThat(provider.cacheBook().writes()).as(gate).isEqualTo(WORKERS);
      }
    }
  }
}
