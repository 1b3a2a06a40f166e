package dev.sluice.it.prove;

import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.load.Attempt;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A team's long prompts do not take the tokens on which another team's latency lives.
 *
 * <p>One pool of 2 million tokens per minute. The chat team asks for 620,000 a minute in requests
 * of about 1,000, which is also its guarantee; the summariser for 2.7 million in requests of about
 * 12,500 and up to 30,000. Both arrive at random. The same is played twice: as one queue, in the
 * order of arrival, and with each team's own share. Time is compressed: all rates are ten times as
 * high, and what is told are waits times ten, seconds of the uncompressed play.
 *
 * <p>Then three teams that always have more to ask than there is, with weights 1, 2 and 1.
 */
final class Fairness implements Promise {

  private static final int FASTER = 10;
  private static final long POOL_PER_MINUTE = 2_000_000L * FASTER;
  private static final long CHAT_PER_MINUTE = 620_000L * FASTER;

  /** No more than eight requests: now and then the team must wait for more than is its own. */
  private static final long CHAT_BURST = 8_000;

  private static final double CHAT_PER_SECOND = 620.0 * FASTER / 60;
  private static final double SUMMARISER_PER_SECOND = 2_700_000.0 / 12_500 * FASTER / 60;
  private static final int LARGEST = 30_000;
  private static final int BYTES_PER_TOKEN = 4; // as the scripted provider counts
  private static final Duration WARM_UP = Duration.ofSeconds(6);
  private static final Duration MEASURED = Duration.ofSeconds(36);
  private static final Duration BURST = Duration.ofSeconds(1);
  private static final int BACKLOGGED_CLIENTS = 12;
  private static final double NANOS_PER_SECOND = 1e9;

  @SuppressWarnings("InlineFormatString") // a whole file, which would drown the method using it
  private static final String CONFIG =
      """
      listen: {address: 127.0.0.1, port: %1$d}
      admin: {port: %2$d}
      log: {calls: false}
      limits: {bodies-total: 1GiB}
      streams: {resume: {enabled: false}}
      teams:
      %4$s
      providers: {scripted: {base-url: "http://127.0.0.1:%3$d", connections: 4000, idle: 5m}}
      pools:
        shared: {provider: scripted, tokens-per-minute: %5$d, burst: %6$dms, max-wait: 10m, queue: 100000}
      routes:
      %7$s
      """;

  private static final String CHAT_TEAM =
      "  chat: {quotas: {shared: {guaranteed: "
          + CHAT_PER_MINUTE
          + ", burst: "
          + CHAT_BURST
          + "}}}\n  summariser: {}";

  /** One call that came to its end within the measured time. */
  private record Heard(String flow, long askedNanos, long answeredNanos) {
    double waitSeconds() {
      return (answeredNanos - askedNanos) / NANOS_PER_SECOND * FASTER;
    }
  }

  /** A request as the provider saw it. */
  private record Arrived(long nanos, long tokens, String team) {}

  private final String filler =
      "The quick brown fox jumps over the lazy dog, and the 42 hens look on. ".repeat(2_000);

  @Override
  public String name() {
    return "fairness";
  }

  @Override
  public boolean play(Ground ground, Figures figures) throws Exception {
    double bound = LARGEST * 60.0 / (POOL_PER_MINUTE / (double) FASTER);
    Scene fifo = new Scene(ground, "fifo", "  all: {}", List.of("all"), 7);
    fifo.noisyNeighbour("/all", "/all");
    List<Double> fifoWaits = fifo.waits("chat");
    Scene fair = new Scene(ground, "fair", CHAT_TEAM, List.of("chat", "summariser"), 7);
    fair.noisyNeighbour("/chat", "/summariser");
    List<Double> waits = fair.waits("chat");
    Scene weights =
        new Scene(
            ground,
            "weights",
            "  one: {}\n  two: {quotas: {shared: {weight: 2}}}\n  three: {}",
            List.of("one", "two", "three"),
            11);
    double offPoints = weights.backlogged();

    double p99 = quantile(waits, 0.99);
    double use = fair.use();
    double blame = fair.blame("chat", "summariser");
    figures.put("chat_calls", waits.size());
    figures.put("chat_wait_p50_s", quantile(waits, 0.5));
    figures.put("chat_wait_p99_s", p99);
    figures.put("bound_s", bound);
    figures.put("pool_use", use);
    figures.put("overshoot_tokens", fair.overshoot());
    figures.put("blame_share", blame);
    figures.put("fifo_chat_wait_p50_s", quantile(fifoWaits, 0.5));
    figures.put("fifo_chat_wait_p99_s", quantile(fifoWaits, 0.99));
    figures.put("fifo_pool_use", fifo.use());
    figures.put("weights_off_points", offPoints);
    figures.put("times_compressed", FASTER);
    return p99 <= bound + 0.3
        && use >= 0.98
        && fair.overshoot() == 0
        && blame >= 0.95
        && offPoints <= 1
        && quantile(fifoWaits, 0.99) > 10 * p99;
  }

