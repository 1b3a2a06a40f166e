package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Registered prefixes outlive the gateway. */
@ExtendWith(NoLeaks.class)
class KeptPrefixesIT {

  @RegisterExtension private static final NoPromptInLog log = new NoPromptInLog();

  private static final Counted provider = new Counted();

  @TempDir Path storage;

  @AfterAll
  static void stop() {
    provider.close();
  }

  private GatewayUnderTest start(String yaml) {
    return GatewayUnderTest.start(provider.baseUrl(), yaml, storage);
  }

  @Test
  void aRestartKeepsThemAndLeavesOutATornFile() throws Exception {
    JsonNode kept;
    try (GatewayUnderTest gateway = start(KeepWarmIT.yaml("$5"))) {
      WarmPort port = WarmPort.of(gateway);
      String gate = "\"gate\":\"on\"," + WarmPort.schedule(60);
      kept = port.put("kept", "anthropic", gate, Gated.prompt("kept").body(1));
      port.put("torn", "anthropic", "", Gated.prompt("torn").body(1));
    }
    Path torn = storage.resolve("prefixes").resolve("torn.json");
    String whole = Files.readString(torn);
    Files.writeString(torn, whole.substring(0, whole.length() / 2));
    try (GatewayUnderTest gateway = start(KeepWarmIT.yaml("$5"))) {
      WarmPort port = WarmPort.of(gateway);
      JsonNode now = port.get("kept");
      for (String same : new String[] {"gate", "schedules", "request_bytes", "etag"}) {
        assertThat(now.path(same)).as(same).isEqualTo(kept.path(same));
      }
      assertThat(now.path("gate_in_effect").asString()).isEqualTo("on");
      assertThat(port.admin().get("/admin/v1/prefixes/torn").status()).isEqualTo(404);
      assertThat(log.lines())
          .anyMatch(line -> line.contains(torn.toString()) && line.contains("is left out"));
      port.put("torn", "anthropic", "", Gated.prompt("torn").body(1));
    }
  }

  @Test
  void withTheGateOffACardSaysThatNothingIsDone() throws Exception {
    String off = KeepWarmIT.yaml("$5").replace("gate: observe", "gate: off");
    try (GatewayUnderTest gateway = start(off)) {
      WarmPort port = WarmPort.of(gateway);
      JsonNode card = port.put("off", "anthropic", "\"gate\":\"on\"", Gated.prompt("off").body(1));
      assertThat(card.path("obstacle").asString()).contains("prompt-cache.gate");
      port.awaitGate("off", "off");
    }
  }

  @Test
  void aRefusalSaysNothingOfThePrompt() throws Exception {
    try (GatewayUnderTest gateway = start(KeepWarmIT.yaml("$5"))) {
      WarmPort port = WarmPort.of(gateway);
      String unmarked = Gated.prompt("none").body(1).replace("cache_control", "other_member");
      String unnamed = Gated.prompt("none").body(1).replace("\"model\"", "\"other_member\"");
      for (String request : new String[] {unmarked, unnamed}) {
        RawAnswer no = port.change("PUT", "no", WarmPort.body("anthropic", "", request));
        assertThat(no.status()).as(no.body()).isEqualTo(422);
        assertThat(no.body()).contains("not_cacheable").doesNotContain(NoPromptInLog.WORDS);
      }
      assertThat(port.admin().get("/metrics").body()).doesNotContain(NoPromptInLog.WORDS);
    }
  }
}
