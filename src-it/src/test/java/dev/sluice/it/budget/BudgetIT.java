package dev.sluice.it.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a team may spend, as its clients see it. The provider's model costs a dollar for a thousand
 * tokens, in and out, so that a cent is ten of them.
 */
@ExtendWith(NoLeaks.class)
class BudgetIT {

  private static final long NANO_USD_PER_TOKEN = 1_000_000;

  @TempDir Path directory;

  private final Counted provider = new Counted();
  private GatewayUnderTest gateway;

  private String yaml(String budgets) throws IOException {
    java.nio.file.Files.writeString(
        directory.resolve("prices.yaml"),
        "prices: [{provider: openai, models: {scripted-1: {input: 1000, output: 1000}}},"
            + " {provider: anthropic, models: {scripted-1: {input: 1000, output: 1000}}}]");
    return """
    listen: {address: 127.0.0.1, port: 0, event-loops: 2}
    admin: {port: 0}
    log: {calls: false}
    limits: {drain: 1s}
    storage: {directory: "%1$s/data"}
    prices: {overrides: ["%1$s/prices.yaml"]}
    teams:
      testers: {keys: ["${KEY_HASH}"], budgets: {%2$s}}
      others: {keys: ["${OTHER_HASH}"]}
    providers:
      scripted: {base-url: "${PROVIDER}", prices: openai}
      claude: {base-url: "${PROVIDER}", prices: anthropic}
    routes:
      openai: {api: openai, provider: scripted}
      anthropic: {api: anthropic, provider: claude}
    """
        .formatted(directory, budgets);
  }

  private void start(String budgets) throws IOException {
    gateway = GatewayUnderTest.start(provider.baseUrl(), yaml(budgets));
  }

  @BeforeEach
  void forget() {
    provider.forget();
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private static Bodies.Stream capped(int tokens) {
    Bodies.Stream fresh = Team.freshJson();
    return new Bodies.Stream(
        fresh.path(), fresh.body().replace("1\",", "1\",\"max_tokens\":" + tokens + ","));
  }

  private double spent() throws IOException {
    return AdminPort.of(gateway).metric("sluice_budget_spent");
  }

  @Test
  void manyCallsAtOnceDoNotOverspendWhatTheirCapsAllow() throws Exception {
    start("all: {amount: $2, per: day}");
    int clients = 16;
    int each = 12;
    List<Future<Integer>> answers = new ArrayList<>();
    try (ExecutorService all = Executors.newFixedThreadPool(clients)) {
      for (int i = 0; i < clients * each; i++) {
        answers.add(
            all.submit(
                // Twenty tokens are answered of the thirty that are allowed.
                () -> Team.of(gateway).ask(capped(30), "events=19;first=5ms").status()));
      }
    }
    long stopped = 0;
    for (Future<Integer> answer : answers) {
      assertThat(answer.get()).isIn(200, 429);
      stopped += answer.get() == 429 ? 1 : 0;
    }
    assertThat(stopped).isPositive();
    assertThat(provider.calls() + stopped).isEqualTo(answers.size());
    long billed = provider.billedTokens() * NANO_USD_PER_TOKEN;
    assertThat(billed).isBetween(1_900_000_000L, 2_000_000_000L);
    // The last answer reaches its client before it is settled.
    Awaitility.await().untilAsserted(() -> assertThat(spent()).isEqualTo(billed / 1e9));
  }

  @Test
  void aCallWithoutACapOverspendsByNoMoreThanItselfAndTheNextIsStopped() throws Exception {
    start("all: {amount: $1.20, per: month}");
    assertThat(Team.of(gateway).ask(Team.freshJson(), "events=1999").status()).isEqualTo(200);
    RawAnswer no = Team.of(gateway).ask(Team.freshJson(), "");
    assertThat(no.status()).isEqualTo(429);
    assertThat(no.body()).contains("insufficient_quota").contains("budget \\\"all\\\"");
    assertThat(no.field("x-should-retry")).isEqualTo("false");
    assertThat(no.field("retry-after")).isEmpty();
    assertThat(provider.calls()).isEqualTo(1);
  }

  @Test
  void aCallWithoutACapHoldsWhatSuchCallsUsuallyNeedWhileItRuns() throws Exception {
    start("all: {amount: $1.20, per: month}");
    try (RawClient running = Team.of(gateway).open(Team.freshJson(), "first=30s")) {
      assertThat(running).isNotNull();
      Awaitility.await().until(() -> provider.calls() == 1);
      assertThat(AdminPort.of(gateway).metric("sluice_budget_held")).isGreaterThan(1.0);
      assertThat(Team.of(gateway).ask(Team.freshJson(), "").status()).isEqualTo(429);
    }
  }

  @Test
  void anotherTeamIsNotStopped() throws Exception {
    start("all: {amount: $0.01, per: day}");
    assertThat(Team.of(gateway).ask(Team.freshJson(), "").status()).isEqualTo(429);
    assertThat(Team.other(gateway).ask(Team.freshJson(), "").status()).isEqualTo(200);
  }

  @Test
  void theSdksRaiseTheirTypedExceptionsAndDoNotRetry() throws Exception {
    start("all: {amount: $0.01, per: day}");
    var openai =
        OpenAIOkHttpClient.builder().apiKey(gateway.key()).baseUrl(gateway.url() + "/v1").build();
    var chat = ChatCompletionCreateParams.builder().model("scripted-1").addUserMessage("?").build();
    var no =
        catchThrowableOfType(
            com.openai.errors.RateLimitException.class,
            () -> openai.chat().completions().create(chat));
    assertThat(no.statusCode()).isEqualTo(429);
    var anthropic =
        AnthropicOkHttpClient.builder().apiKey(gateway.key()).baseUrl(gateway.url()).build();
    var message =
        MessageCreateParams.builder().model("scripted-1").maxTokens(9).addUserMessage("?").build();
    var alsoNo =
        catchThrowableOfType(
            com.anthropic.errors.RateLimitException.class,
            () -> anthropic.messages().create(message));
    assertThat(alsoNo.statusCode()).isEqualTo(429);
    assertThat(provider.calls()).isZero();
    assertThat(AdminPort.of(gateway).metric("sluice_budget_stopped_total")).isEqualTo(2);
  }

  @Test
  void whatWasSpentBeforeARestartIsNotForgotten() throws Exception {
    start("all: {amount: $0.10, per: month}");
    assertThat(Team.of(gateway).ask(capped(30), "events=29").status()).isEqualTo(200);
    Awaitility.await().until(() -> spent() > 0);
    double before = spent();
    gateway.close();
    start("all: {amount: $0.10, per: month}");
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(spent()).isEqualTo(before));
    assertThat(Team.of(gateway).ask(capped(60), "").status()).isEqualTo(429);
  }

  @Test
  void aCallThatNeverReachedTheProviderCostsNothing() throws Exception {
    start("all: {amount: $1, per: day}");
    assertThat(Team.of(gateway).ask(capped(30), "at=head:status:500").status()).isEqualTo(500);
    Awaitility.await().until(() -> AdminPort.of(gateway).metric("sluice_budget_held") == 0);
    assertThat(spent()).isZero();
  }

  @Test
  void inShadowNothingIsStoppedAndTheMetricSaysWhatWouldHaveBeen() throws Exception {
    start("all: {amount: $0.01, per: day, mode: shadow}");
    assertThat(Team.of(gateway).ask(Team.freshJson(), "").status()).isEqualTo(200);
    assertThat(AdminPort.of(gateway).metric("sluice_budget_stopped_total")).isEqualTo(1);
  }
}
