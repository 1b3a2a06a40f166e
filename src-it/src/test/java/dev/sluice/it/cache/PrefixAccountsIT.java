package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.LongPrompt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two accounts behind one route: each prefix is written at one of them. */
@ExtendWith(NoLeaks.class)
class PrefixAccountsIT {

  private static final int PROMPTS = 20;
  private static final int CALLS = 200;
  private static final Pattern NAME = Pattern.compile("You work for ([a-z0-9-]+)\\.");

  /** Route "anthropic" has two accounts. */
  static final String YAML =
      KeepWarmIT.yaml("$5")
          .replace("gate: observe", "gate: on")
          .replace(
              "anthropic: {api: anthropic, provider: scripted}",
              "anthropic: {api: anthropic, provider: [scripted, second]}");

  @RegisterExtension private static final Rig rig = new Rig(YAML);

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  static {
    provider.script(Gated.SLOW);
  }

  private static Map<String, Set<String>> accounts(int calls) throws InterruptedException {
    return accounts(provider, calls);
  }

  /** By the name of the prompt, the accounts that were asked since the last look. */
  static Map<String, Set<String>> accounts(Counted provider, int calls)
      throws InterruptedException {
    Map<String, Set<String>> accounts = new HashMap<>();
    for (int i = 0; i < calls; i++) {
      ReceivedRequest each = provider.received();
      Matcher name = NAME.matcher(each.bodyText());
      assertThat(name.find()).isTrue();
      accounts
          .computeIfAbsent(name.group(1), _ -> new TreeSet<>())
          .add(each.headers().get("x-api-key"));
    }
    return accounts;
  }

  @Test
  void eachOfTwentyPrefixesIsAtOneAccountAndBothHaveSome() throws Exception {
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      requests.add(Gated.request(gateway, Gated.prompt("herd-" + i % PROMPTS), i, Gated.SLOW));
    }
    assertThat(Gated.failed(Gated.ask(gateway, requests))).isZero();
    Map<String, Set<String>> accounts = accounts(CALLS);
    assertThat(accounts).hasSize(PROMPTS).allSatisfy((_, asked) -> assertThat(asked).hasSize(1));
    Set<String> both = new TreeSet<>();
    accounts.values().forEach(both::addAll);
    assertThat(both).containsExactly("other-secret", "provider-secret");
    assertThat(provider.cacheBook().writes()).isEqualTo(PROMPTS);
    assertThat(provider.cacheBook().reads()).isEqualTo(CALLS - PROMPTS);
  }

  @Test
  void whoseAccountSaysNoGoesToTheOtherAndIsWrittenThere() throws Exception {
    LongPrompt prompt = Gated.prompt("moves");
    // Of its own: an account that says no is passed over by all calls.
    try (GatewayUnderTest other = GatewayUnderTest.start(provider.baseUrl(), YAML)) {
      Gated.one(other, prompt, 0, Gated.SLOW);
      Set<String> first = accounts(1).get("moves");
      String no = "cache;at=head:status:429;header=Retry-After%3A 30";
      assertThat(Gated.one(other, prompt, 1, no).status()).isEqualTo(429);
      assertThat(accounts(1).get("moves")).isEqualTo(first);
      for (int i = 2; i < 6; i++) {
        assertThat(Gated.one(other, prompt, i, Gated.SLOW).field("Sluice-Cache"))
            .isEqualTo(i == 2 ? "leader" : "warm");
      }
      assertThat(accounts(4).get("moves")).hasSize(1).isNotEqualTo(first);
      assertThat(provider.cacheBook().writes()).isEqualTo(2);
    }
  }

  /** A marker behind so little that nothing is cached there must not decide about the account. */
  @Test
  void whatTheGatewayWritesItselfIsWhereItsClientsGo() throws Exception {
    WarmPort port = WarmPort.of(gateway);
    String tools =
        "\"tools\":[{\"name\":\"look\",\"input_schema\":{\"type\":\"object\"},"
            + "\"cache_control\":{\"type\":\"ephemeral\"}}],\"system\"";
    for (int i = 0; i < 8; i++) {
      String body = Gated.prompt("own-" + i).body(1).replace("\"system\"", tools);
      port.put("own-" + i, "anthropic", WarmPort.schedule(-1), body);
    }
    for (int i = 0; i < 8; i++) {
      port.awaitSpent("own-" + i);
      String body = Gated.prompt("own-" + i).body(7).replace("\"system\"", tools);
      byte[] request = LongPrompt.request(LongPrompt.PATH, body, Gated.SLOW, Gated.key(gateway));
      assertThat(Gated.ask(gateway, List.of(request)).getFirst().field("Sluice-Cache"))
          .isEqualTo("warm");
      port.delete("own-" + i);
    }
    assertThat(accounts(16)).hasSize(8).allSatisfy((_, asked) -> assertThat(asked).hasSize(1));
    assertThat(provider.cacheBook().writes()).isEqualTo(8);
  }
}
