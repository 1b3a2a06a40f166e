package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.admin.reload.ConfigWatch;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

/** Limits and quotas change with their file, while calls run and wait. */
@ExtendWith(NoLeaks.class)
class ReloadIT {

  private static final String CAPPED = "{ceiling: 1, max-wait: 10m}";

  private static final String YAML =
      PoolsYaml.of(
          """
          teams:
            testers: {keys: ["${KEY_HASH}"], quotas: {main: {ceiling: 1, max-wait: 10m}}}
          pools:
            main: {provider: main, requests-per-minute: 6k, burst: 100ms}
            books: {provider: books, tokens-per-minute: 600, burst: 60s}
          """,
          "main",
          "books");

  private static Counted provider;

  private GatewayUnderTest gateway;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeAll
  static void startProvider() {
    provider = new Counted();
  }

  @AfterAll
  static void stopProvider() {
    provider.close();
  }

  @BeforeEach
  void start() {
    provider.forget();
    log.start();
    logger().setLevel(Level.INFO); // as the program's own configuration has it
    logger().addAppender(log);
    gateway = GatewayUnderTest.startWatching(provider.baseUrl(), YAML);
  }

  @AfterEach
  void stop() {
    gateway.close();
    logger().detachAppender(log);
    logger().setLevel(null);
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(ConfigWatch.class);
  }

  private void awaitLog(Level level, String text) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(Duration.ofSeconds(10))
        .until(() -> isLogged(level, text));
  }

  private boolean isLogged(Level level, String text) {
    return List.copyOf(log.list).stream()
        .anyMatch(
            line -> line.getLevel().equals(level) && line.getFormattedMessage().contains(text));
  }

  private static String with(String quota) {
    return YAML.replace(CAPPED, quota);
  }

  @Test
  void aRaisedCeilingActsOnWhoWaitsAndOnWhoComes() throws Exception {
    Team team = Team.of(gateway);
    assertThat(team.ask(PoolsYaml.json("main"), "").field("x-ratelimit-limit-requests"))
        .isEqualTo("1");
    try (RawClient waiting = team.open(PoolsYaml.json("main"), "")) {
      PoolPort.of(gateway, "main").awaitWaiting("testers", 1);
      gateway.rewrite(with("{ceiling: 3k, max-wait: 10m}"));
      RawAnswer answer = waiting.answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(Long.parseLong(answer.field("Sluice-Queue-Ms"))).isLessThan(10_000);
    }
    RawAnswer next = team.ask(PoolsYaml.json("main"), "");
    assertThat(next.field("x-ratelimit-limit-requests")).isEqualTo("3000");
    assertThat(provider.calls()).isEqualTo(3);
    awaitLog(Level.INFO, "its teams, pools, quotas, budgets and prices are in effect");
  }

  @Test
  void aShorterMaxWaitActsOnWhoWaits() throws Exception {
    Team team = Team.of(gateway);
    team.ask(PoolsYaml.json("main"), "");
    try (RawClient waiting = team.open(PoolsYaml.json("main"), "")) {
      PoolPort.of(gateway, "main").awaitWaiting("testers", 1);
      gateway.rewrite(with("{ceiling: 1, max-wait: 100ms}"));
      RawAnswer no = waiting.answer();
      assertThat(no.status()).isEqualTo(429);
      assertThat(no.field("Sluice-Refused-By")).isEqualTo("gateway;limit=max-wait");
    }
  }

  @Test
  void aBrokenFileChangesNothingAndIsTold() throws Exception {
    Team team = Team.of(gateway);
    gateway.rewrite(with("{ceiling: plenty, max-wait: 0s}"));
    awaitLog(Level.WARN, "has changed and is not used");
    awaitLog(Level.WARN, "ceiling");
    assertThat(team.ask(PoolsYaml.json("main"), "").field("x-ratelimit-limit-requests"))
        .isEqualTo("1");
    // Guarantees above what there is are no syntax error, and as wrong.
    gateway.rewrite(with("{guaranteed: 9k, max-wait: 0s}"));
    awaitLog(Level.WARN, "guarantee");
    assertThat(PoolPort.of(gateway, "main").team("testers").path("ceiling_per_minute").asInt())
        .isEqualTo(1);
    assertThat(isLogged(Level.INFO, "in effect")).isFalse();
    // The next right one is taken.
    gateway.rewrite(with("{ceiling: 50, max-wait: 0s}"));
    awaitLog(Level.INFO, "in effect");
    assertThat(PoolPort.of(gateway, "main").team("testers").path("ceiling_per_minute").asInt())
        .isEqualTo(50);
  }

  @Test
  void whatWasUsedStaysUsed() throws Exception {
    Team team = Team.of(gateway);
    PoolPort pool = PoolPort.of(gateway, "books");
    try (RawClient running =
        team.open(PoolsYaml.stream("books"), "events=300;size=6;burst=50;gap=4s@299")) {
      running.await("w50 ");
      long reserved = pool.now().path("reserved_tokens").asLong();
      assertThat(reserved).isPositive();
      gateway.rewrite(YAML.replace("tokens-per-minute: 600", "tokens-per-minute: 1200"));
      awaitLog(Level.INFO, "in effect");
      assertThat(pool.now().path("reserved_tokens").asLong()).isEqualTo(reserved);
      assertThat(pool.limit("tokens").path("per_minute").asLong()).isEqualTo(1_200);
      assertThat(pool.team("testers").path("admitted").asLong()).isEqualTo(1);
      assertThat(running.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
    }
    pool.awaitNothingReserved();
    // Twice the burst does not mean a full bucket: 600 were there, some came, 330 were used.
    assertThat(pool.limit("tokens").path("burst").asLong()).isEqualTo(1_200);
    assertThat(pool.limit("tokens").path("level").asLong()).isBetween(200L, 800L);
    assertThat(pool.team("testers").path("served_tokens").asLong()).isBetween(320L, 380L);
  }
}
