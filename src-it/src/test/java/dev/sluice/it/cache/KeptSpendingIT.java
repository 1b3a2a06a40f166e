package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * What refreshes have spent of a day's budget outlives the gateway, also one that ends in the
 * middle.
 */
@ExtendWith(NoLeaks.class)
class KeptSpendingIT {

  @RegisterExtension private static final NoPromptInLog log = new NoPromptInLog();

  private final Counted provider = new Counted();

  @TempDir Path storage;

  /** The next day has money of its own. */
  @BeforeEach
  void sameDay() {
    LocalTime now = LocalTime.now(ZoneOffset.UTC);
    assumeThat(now).isBefore(LocalTime.of(23, 59));
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  /** Amounts in dollars, as texts. */
  private GatewayUnderTest start(BigDecimal budget) {
    String yaml = KeepWarmIT.yaml("$" + budget.toPlainString());
    return GatewayUnderTest.start(provider.baseUrl(), yaml, storage);
  }

  /** Registers a prefix that is due, and says what writing it costs. */
  private static BigDecimal register(GatewayUnderTest gateway, String name) throws IOException {
    JsonNode card =
        WarmPort.of(gateway)
            .put(name, "anthropic", WarmPort.schedule(-1), Gated.prompt(name).body(1));
    return new BigDecimal(card.path("write_usd").asString());
  }

  private static BigDecimal spent(GatewayUnderTest gateway, String name) throws IOException {
    return new BigDecimal(WarmPort.of(gateway).get(name).path("spent_usd").asString());
  }

  private static double overBudget(GatewayUnderTest gateway) throws IOException {
    return WarmPort.of(gateway)
        .admin()
        .metric("sluice_keepwarm_refreshes_total", "outcome=\"over_budget\"");
  }

  private static void awaitOverBudget(GatewayUnderTest gateway) {
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> overBudget(gateway) > 0);
  }

  private BigDecimal price() throws IOException {
    try (GatewayUnderTest gateway = start(BigDecimal.ZERO)) {
      BigDecimal price = register(gateway, "kept");
      WarmPort.of(gateway).delete("kept");
      return price;
    }
  }

  @Test
  void whatWasSpentCountsAfterARestart() throws Exception {
    provider.script("cache");
    BigDecimal budget = price().multiply(new BigDecimal("1.5"));
    BigDecimal spent;
    try (GatewayUnderTest gateway = start(budget)) {
      register(gateway, "kept");
      spent = new BigDecimal(WarmPort.of(gateway).awaitSpent("kept").path("spent_usd").asString());
    }
    assertThat(provider.calls()).isEqualTo(1);
    try (GatewayUnderTest gateway = start(budget)) {
      assertThat(spent(gateway, "kept")).isEqualByComparingTo(spent);
      awaitOverBudget(gateway); // it is due again, for nothing is believed of it any more
      assertThat(spent(gateway, "kept")).isEqualByComparingTo(spent);
    }
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void whatWasOnItsWayWhenTheGatewayEndedCountsAsSpent() throws Exception {
    BigDecimal price = price();
    BigDecimal budget = price.multiply(new BigDecimal("1.5"));
    provider.script("cache;first=60s");
    try (GatewayUnderTest gateway = start(budget)) {
      register(gateway, "kept");
      provider.received();
      assertThat(spent(gateway, "kept")).isZero();
    }
    try (GatewayUnderTest gateway = start(budget)) {
      assertThat(spent(gateway, "kept")).isEqualByComparingTo(price);
      awaitOverBudget(gateway);
    }
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void whileItCannotBeWrittenNothingIsSentAndTheCardSaysSo() throws Exception {
    provider.script("cache");
    Path file = storage.resolve("prefixes-spending.json");
    Path beside = storage.resolve(".prefixes-spending.json");
    Files.createDirectories(beside.resolve("in the way"));
    try (GatewayUnderTest gateway = start(new BigDecimal("5"))) {
      WarmPort port = WarmPort.of(gateway);
      register(gateway, "kept");
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> port.get("kept").path("obstacle").asString(), text -> text.contains("log"));
      Awaitility.await()
          .during(Duration.ofMillis(2_500))
          .atMost(Duration.ofSeconds(5))
          .until(() -> port.admin().metric("sluice_keepwarm_booking") == 0);
      assertThat(provider.calls()).isZero();
      assertThat(log.lines())
          .filteredOn(line -> line.contains(file + " cannot be written"))
          .hasSize(1);
      Files.delete(beside.resolve("in the way"));
      Files.delete(beside);
      JsonNode card = port.awaitSpent("kept");
      assertThat(card.path("obstacle").isNull()).isTrue();
      assertThat(port.admin().metric("sluice_keepwarm_booking")).isEqualTo(1);
    }
  }
}
