package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Goal: prefixes have the same ids and accounts after a restart, and in two gateways with one
 * secret. Method: twenty prompts on a route of two accounts; that two secrets agree about all of
 * them has a chance of one in a million.
 */
@ExtendWith(NoLeaks.class)
class KeptIdsIT {

  private static final int PROMPTS = 20;

  @RegisterExtension private static final NoPromptInLog log = new NoPromptInLog();

  private final Counted provider = new Counted();

  @TempDir Path work;

  @AfterEach
  void stop() {
    provider.close();
  }

  private GatewayUnderTest start(String storage) {
    return GatewayUnderTest.start(provider.baseUrl(), PrefixAccountsIT.YAML, work.resolve(storage));
  }

  /** Asks each prompt once; by its name, the account that had it. */
  private Map<String, String> accounts(GatewayUnderTest gateway, int question) throws Exception {
    for (int i = 0; i < PROMPTS; i++) {
      assertThat(Gated.one(gateway, Gated.prompt("kept-" + i), question, "cache").status())
          .isEqualTo(200);
    }
    Map<String, String> accounts = new TreeMap<>();
    PrefixAccountsIT.accounts(provider, PROMPTS)
        .forEach((name, asked) -> accounts.put(name, asked.iterator().next()));
    assertThat(accounts).hasSize(PROMPTS);
    assertThat(Set.copyOf(accounts.values())).hasSize(2);
    return accounts;
  }

  private static Set<String> ids(GatewayUnderTest gateway) throws Exception {
    Set<String> ids = new TreeSet<>();
    for (JsonNode card : WarmPort.of(gateway).json("/admin/v1/prefixes").path("prefixes")) {
      ids.add(card.path("id").asString());
    }
    return ids;
  }

  private static void register(GatewayUnderTest gateway) throws Exception {
    WarmPort.of(gateway).put("kept", "anthropic", "", Gated.prompt("registered").body(1));
  }

  @Test
  void aRestartKeepsIdsAndAccountsSoNothingIsWrittenAgain() throws Exception {
    Map<String, String> accounts;
    Set<String> ids;
    try (GatewayUnderTest gateway = start("one")) {
      register(gateway);
      accounts = accounts(gateway, 1);
      ids = ids(gateway);
      assertThat(ids).hasSize(PROMPTS + 1);
    }
    try (GatewayUnderTest gateway = start("one")) {
      assertThat(accounts(gateway, 2)).isEqualTo(accounts);
      assertThat(ids(gateway)).isEqualTo(ids);
    }
    assertThat(provider.cacheBook().writes()).isEqualTo(PROMPTS);
  }

  @Test
  void gatewaysWithOneSecretAgreeAndOthersDoNot() throws Exception {
    try (GatewayUnderTest one = start("one");
        GatewayUnderTest other = start("other")) {
      register(one);
      register(other);
      assertThat(ids(other)).isNotEqualTo(ids(one));
    }
    String name = "fingerprint-secret";
    Path copied = work.resolve("copy");
    Files.createDirectories(copied);
    Files.copy(work.resolve("one").resolve(name), copied.resolve(name));
    try (GatewayUnderTest one = start("one");
        GatewayUnderTest copy = start("copy")) {
      register(copy);
      assertThat(accounts(copy, 1)).isEqualTo(accounts(one, 2));
      assertThat(ids(copy)).isEqualTo(ids(one));
    }
    assertThat(provider.cacheBook().writes()).isEqualTo(PROMPTS);
  }

  @Test
  void aTornSecretIsToldAndTheGatewayStarts() throws Exception {
    start("one").close();
    Path file = work.resolve("one").resolve("fingerprint-secret");
    String torn = Files.readString(file).substring(0, 20);
    Files.writeString(file, torn);
    try (GatewayUnderTest gateway = start("one")) {
      assertThat(Gated.one(gateway, Gated.prompt("torn"), 1, "cache").status()).isEqualTo(200);
    }
    assertThat(log.lines())
        .filteredOn(line -> line.contains(file.toString()))
        .singleElement()
        .asString()
        .contains("20 bytes that are not 64 hexadecimal digits")
        .doesNotContain(torn);
    assertThat(Files.readString(file)).isEqualTo(torn);
  }
}
