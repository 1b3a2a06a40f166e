package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.CacheBook;
import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.LongPrompt;
import java.math.BigDecimal;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/** Prefixes that somebody registers over the admin port, and what the gateway does for them. */
@ExtendWith(NoLeaks.class)
class KeepWarmIT {

  private static final int HERD = 50;

  @RegisterExtension private static final Rig rig = new Rig(yaml("$5"));

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();
  private static final WarmPort port = WarmPort.of(gateway);

  static {
    provider.script(Gated.SLOW);
  }

  /** The gate only watches; prices are those of the models' maker. */
  static String yaml(String budget) {
    return Gated.yaml("observe", "8s")
        .replace("max-wait: 8s", "max-wait: 8s, keep-warm: {budget: " + budget + "}")
        .replace("queue: 512", "queue: 512, prices: anthropic");
  }

  /** Waits until the gateway has had two rounds to do what it should not. */
  private static void nothingIsSentFor(Duration time) {
    long before = provider.calls();
    Awaitility.await()
        .during(time)
        .atMost(time.plusSeconds(2))
        .until(() -> provider.calls() == before);
  }

  @Test
  void whatIsDueIsWrittenByTheGatewayItselfAndTheFirstClientReadsIt() throws Exception {
    LongPrompt prompt = Gated.prompt("due");
    port.put("due", "anthropic", WarmPort.schedule(-1), prompt.body(1));
    ReceivedRequest own = provider.received();
    assertThat(own.target()).isEqualTo(LongPrompt.PATH);
    assertThat(own.headers().get("x-api-key")).isEqualTo("provider-secret");
    assertThat(own.headers().get("anthropic-version")).isEqualTo("2023-06-01");
    assertThat(own.bodyText())
        .contains("\"max_tokens\":0")
        .contains(prompt.text() + "\",\"cache_control\":{\"type\":\"ephemeral\"}")
        .doesNotContain("Question")
        .doesNotContain("\"stream\"");
    JsonNode card = port.awaitSpent("due");
    assertThat(card.path("obstacle").isNull()).isTrue();
    assertThat(card.path("warm_seconds").asDouble()).isBetween(280.0, 300.0);
    assertThat(Gated.one(gateway, prompt, 7, Gated.SLOW).field("Sluice-Cache")).isEqualTo("warm");
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    assertThat(provider.cacheBook().reads()).isEqualTo(1);
    nothingIsSentFor(Duration.ofMillis(2_500));
    port.delete("due");
  }

  @Test
  void theNamedTeamPaysAndTheLedgerSaysSo() throws Exception {
    JsonNode before = port.usage("others");
    BigDecimal paid = before == null ? BigDecimal.ZERO : cost(before);
    port.put("paid", "anthropic", WarmPort.schedule(-1), Gated.prompt("paid").body(1));
    BigDecimal spent = new BigDecimal(port.awaitSpent("paid").path("spent_usd").asString());
    port.delete("paid");
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(
            () -> {
              JsonNode row = port.usage("others");
              assertThat(row).isNotNull();
              assertThat(cost(row).subtract(paid)).isEqualByComparingTo(spent);
              assertThat(row.path("calls_of_unknown_cost").asLong()).isZero();
            });
  }

  private static BigDecimal cost(JsonNode row) {
    return new BigDecimal(row.path("cost_usd").asString());
  }

  @Test
  void nothingIsSentBeforeItsTimeOrForWhatNobodyHasUsed() throws Exception {
    port.put("later", "anthropic", WarmPort.schedule(60), Gated.prompt("later").body(1));
    port.put("unused", "anthropic", "\"keep_warm\":true", Gated.prompt("unused").body(1));
    nothingIsSentFor(Duration.ofSeconds(3));
    assertThat(provider.calls()).isZero();
    assertThat(port.get("later").path("state").asString()).isEqualTo("cold");
    port.delete("later");
    port.delete("unused");
  }

  @Test
  void aGateOfItsOwnHoldsBackOnlyCallsWithThatPrefix() throws Exception {
    LongPrompt own = Gated.prompt("own gate");
    // Longer than a loaded machine takes to let all ask.
    String slower = Gated.SLOW.replace("700ms", "3s");
    port.put("own-gate", "anthropic", "\"gate\":\"on\"", own.body(1));
    port.awaitGate("own-gate", "on");
    assertThat(Gated.failed(Gated.ask(gateway, own, HERD, slower))).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    provider.forget();
    assertThat(Gated.failed(Gated.ask(gateway, Gated.prompt("no gate"), HERD, slower))).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(HERD);
    JsonNode traffic = port.get("own-gate").path("traffic");
    assertThat(traffic.path("followers").asLong()).isEqualTo(HERD - 1);
    port.delete("own-gate");
  }

