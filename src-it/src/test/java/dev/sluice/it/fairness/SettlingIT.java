package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.Invoice;
import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.PoolPort;
import dev.sluice.it.fixtures.PoolsYaml;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Percentage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * After thousands of calls the pool has served exactly what the provider bills.
 *
 * <p>Calls of all APIs, as streams and whole; of the clients, one in twenty leaves in the middle,
 * and the answer is read to its end without it; one call in a hundred is answered far longer than
 * was forecast, one fails at the provider, and of a second team most are refused. The calls whose
 * answers say nothing of usage go to a model of their own: their input is an estimate, and is
 * compared apart.
 */
@ExtendWith(NoLeaks.class)
class SettlingIT {

  private static final int CALLS = Integer.getInteger("sluice.settle", 2_000);
  private static final int AT_ONCE = 48;
  private static final String BLIND = "scripted-blind";

  /** What metrics call a model of which no provider has said that it exists. */
  private static final String UNKNOWN = "other";

  private static final String YAML =
      PoolsYaml.HEAD.replace("first-byte-after: 200ms", "first-byte-after: 10s")
          + """
          teams:
            testers: {keys: ["${KEY_HASH}"]}
            others: {keys: ["${OTHER_HASH}"], quotas: {main: {ceiling: 600, max-wait: 0s}}}
          pools:
            main: {provider: scripted, tokens-per-minute: 100M, counting: plain, burst: 60s}
          providers:
            scripted: {base-url: "${PROVIDER}", connections: 256, orphans: {policy: finish}}
          routes:
            openai: {api: openai, provider: scripted}
            anthropic: {api: anthropic, provider: scripted}
            gemini: {api: gemini, provider: scripted}
          """;

  private static final String PROSE =
      "While the tool was working, nobody said a word; the stream stayed open, and when the answer"
          + " came, it came whole. ";

  private static ScriptedProvider provider;
  private static GatewayUnderTest gateway;

