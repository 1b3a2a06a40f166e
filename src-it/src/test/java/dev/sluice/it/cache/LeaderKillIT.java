package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.CacheBook;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.LongPrompt;
import dev.sluice.it.prove.LeaderKills;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A leader that comes to grief takes nobody with it, and costs one more write at most. */
@ExtendWith(NoLeaks.class)
class LeaderKillIT {

  private static final int KILLS = 50;
  private static final int FOLLOWERS = 20;

  @RegisterExtension private static final Rig rig = new Rig(Gated.yaml("on", "8s"));

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  /** The seed of a run that failed: {@code -Dsluice.seed=N}. */
  @Test
  void fiftyLeadersKilledAtRandomMomentsFailNoFollowerAndCostTwoWritesAtMost() throws Exception {
    long seed = Long.getLong("sluice.seed", System.nanoTime());
    System.out.println("sluice.seed=" + seed);
    LeaderKills.Told told =
        new LeaderKills(gateway.port(), LongPrompt.PATH, List.of(Gated.key(gateway)), FOLLOWERS)
            .play(KILLS, seed);
    assertThat(told.problems()).as("seed %d", seed).isEmpty();
    List<CacheBook.Entry> prompts = provider.cacheBook().entries();
    assertThat(prompts).hasSize(KILLS);
    assertThat(prompts)
        .as("seed %d", seed)
        .allSatisfy(entry -> assertThat(entry.writes()).isBetween(1L, 2L));
    assertThat(prompts).as("some had to be written again").anyMatch(each -> each.writes() == 2);
  }

  @Test
  void oneThatIsRefusedIsFollowedByTheNextAsLeader() throws Exception {
    LongPrompt prompt = Gated.prompt("refused");
    try (RawClient leader = Gated.open(gateway, prompt, 900, Gated.SLOW + ";at=head:status:529")) {
      provider.received();
      List<Attempt> answers = Gated.ask(gateway, prompt, FOLLOWERS, Gated.SLOW);
      assertThat(leader.answer().status()).isEqualTo(529);
      assertThat(Gated.failed(answers)).isZero();
      assertThat(Gated.told(answers, "leader")).isEqualTo(1);
      assertThat(Gated.told(answers, "follower")).isEqualTo(FOLLOWERS - 1);
      assertThat(provider.cacheBook().writes()).isEqualTo(1);
    }
  }

  @Test
  void theCallOfALeaderWhoseClientLeftGoesOnForItsFollowers() throws Exception {
    // Of another length than the others: what answers to those took bounds nobody's wait here.
    LongPrompt prompt = new LongPrompt("left", 4 * Gated.PROMPT_BYTES);
    RawClient leader = Gated.open(gateway, prompt, 900, Gated.SLOW.replace("700ms", "1500ms"));
    provider.received();
    CompletableFuture<List<Attempt>> followers =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Gated.ask(gateway, prompt, FOLLOWERS, Gated.SLOW);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    // Nothing tells from outside that they wait; long before the leader's answer begins, they do.
    CompletableFuture.runAsync(
            () -> {
              try {
                leader.reset();
              } catch (java.io.IOException e) {
                throw new IllegalStateException(e);
              }
            },
            CompletableFuture.delayedExecutor(400, java.util.concurrent.TimeUnit.MILLISECONDS))
        .join();
    List<Attempt> answers = followers.join();
    assertThat(Gated.failed(answers)).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    assertThat(Gated.told(answers, "follower")).isEqualTo(FOLLOWERS);
  }

  @Test
  void aFollowerThatLeavesIsNotMissed() throws Exception {
    LongPrompt prompt = Gated.prompt("follower left");
    try (RawClient leader = Gated.open(gateway, prompt, 900, Gated.SLOW)) {
      provider.received();
      RawClient leaving = Gated.open(gateway, prompt, 901, Gated.SLOW);
      try (RawClient staying = Gated.open(gateway, prompt, 902, Gated.SLOW)) {
        leaving.reset();
        assertThat(leader.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
        assertThat(staying.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
      }
    }
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    assertThat(provider.calls()).isEqualTo(2);
  }
}