  @Test
  void ofTwoNamesOfOnePrefixTheFirstHoldsUntilItIsDeleted() throws Exception {
    String request = Gated.prompt("two names").body(1);
    port.put("b-second", "anthropic", "\"gate\":\"observe\"", request);
    port.awaitGate("b-second", "observe");
    port.put("a-first", "anthropic", "\"gate\":\"on\"", request);
    port.awaitGate("b-second", "on");
    assertThat(port.get("b-second").path("obstacle").asString()).contains("\"a-first\"");
    port.delete("a-first");
    port.awaitGate("b-second", "observe");
    port.delete("b-second");
  }

  @Test
  void whatIsDeletedHasNoGateAndIsNotRefreshed() throws Exception {
    LongPrompt prompt = Gated.prompt("gone");
    port.put("gone", "anthropic", "\"gate\":\"on\"", prompt.body(1));
    port.awaitGate("gone", "on");
    port.put("gone-too", "anthropic", WarmPort.schedule(-1), Gated.prompt("gone too").body(1));
    port.awaitSpent("gone-too");
    port.delete("gone");
    port.delete("gone-too");
    assertThat(port.admin().get("/admin/v1/prefixes/gone").status()).isEqualTo(404);
    provider.forget();
    nothingIsSentFor(Duration.ofSeconds(2));
    String slower = Gated.SLOW.replace("700ms", "3s");
    assertThat(Gated.failed(Gated.ask(gateway, prompt, HERD, slower))).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(HERD);
  }

  @Test
  void withoutABudgetNothingIsSentAndTheCardSaysWhatToDo() throws Exception {
    try (GatewayUnderTest poor = GatewayUnderTest.start(provider.baseUrl(), yaml("$0"))) {
      JsonNode card =
          WarmPort.of(poor)
              .put("poor", "anthropic", WarmPort.schedule(-1), Gated.prompt("poor").body(1));
      assertThat(card.path("obstacle").asString())
          .contains("prompt-cache.keep-warm.budget")
          .contains("Raise");
      nothingIsSentFor(Duration.ofMillis(2_500));
      assertThat(provider.calls()).isZero();
    }
    JsonNode card =
        port.put(
            "cents",
            "anthropic",
            WarmPort.schedule(-1) + ",\"budget_usd_per_day\":\"0.001\"",
            Gated.prompt("cents").body(1));
    assertThat(card.path("obstacle").asString()).contains("Raise budget_usd_per_day");
    nothingIsSentFor(Duration.ofMillis(2_500));
    assertThat(provider.calls()).isZero();
    port.delete("cents");
  }

  @Test
  void whatTheProviderWouldRefuseToRefreshIsToldWhenItIsRegistered() throws Exception {
    String request =
        Gated.prompt("thinks")
            .body(1)
            .replace(
                "\"stream\":true",
                "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"stream\":true");
    JsonNode card = port.put("thinks", "anthropic", WarmPort.schedule(-1), request);
    assertThat(card.path("obstacle").asString()).contains("thinking").contains("max_tokens");
    nothingIsSentFor(Duration.ofMillis(2_500));
    assertThat(port.get("thinks").path("obstacle").asString()).contains("thinking");
    port.delete("thinks");
  }

  @Test
  void aRefreshThatFindsTheEntryReadsIt() throws Exception {
    LongPrompt prompt = Gated.prompt("by others");
    // Somebody else with that account has written it; the gateway cannot know.
    try (GatewayUnderTest other = GatewayUnderTest.start(provider.baseUrl(), yaml("$0"))) {
      Gated.one(other, prompt, 1, Gated.SLOW);
    }
    port.put("by-others", "anthropic", WarmPort.schedule(-1), prompt.body(1));
    port.awaitSpent("by-others");
    port.delete("by-others");
    assertThat(provider.cacheBook().uses()).hasSize(2).last().matches(use -> !use.isWrite());
    assertThat(provider.cacheBook().uses())
        .extracting(CacheBook.Use::entry)
        .containsOnly(provider.cacheBook().uses().getFirst().entry())
        .isNotEmpty();
  }
}