  @BeforeAll
  static void start() {
    provider = ScriptedProvider.start(0, Script.PLAIN);
    gateway = GatewayUnderTest.start(provider.baseUrl(), YAML);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  /** What a client does. */
  private enum Way {
    READ,
    LEAVE,
    BLIND,
    LONG,
    FAIL,
    REFUSED
  }

  private record Played(Way way, Bodies.Stream asked, String script) {
    static Played random(int number, SplittableRandom random) {
      int chance = random.nextInt(100);
      Way way =
          chance < 5
              ? Way.LEAVE
              : chance < 6
                  ? Way.BLIND
                  : chance < 7
                      ? Way.LONG
                      : chance < 8 ? Way.FAIL : chance < 10 ? Way.REFUSED : Way.READ;
      int text = random.nextInt(200, 2_000);
      String prompt =
          number + ". " + PROSE.repeat(text / PROSE.length() + 1).substring(0, text).strip();
      List<Bodies.Stream> apis = APIS;
      Bodies.Stream api = way == Way.BLIND ? BLIND_STREAM : apis.get(random.nextInt(apis.size()));
      Bodies.Stream asked =
          new Bodies.Stream(api.path(), api.body().replace("\"?\"", "\"" + prompt + "\""));
      int events = random.nextInt(1, 50);
      String script =
          switch (way) {
            case READ, REFUSED ->
                "events=%d;reasoning=%d;cached=%d"
                    .formatted(events, random.nextInt(3), random.nextInt(2) * 40);
            case LEAVE -> "events=%d;pace=2ms;first=5ms".formatted(20 + events);
            case BLIND -> "events=%d;usage=never".formatted(events);
            case LONG -> "events=1200;size=2;burst=100";
            case FAIL -> "at=head:status:500";
          };
      return new Played(way, asked, script);
    }
  }

  private static final List<Bodies.Stream> APIS =
      List.of(
          new Bodies.Stream(Bodies.CHAT_PATH, Bodies.CHAT_STREAM),
          new Bodies.Stream(Bodies.CHAT_PATH, Bodies.CHAT_STREAM_ASKING),
          new Bodies.Stream(Bodies.CHAT_PATH, Bodies.CHAT),
          new Bodies.Stream("/v1/responses", Bodies.RESPONSES_STREAM),
          new Bodies.Stream("/v1/messages", Bodies.MESSAGES_STREAM),
          new Bodies.Stream("/v1/messages", Bodies.MESSAGES),
          new Bodies.Stream(Bodies.GEMINI_STREAM_PATH, Bodies.GEMINI),
          new Bodies.Stream("/v1beta/models/scripted-1:generateContent", Bodies.GEMINI));

  private static final Bodies.Stream BLIND_STREAM =
      new Bodies.Stream(Bodies.CHAT_PATH, Bodies.CHAT_STREAM.replace("scripted-1", BLIND));

  @Test
  void whatThePoolHasServedIsWhatTheProviderBills() throws Exception {
    long seed = Long.getLong("sluice.seed", System.nanoTime());
    System.out.println("SettlingIT: " + CALLS + " calls, -Dsluice.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Map<Way, Integer> played = new EnumMap<>(Way.class);
    AtomicInteger passed = new AtomicInteger();
    Semaphore room = new Semaphore(AT_ONCE);
    List<Future<?>> ends = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CALLS; i++) {
        Played call = Played.random(i, random);
        played.merge(call.way(), 1, Integer::sum);
        room.acquire();
        ends.add(
            clients.submit(
                () -> {
                  try {
                    play(call, passed);
                  } finally {
                    room.release();
                  }
                  return null;
                }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    }
    AdminPort admin = AdminPort.of(gateway);
    PoolPort pool = PoolPort.of(gateway, "main");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(admin.metric("sluice_active_calls")).isZero());

    // Nothing is reserved any more, and nobody was counted twice or not at all.
    pool.awaitNothingReserved();
    Invoice.Line billed = provider.invoice().of("scripted-1");
    Invoice.Line blind = provider.invoice().of(BLIND);
    int refused = played.getOrDefault(Way.REFUSED, 0) - passed.get();
    assertThat(refused).as("refused").isPositive();
    assertThat(billed.calls() + blind.calls())
        .isEqualTo(provider.requests() - played.getOrDefault(Way.FAIL, 0))
        .isBetween(CALLS * 8L / 10, (long) CALLS);
    assertThat(billed.cancelled()).as("answers that were not read to their end").isZero();

    // To the token where the provider said what it bills.
    long cached = tokens(admin, "scripted-1", "cache_read");
    assertThat(tokens(admin, "scripted-1", "uncached_input") + cached)
        .isEqualTo(billed.inputTokens());
    assertThat(cached).isEqualTo(billed.cachedTokens()).isPositive();
    assertThat(tokens(admin, "scripted-1", "output")).isEqualTo(billed.outputTokens());

    // Where it said nothing: the output was seen, the input is an estimate.
    long blindInput = tokens(admin, UNKNOWN, "uncached_input");
    long blindOutput = tokens(admin, UNKNOWN, "output");
    System.out.printf(
        "SettlingIT: %,d calls, %,d refused, billed %,d + %,d tokens; without usage: %d calls,"
            + " billed %,d + %,d, settled %,d + %,d%n",
        CALLS,
        refused,
        billed.inputTokens(),
        billed.outputTokens(),
        blind.calls(),
        blind.inputTokens(),
        blind.outputTokens(),
        blindInput,
        blindOutput);
    System.out.println(
        "SettlingIT: false alarms of drift: " + admin.metric("sluice_tokenizer_drift_total"));
    assertThat((long) admin.metric("sluice_usage_source_total", "source=\"estimate\""))
        .isEqualTo(blind.calls());
    assertThat(admin.metric("sluice_usage_source_total", "source=\"partial\"")).isZero();
    // An event is taken for a token, also the few that carry none (see below).
    assertThat(blindOutput - blind.outputTokens()).isBetween(0L, 3 * blind.calls());
    assertThat(blindInput).isCloseTo(blind.inputTokens(), Percentage.withPercentage(5));

    // And the pool has served what the metrics say.
    long served =
        pool.team("testers").path("served_tokens").asLong()
            + pool.team("others").path("served_tokens").asLong();
    assertThat(served)
        .isEqualTo(billed.inputTokens() + billed.outputTokens() + blindInput + blindOutput);
    assertThat((long) admin.metric("sluice_pool_tokens_total", "pool=\"main\"")).isEqualTo(served);
  }

  /** A first chunk with the role, a last one with the reason and the end marker hold no token. */
  @Test
  void eventsWithoutContentAreNotTakenForTokens() throws Exception {
    AdminPort admin = AdminPort.of(gateway);
    long before = tokens(admin, UNKNOWN, "output");
    Team.of(gateway).ask(Team.fresh(BLIND_STREAM), "events=5;usage=never");
    PoolPort.of(gateway, "main").awaitNothingReserved();
    assertThat(tokens(admin, UNKNOWN, "output") - before).isEqualTo(5);
  }

  private static long tokens(AdminPort admin, String model, String kind) throws IOException {
    return (long)
        admin.metric("sluice_tokens_total", "model=\"" + model + "\"", "kind=\"" + kind + "\"");
  }

  private static void play(Played call, AtomicInteger passed) throws IOException {
    switch (call.way()) {
      case READ, BLIND, LONG -> {
        RawAnswer answer = Team.of(gateway).ask(call.asked(), call.script());
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.end()).isEqualTo(RawAnswer.End.WHOLE);
      }
      case FAIL ->
          assertThat(Team.of(gateway).ask(call.asked(), call.script()).status()).isEqualTo(500);
      case REFUSED -> {
        RawAnswer answer = Team.other(gateway).ask(call.asked(), call.script());
        assertThat(answer.status()).isIn(200, 429);
        passed.addAndGet(answer.status() == 200 ? 1 : 0);
      }
      case LEAVE -> {
        try (RawClient client = Team.of(gateway).open(call.asked(), call.script())) {
          boolean isStream =
              call.asked().body().contains("\"stream\":true")
                  || call.asked().path().contains("stream");
          if (isStream) {
            client.await("data:");
          } // else before its call is sent, or while the provider is at work, as it happens
          client.reset();
        }
      }
    }
  }
}
