package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.LongPrompt;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What clients use is renewed just before it ends. The shortest life that the gateway believes in
 * is thirty seconds, and it learns that from an entry that was gone after that: so this takes one
 * minute.
 */
@ExtendWith(NoLeaks.class)
class KeepWarmTrafficIT {

  /** Behind it an entry is gone that was believed to live for minutes. */
  private static final String SHORT = "cache;life=5s;first=80ms;read=20ms;events=2;echo";

  private static final String LONG = "cache;first=80ms;read=20ms;events=2;echo";
  private static final Duration BELIEVED_LEAST = Duration.ofSeconds(30);

  @RegisterExtension private static final NoPromptInLog log = new NoPromptInLog();

  @RegisterExtension
  private static final Rig rig =
      new Rig(
          KeepWarmIT.yaml("$5")
              .replace("budget: $5", "budget: $5, learned: true")
              .replace("api: openai, provider: scripted", "api: openai, provider: gpt")
              .replace(
                  "routes:",
                  "  gpt: {base-url: \"${PROVIDER}\", key: gpt-secret, prices: openai}\nroutes:"));

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  static {
    provider.script(LONG);
  }

  private static String chat(int question) {
    return "{\"model\":\"gpt-5.6-terra\",\"stream\":true,\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},{\"role\":\"user\",\"content\":\"Question %d\"}]}"
        .formatted(Gated.prompt("chat").text(), question);
  }

  private static void askAll(int question, String script) throws Exception {
    List<byte[]> requests =
        List.of(
            Gated.request(gateway, Gated.prompt("named"), question, script),
            Gated.request(gateway, Gated.prompt("learned"), question, script),
            LongPrompt.request(LongPrompt.PATH, thinks(question), script, Gated.key(gateway)),
            LongPrompt.request(
                Bodies.CHAT_PATH,
                chat(question),
                script,
                "Authorization: Bearer " + gateway.key()));
    assertThat(Gated.failed(Gated.ask(gateway, requests))).isZero();
  }

  private static String thinks(int question) {
    return Gated.prompt("thinks")
        .body(question)
        .replace(
            "\"stream\":true",
            "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"stream\":true");
  }

  @Test
  void whatClientsHaveUsedIsRenewedOnceBeforeItEnds() throws Exception {
    WarmPort port = WarmPort.of(gateway);
    port.put("named", "anthropic", "\"keep_warm\":true", Gated.prompt("named").body(1));
    long start = System.nanoTime();
    askAll(1, SHORT);
    Gated.one(gateway, Gated.prompt("once"), 1, LONG);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> System.nanoTime() - start > BELIEVED_LEAST.plusSeconds(1).toNanos());
    provider.forget();
    askAll(2, LONG);
    assertThat(provider.cacheBook().writes()).isEqualTo(4);
    provider.forget();
    // Ten seconds before the end nothing has been renewed; soon after it, everything that can be.
    Awaitility.await()
        .during(BELIEVED_LEAST.minusSeconds(10))
        .atMost(BELIEVED_LEAST)
        .until(() -> provider.calls() == 0);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(provider.calls()).isEqualTo(3));
    Map<String, ReceivedRequest> own = new HashMap<>();
    for (int i = 0; i < 3; i++) {
      ReceivedRequest each = provider.received();
      String text = each.bodyText();
      assertThat(text).doesNotContain("Question").doesNotContain("\"stream\"");
      own.put(text.replaceAll("(?s).*You work for (\\w+).*", "$1"), each);
    }
    assertThat(own).containsOnlyKeys("named", "learned", "chat");
    assertThat(own.get("learned").bodyText()).contains("\"max_tokens\":0");
    assertThat(own.get("learned").headers().get("x-api-key")).isEqualTo("provider-secret");
    assertThat(own.get("learned").headers().get("anthropic-version")).isEqualTo("2023-06-01");
    assertThat(own.get("learned").headers().contains("x-script")).isFalse();
    assertThat(own.get("chat").bodyText()).contains("\"max_completion_tokens\":1");
    assertThat(own.get("chat").headers().get("authorization")).isEqualTo("Bearer gpt-secret");
    port.awaitSpent("named");
    assertThat(provider.cacheBook().writes()).isZero();
    assertThat(provider.cacheBook().reads()).isEqualTo(3);
    assertThat(port.admin().metric("sluice_keepwarm_refreshes_total", "outcome=\"failed\""))
        .isZero();
  }
}