  private static double quantile(List<Double> values, double q) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.isEmpty()
        ? Double.NaN
        : sorted.get((int) Math.min(sorted.size() - 1, Math.ceil(q * sorted.size()) - 1));
  }

  /** One play: a provider and a gateway of its own. */
  private final class Scene {
    private final Ground ground;
    private final String name;
    private final String teams;
    private final List<String> routes;
    private final SplittableRandom random;
    private final Queue<Heard> heard = new ConcurrentLinkedQueue<>();
    private final Queue<Arrived> arrived = new ConcurrentLinkedQueue<>();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean isOver = new AtomicBoolean();
    private long fromNanos;
    private long untilNanos;
    private String pools = "";

    Scene(Ground ground, String name, String teams, List<String> routes, long seed) {
      this.ground = ground;
      this.name = name;
      this.teams = teams;
      this.routes = routes;
      this.random = new SplittableRandom(seed);
    }

    private interface Part {
      void play(int port, ExecutorService clients) throws Exception;
    }

    private void play(Part part) throws Exception {
      int port = Ground.freePort();
      int adminPort = Ground.freePort();
      try (ScriptedProvider provider = ScriptedProvider.start(0, Script.parse("events=1"));
          Child gateway = ground.gateway(name, config(port, adminPort, provider.port()), null)) {
        gateway.awaitPort(port, Duration.ofSeconds(90));
        Thread books = Thread.ofPlatform().daemon().start(() -> keepBooks(provider));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
        part.play(port, clients);
        pools = get(adminPort, "/admin/v1/pools");
        isOver.set(true);
        clients.shutdownNow();
        books.join();
      }
      if (!problems.isEmpty()) {
        throw new IllegalStateException(
            name + ": " + problems.size() + " calls went wrong: " + problems.peek());
      }
    }

    private String config(int port, int adminPort, int providerPort) {
      StringBuilder lines = new StringBuilder();
      for (String route : routes) {
        lines.append(
            "  %1$s: {api: openai, provider: scripted, prefix: /%1$s, clients: open, team: %1$s}\n"
                .formatted(route));
      }
      return CONFIG.formatted(
          port, adminPort, providerPort, teams, POOL_PER_MINUTE, BURST.toMillis(), lines);
    }

    private void keepBooks(ScriptedProvider provider) {
      try {
        while (!isOver.get()) {
          ReceivedRequest request = provider.take(Duration.ofMillis(50));
          if (request != null) {
            String flow = request.headers().get("x-flow");
            arrived.add(
                new Arrived(
                    System.nanoTime(),
                    request.body().length / BYTES_PER_TOKEN + 1,
                    flow == null ? "" : flow));
          }
        }
      } catch (InterruptedException ending) {
        Thread.currentThread().interrupt();
      }
    }

    // The noisy neighbour

    void noisyNeighbour(String chat, String summariser) throws Exception {
      play(
          (port, clients) -> {
            SplittableRandom chats = random.split();
            SplittableRandom texts = random.split();
            long start = System.nanoTime();
            fromNanos = start + WARM_UP.toNanos();
            untilNanos = fromNanos + MEASURED.toNanos();
            double nextChat = exponential(chats, CHAT_PER_SECOND);
            double nextText = exponential(texts, SUMMARISER_PER_SECOND);
            double end = (untilNanos - start) / NANOS_PER_SECOND;
            while (Math.min(nextChat, nextText) < end) {
              boolean isChat = nextChat < nextText;
              await(start + (long) (Math.min(nextChat, nextText) * NANOS_PER_SECOND));
              int tokens = isChat ? chats.nextInt(500, 1_501) : textTokens(texts);
              String flow = isChat ? "chat" : "summariser";
              byte[] request = request(isChat ? chat : summariser, flow, tokens);
              clients.execute(() -> ask(port, flow, request));
              if (isChat) {
                nextChat += exponential(chats, CHAT_PER_SECOND);
              } else {
                nextText += exponential(texts, SUMMARISER_PER_SECOND);
              }
            }
            await(untilNanos);
          });
      ground.say(
          String.format(
              Locale.ROOT,
              "%s: chat waits p50 %.2f s, p99 %.2f s (%d calls), pool use %.3f",
              name,
              quantile(waits("chat"), 0.5),
              quantile(waits("chat"), 0.99),
              waits("chat").size(),
              use()));
    }

    /** About 12,500 on average; one in ten from 22,000 to 30,000. */
    private static int textTokens(SplittableRandom random) {
      return random.nextInt(10) == 0
          ? random.nextInt(22_000, LARGEST + 1)
          : random.nextInt(2_000, 20_001);
    }

    private static double exponential(SplittableRandom random, double perSecond) {
      return -Math.log(1 - random.nextDouble()) / perSecond;
    }

    private static void await(long nanos) throws InterruptedException {
      long left = nanos - System.nanoTime();
      if (left > 0) {
        TimeUnit.NANOSECONDS.sleep(left);
      }
    }

    // Those who always wait

    /** By how many points the shares of three teams differ from 25, 50 and 25, at most. */
    double backlogged() throws Exception {
      play(
          (port, clients) -> {
            fromNanos = System.nanoTime() + WARM_UP.toNanos();
            untilNanos = fromNanos + MEASURED.toNanos() / 2;
            for (String team : routes) {
              for (int i = 0; i < BACKLOGGED_CLIENTS; i++) {
                SplittableRandom own = random.split();
                clients.execute(
                    () -> {
                      while (!isOver.get()) {
                        ask(port, team, request("/" + team, team, own.nextInt(2_000, 8_001)));
                      }
                    });
              }
            }
            await(untilNanos);
          });
      double all = tokens("");
      double off = 0;
      StringBuilder shares = new StringBuilder();
      double[] fair = {0.25, 0.5, 0.25};
      for (int i = 0; i < routes.size(); i++) {
        double share = tokens(routes.get(i)) / all;
        shares.append(String.format(Locale.ROOT, " %s %.4f", routes.get(i), share));
        off = Math.max(off, Math.abs(share - fair[i]) * 100);
      }
      ground.say("weights 1:2:1, shares:" + shares);
      return off;
    }

    // Asking

    private byte[] request(String prefix, String flow, int tokens) {
      String start =
          "{\"model\":\"scripted-1\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"";
      String end = "\"}]}";
      int text = Math.max(0, tokens * BYTES_PER_TOKEN - start.length() - end.length());
      String body = start + filler.substring(0, text) + end;
      return ("POST "
              + prefix
              + "/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
              + "Content-Type: application/json\r\nX-Flow: "
              + flow
              + "\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body)
          .getBytes(StandardCharsets.US_ASCII);
    }

    private void ask(int port, String flow, byte[] request) {
      long asked = System.nanoTime();
      Attempt attempt = Attempt.whole(port, request);
      long answered = System.nanoTime();
      if (isOver.get()) {
        return;
      }
      if (attempt.status() != 200 || !attempt.isWhole()) {
        problems.add("status " + attempt.status() + ", " + attempt.problem());
      }
      heard.add(new Heard(flow, asked, answered));
    }

    private static String get(int port, String path) throws IOException, InterruptedException {
      try (HttpClient client = HttpClient.newHttpClient()) {
        return client
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
      }
    }

    // Figures

    /** Of calls that were asked within the measured time and answered by its end. */
    List<Double> waits(String flow) {
      List<Double> waits = new ArrayList<>();
      for (Heard each : heard) {
        if (each.flow().equals(flow) && each.askedNanos() >= fromNanos) {
          waits.add(each.waitSeconds());
        }
      }
      return waits;
    }

    /** Of the flow, or of all. */
    private double tokens(String flow) {
      return arrived.stream()
          .filter(a -> a.nanos() >= fromNanos && a.nanos() < untilNanos)
          .filter(a -> flow.isEmpty() || a.team().equals(flow))
          .mapToLong(Arrived::tokens)
          .sum();
    }

    /** What the provider was asked for, over what it would have given. */
    double use() {
      double seconds = (untilNanos - fromNanos) / NANOS_PER_SECOND;
      return tokens("") / (POOL_PER_MINUTE / 60.0 * seconds);
    }

    /**
     * By how much any window exceeds rate times window and burst, by the provider's clock: a bucket
     * of the pool's burst, and one largest request that may leave a debt.
     */
    long overshoot() {
      double perNano = POOL_PER_MINUTE / 60e9;
      double burst = POOL_PER_MINUTE / 60e3 * BURST.toMillis();
      double level = burst;
      double lowest = 0;
      long last = 0;
      for (Arrived each : arrived) {
        level = last == 0 ? burst : Math.min(burst, level + (each.nanos() - last) * perNano);
        level -= each.tokens();
        lowest = Math.min(lowest, level);
        last = each.nanos();
      }
      return Math.max(0, Math.round(-lowest - LARGEST));
    }

    /** Which part of one team's waiting is owed to the other. */
    double blame(String victim, String cause) {
      double sum = 0;
      double owed = 0;
      for (JsonNode team : new JsonMapper().readTree(pools).at("/pools/0/teams")) {
        if (team.path("team").asString().equals(victim)) {
          for (Map.Entry<String, JsonNode> part : team.path("blamed_seconds").properties()) {
            sum += part.getValue().asDouble();
            owed += part.getKey().equals(cause) ? part.getValue().asDouble() : 0;
          }
        }
      }
      ground.say(String.format(Locale.ROOT, "%s waited %.2f s in all", victim, sum));
      return sum == 0 ? Double.NaN : owed / sum;
    }
  }
}
