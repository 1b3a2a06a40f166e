package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.CacheBook;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.Heard;
import dev.sluice.it.load.Herd;
import dev.sluice.it.load.LongPrompt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What happens to a prompt at the end of its time in the provider's cache. */
@ExtendWith(NoLeaks.class)
class ExpiryIT {

  @RegisterExtension private static final Rig rig = new Rig(Gated.yaml("on", "8s"));

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  /** An entry lives for 1.5 s from its last use, and is asked for 20 times a second for 5 s. */
  @Test
  void aPromptUnderSteadyLoadIsWrittenOnceHoweverLongItLasts() throws Exception {
    LongPrompt prompt = Gated.prompt("steady");
    String script = "cache;life=1500ms;first=300ms;read=20ms;events=2";
    List<Herd.Due> parts = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      parts.add(
          new Herd.Due(
              TimeUnit.MILLISECONDS.toNanos(50L * i), Gated.request(gateway, prompt, i, script)));
    }
    try (Herd clients = new Herd()) {
      List<Heard> heard = clients.ask(gateway.port(), parts, Duration.ofSeconds(20));
      assertThat(heard).allMatch(Heard::isAnswer);
    }
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
  }

  /** The provider forgets early; its usage tells the gateway, which believes the provider. */
  @Test
  void anEntryThatIsGoneEarlyIsWrittenByTheNextCallAndReadByTheHerdBehindIt() throws Exception {
    LongPrompt prompt = Gated.prompt("evicted");
    String brief = "cache;life=400ms;first=200ms;read=20ms;events=2";
    assertThat(Gated.one(gateway, prompt, 0, brief).status()).isEqualTo(200);
    awaitGone(400);
    String lasting = "cache;first=200ms;read=20ms;events=2";
    assertThat(Gated.one(gateway, prompt, 1, lasting).status()).isEqualTo(200);
    assertThat(provider.cacheBook().writes()).isEqualTo(2);
    List<Attempt> herd = Gated.ask(gateway, prompt, 20, lasting);
    assertThat(Gated.failed(herd)).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(2);
    assertThat(Gated.told(herd, "warm")).isEqualTo(20);
  }

  private static void awaitGone(long lifeMillis) {
    long end =
        provider.cacheBook().uses().stream()
                .mapToLong(CacheBook.Use::arrivedNanos)
                .max()
                .orElseThrow()
            + TimeUnit.MILLISECONDS.toNanos(lifeMillis);
    Awaitility.await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(Duration.ofSeconds(5))
        .until(() -> System.nanoTime() - end > 0);
  }
}
