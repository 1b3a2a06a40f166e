package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.LongPrompt;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Nobody waits for a leader without end. */
@ExtendWith(NoLeaks.class)
class BypassIT {

  @RegisterExtension private static final Rig rig = new Rig(Gated.yaml("on", "600ms"));

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  @Test
  void followersOfALeaderThatIsNeverAnsweredGoByAfterMaxWait() throws Exception {
    LongPrompt prompt = Gated.prompt("never answered");
    try (RawClient leader = Gated.open(gateway, prompt, 900, "cache;first=1m;events=2")) {
      provider.received();
      List<Attempt> answers = Gated.ask(gateway, prompt, 5, "cache;first=100ms;read=20ms;events=2");
      assertThat(Gated.failed(answers)).isZero();
      assertThat(Gated.told(answers, "bypass")).isEqualTo(5);
      for (Attempt each : answers) {
        assertThat(Long.parseLong(each.field("Sluice-Cache-Wait-Ms"))).isBetween(250L, 3_000L);
      }
      assertThat(leader.reads()).isEmpty();
    }
  }

  @Test
  void aLeaderThatIsQuickerThanMaxWaitIsFollowed() throws Exception {
    List<Attempt> answers =
        Gated.ask(gateway, Gated.prompt("quick"), 5, "cache;first=200ms;read=20ms;events=2");
    assertThat(Gated.told(answers, "bypass")).isZero();
    assertThat(Gated.told(answers, "follower")).isEqualTo(4);
  }
}
