package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Two accounts behind one route: a call goes past the one that is limited, and comes back to it.
 * The provider tells them apart by their keys.
 */
@ExtendWith(NoLeaks.class)
class AccountsIT {

  private static final String[] ROUTES = {"no", "late", "gone", "spread", "kept", "spill", "wait"};

  @RegisterExtension private static final Rig rig = new Rig(yaml());

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();
  private static final Team team = Team.of(gateway);

  /** Each route has accounts a and b of its own. */
  private static String yaml() {
    StringBuilder yaml = new StringBuilder(PoolsYaml.HEAD);
    yaml.append(
        """
        teams:
          testers: {keys: ["${KEY_HASH}"]}
        pools:
          spill-a: {provider: spill-a, tokens-per-minute: 600, burst: 60s}
          spill-b: {provider: spill-b, tokens-per-minute: 600, burst: 60s}
          wait-a: {provider: wait-a, tokens-per-minute: 6k, burst: 6s}
          wait-b: {provider: wait-b, tokens-per-minute: 600, burst: 60s}
        providers:
        """);
    for (String route : ROUTES) {
      String url = route.equals("gone") ? "http://127.0.0.1:1" : "${PROVIDER}";
      yaml.append("  %s-a: {base-url: \"%s\", key: key-of-a}\n".formatted(route, url));
      yaml.append("  %s-b: {base-url: \"${PROVIDER}\", key: key-of-b}\n".formatted(route));
    }
    yaml.append("routes:\n");
    for (String route : ROUTES) {
      yaml.append(
          "  %1$s: {api: openai, provider: [%1$s-a, %1$s-b], prefix: /%1$s}\n".formatted(route));
    }
    return yaml.toString();
  }

  /** Little is reserved, whatever is used. */
  private static Bodies.Stream small(String route) {
    Bodies.Stream asked = PoolsYaml.json(route);
    return new Bodies.Stream(
        asked.path(), asked.body().replace("\"messages\"", "\"max_tokens\":1,\"messages\""));
  }

  private static RawAnswer ask(String route, String script) throws IOException {
    return team.ask(small(route), script);
  }

  /** Which account the oldest request came to that was not looked at yet. */
  private static String account() throws InterruptedException {
    String key = provider.received().headers().get("authorization");
    assertThat(key).startsWith("Bearer key-of-");
    return key.substring("Bearer key-of-".length());
  }

  private static String accountOf(String route) throws Exception {
    assertThat(ask(route, "events=1").status()).isEqualTo(200);
    return account();
  }

  private static double spills(String provider, String reason) throws IOException {
    return AdminPort.of(gateway)
        .metric(
            "sluice_account_spills_total",
            "provider=\"" + provider + "\"",
            "reason=\"" + reason + "\"");
  }

  private static void awaitFirstAgain(String route) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(10))
        .until(() -> accountOf(route).equals("a"));
  }

  @Test
  void whoSaysNoIsPassedOverUntilTheTimeItNamed() throws Exception {
    assertThat(accountOf("no")).isEqualTo("a");
    assertThat(accountOf("no")).isEqualTo("a");
    long before = System.nanoTime();
    assertThat(ask("no", "at=head:status:429;header=Retry-After%3A 2").status()).isEqualTo(429);
    assertThat(account()).isEqualTo("a");
    assertThat(accountOf("no")).isEqualTo("b");
    assertThat(accountOf("no")).isEqualTo("b");
    assertThat(spills("no-a", "refused")).isEqualTo(2);
    awaitFirstAgain("no");
    assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(2_000_000_000L);
    assertThat(spills("no-b", "")).isZero();
    assertThat(AdminPort.of(gateway).metric("sluice_calls_total", "provider=\"no-b\""))
        .isGreaterThanOrEqualTo(2);
  }

  @Test
  void whoHasTooMuchToDoIsPassedOverForASecond() throws Exception {
    long before = System.nanoTime();
    assertThat(ask("late", "at=head:status:529").status()).isEqualTo(529);
    assertThat(account()).isEqualTo("a");
    assertThat(ask("late", "at=head:status:503").status()).isEqualTo(503);
    assertThat(account()).isEqualTo("b");
    assertThat(spills("late-a", "overloaded")).isEqualTo(1);
    // Now both are skipped: it goes to the one whose time is over first.
    assertThat(accountOf("late")).isEqualTo("a");
    awaitFirstAgain("late");
    assertThat(System.nanoTime() - before).isLessThan(10_000_000_000L);
  }

  @Test
  void whoCannotBeConnectedToIsPassedOver() throws Exception {
    assertThat(ask("gone", "events=1").status()).isEqualTo(502);
    assertThat(accountOf("gone")).isEqualTo("b");
    assertThat(spills("gone-a", "unreachable")).isEqualTo(1);
  }

  @Test
  void withoutAPrefixCallsGoToWhoHasTheFewest() throws Exception {
    try (RawClient first = team.open(PoolsYaml.stream("spread"), "events=2;gap=3s@2")) {
      assertThat(account()).isEqualTo("a");
      assertThat(accountOf("spread")).isEqualTo("b");
      assertThat(accountOf("spread")).isEqualTo("b");
      assertThat(first.answer().status()).isEqualTo(200);
    }
    awaitFirstAgain("spread");
    assertThat(spills("spread-a", "")).isZero();
  }

  /** Files, batches and the like are in one account. */
  @Test
  void whatDoesNotGenerateGoesToTheFirst() throws Exception {
    ask("kept", "at=head:status:429;header=Retry-After%3A 30");
    assertThat(account()).isEqualTo("a");
    assertThat(accountOf("kept")).isEqualTo("b");
    team.get("/kept/v1/files");
    assertThat(account()).isEqualTo("a");
    team.ask(new Bodies.Stream("/kept/v1/batches", "{}"), "events=1");
    assertThat(account()).isEqualTo("a");
  }

  @Test
  void whereTheTokensAreUsedUpTheOtherAccountsAreTaken() throws Exception {
    assertThat(ask("spill", "events=650;burst=50").status()).isEqualTo(200);
    assertThat(account()).isEqualTo("a");
    RawAnswer next = ask("spill", "events=1");
    assertThat(next.status()).isEqualTo(200);
    assertThat(Long.parseLong(next.field("Sluice-Queue-Ms"))).isLessThan(1_000);
    assertThat(account()).isEqualTo("b");
    assertThat(spills("spill-a", "pool")).isEqualTo(1);
    PoolPort.of(gateway, "spill-b").awaitNothingReserved();
    assertThat(PoolPort.of(gateway, "spill-b").limit("tokens").path("level").asLong())
        .isBetween(500L, 599L);
  }

  @Test
  void whereAllTokensAreUsedUpItWaitsInTheFirstOnesQueue() throws Exception {
    assertThat(ask("wait", "events=900;burst=100").status()).isEqualTo(200);
    assertThat(account()).isEqualTo("a");
    assertThat(ask("wait", "events=900;burst=100").status()).isEqualTo(200);
    assertThat(account()).isEqualTo("b");
    try (RawClient waits = team.open(small("wait"), "events=1")) {
      PoolPort.of(gateway, "wait-a").awaitWaiting("testers", 1);
      RawAnswer answer = waits.answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(Long.parseLong(answer.field("Sluice-Queue-Ms"))).isBetween(100L, 8_000L);
    }
    assertThat(account()).isEqualTo("a");
    assertThat(spills("wait-a", "pool")).isEqualTo(1);
  }
}
