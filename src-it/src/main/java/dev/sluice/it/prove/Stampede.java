package dev.sluice.it.prove;

import dev.sluice.admin.demo.CacheBook;
import dev.sluice.it.load.Heard;
import dev.sluice.it.load.Herd;
import dev.sluice.it.load.LongPrompt;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/**
 * A thousand workers that start on one cold prompt write it to the provider's cache once.
 *
 * <p>1,000 clients ask within 200 ms, each a question of its own behind the same 14,000 tokens; the
 * provider's cache can be read from the first byte of the first answer on. Played without the gate
 * and with it. Then, with it: a prompt under steady load for longer than an entry lives; a second
 * herd on a pool that it shares with a chat team; leaders that are killed. What was written, and
 * when which request arrived, is in the provider's books.
 */
final class Stampede implements Promise {

  private static final int WORKERS = 1_000;
  private static final Duration WITHIN = Duration.ofMillis(200);
  private static final int PROMPT_BYTES = 56_000; // 14,000 tokens
  private static final int WARM_UP_ROUNDS = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What a call takes to begin: a prompt that must be read whole, and one that is in the cache. */
  private static final String SCRIPT = "cache;first=1500ms;read=150ms;events=8;pace=20ms";

  private static final int STEADY_PER_SECOND = 50;
  private static final Duration STEADY = Duration.ofSeconds(10);
  private static final Duration LIFE = Duration.ofSeconds(3);

  private static final int CHAT_PER_SECOND = 50;
  private static final Duration CHAT = Duration.ofSeconds(5);
  private static final long CHAT_QUEUE_MILLIS_MAX = 100;

  private static final int FOLLOWERS = 20;
  private static final double WRITE_PRICE = 1.25;
  private static final double READ_PRICE = 0.1;

  @SuppressWarnings("InlineFormatString") // a whole file, which would drown the method using it
  private static final String CONFIG =
      """
      listen: {address: 127.0.0.1, port: %1$d}
      admin: {port: %2$d}
      log: {calls: false}
      limits: {bodies-total: 1GiB}
      # Heads come with the answers, and say what was waited for.
      streams: {resume: {enabled: false}, keep-alive: {interval: 10s, first-byte-after: 30s}}
      prompt-cache: {gate: %3$s}
      teams:
        agents: {}
        chat: {quotas: {shared: {guaranteed: 600000}}}
      providers:
        plain: {base-url: "http://127.0.0.1:%4$d", connections: 2048, queue: 2048, queue-timeout: 60s, idle: 5m}
        pooled: {base-url: "http://127.0.0.1:%4$d", connections: 2048, queue: 2048, queue-timeout: 60s, idle: 5m}
      # Half a herd at once, and the other half within the next eight seconds.
      pools:
        shared: {provider: pooled, tokens-per-minute: 60000000, burst: 7s, max-wait: 10m, queue: 100000}
      routes:
        agents: {api: anthropic, provider: plain, prefix: /agents, clients: open, team: agents}
        herd: {api: anthropic, provider: pooled, prefix: /herd, clients: open, team: agents}
        chat: {api: anthropic, provider: pooled, prefix: /chat, clients: open, team: chat}
      """;

  /**
   * A herd, and what the provider saw of it.
   *
   * @param uses of its prompt only
   */
  private record Story(List<Heard> heard, List<CacheBook.Use> uses) {

    long writes() {
      return uses.stream().filter(CacheBook.Use::isWrite).count();
    }

    long failed() {
      return heard.stream()
          .filter(each -> !each.isAnswer() || !each.bodyText().contains("event: message_stop"))
          .count();
    }

    long followers() {
      return heard.stream().filter(each -> each.field("Sluice-Cache").equals("follower")).count();
    }

    double cost() {
      double cost = 0;
      for (CacheBook.Use use : uses) {
        cost += use.writtenTokens() * WRITE_PRICE + use.cachedTokens() * READ_PRICE;
      }
      return cost;
    }

    /**
     * From the first byte of the first answer to the moment when the last follower had come to the
     * provider, all of it or its head only; NaN where none came later.
     */
    double latestFollowerMillis(boolean whole) {
      Set<String> followers = new HashSet<>();
      for (int i = 0; i < heard.size(); i++) {
        if (heard.get(i).field("Sluice-Cache").equals("follower")) {
          followers.add(Integer.toString(i));
        }
      }
      long begun =
          uses.stream()
              .mapToLong(CacheBook.Use::begunNanos)
              .filter(nanos -> nanos != 0)
              .min()
              .orElse(0);
      return uses.stream()
          .filter(use -> followers.contains(use.id()))
          .mapToLong(use -> whole ? use.wholeNanos() : use.arrivedNanos())
          .filter(nanos -> nanos - begun > 0)
          .mapToDouble(nanos -> (nanos - begun) / 1e6)
          .max()
          .orElse(Double.NaN);
    }

    private static double spreadMillis(LongStream nanos) {
      LongSummaryStatistics all = nanos.summaryStatistics();
      return (all.getMax() - all.getMin()) / 1e6;
    }

    /** Who was told what, for people. */
    @Override
    public String toString() {
      TreeMap<String, Integer> roles = new TreeMap<>();
      heard.forEach(each -> roles.merge(each.field("Sluice-Cache"), 1, Integer::sum));
      return String.format(
          Locale.ROOT,
          "%d writes of %d, told %s, latest follower %.1f ms (whole %.1f ms), asked within %.0f"
              + " ms, at the provider within %.0f ms, %d failed%s",
          writes(),
          uses.size(),
          roles,
          latestFollowerMillis(false),
          latestFollowerMillis(true),
          spreadMillis(heard.stream().mapToLong(Heard::sentNanos)),
          spreadMillis(uses.stream().mapToLong(CacheBook.Use::arrivedNanos)),
          failed(),
          heard.stream()
              .filter(each -> !each.isAnswer())
              .findFirst()
              .map(each -> ", first: " + each.status() + " " + each.problem() + each.bodyText())
              .orElse(""));
    }
  }

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Override
  public String name() {
    return "stampede";
  }

  @Override
  public boolean play(Ground ground, Figures figures) throws Exception {
    String given = System.getenv("SLUICE_SEED");
    long seed = given == null ? System.nanoTime() : Long.parseLong(given);
    int kills = Integer.parseInt(System.getenv().getOrDefault("SLUICE_LEADER_KILLS", "100"));
    ground.say("SLUICE_SEED=" + seed);
    int providerPort = Ground.freePort();
    try (Child provider = ground.provider(providerPort, "", null);
        Herd clients = new Herd()) {
      assert provider.isAlive();
      Run without = new Run(ground, clients, providerPort, "off");
      without.play(run -> run.herd = run.herd("/agents", "the company without"));
      ground.say("without the gate: " + without.herd);
      Run with = new Run(ground, clients, providerPort, "on");
      with.play(
          run -> {
            run.herd = run.herd("/agents", "the company with");
            ground.say("with the gate: " + run.herd);
            run.steady = run.steady();
            ground.say("steady load: " + run.steady);
            run.shared();
            ground.say("beside a chat team: " + run.shared);
            run.kill(kills, seed);
            ground.say("leaders killed: " + run.killed);
          });
      figures(figures, without, with);
      figures.put("seed", seed);
      return with.isKept(without);
    }
  }

  private static void figures(Figures figures, Run without, Run with) {
    figures.put("workers", WORKERS);
    figures.put("cache_writes", with.herd.writes());
    figures.put("writes_without_gate", without.herd.writes());
    figures.put("cost_ratio", without.herd.cost() / with.herd.cost());
    figures.put("latest_follower_ms", with.herd.latestFollowerMillis(false));
    figures.put("latest_follower_whole_ms", with.herd.latestFollowerMillis(true));
    figures.put("latest_follower_just_started_ms", with.first.latestFollowerMillis(false));
    figures.put("cache_writes_just_started", with.first.writes());
    figures.put("followers", with.herd.followers());
    figures.put("failed", with.herd.failed());
    figures.put("extra_writes_at_expiry", with.steady.writes() - 1);
    figures.put("failed_at_expiry", with.steady.failed());
    figures.put("shared_cache_writes", with.shared.writes());
    figures.put("chat_calls", with.chat.size());
    figures.put("chat_delayed_calls", with.chatDelayed());
    figures.put("chat_p99_ms", with.chatMillis(0.99));
    figures.put("cpu_ms_per_call", with.cpuMillisPerCall);
    figures.put("cpu_ms_per_call_without_gate", without.cpuMillisPerCall);
    figures.put("leader_kills", with.killed.kills());
    figures.put("max_writes", with.maxWrites());
    figures.put("second_writes", with.secondWrites());
    figures.put("followers_failed", with.killed.failed());
  }

  /** One gateway, and what is played against it. */
  private final class Run {
    private final Ground ground;
    private final Herd clients;
    private final int providerPort;
    private final String gate;
    private int port;
    private long pid;
    private double cpuMillisPerCall;

    private Story herd = new Story(List.of(), List.of());
    private Story first = herd;
    private Story steady = herd;
    private Story shared = herd;
    private List<Heard> chat = List.of();
    private LeaderKills.Told killed = new LeaderKills.Told(0, 0, List.of());
    private List<CacheBook.Entry> killedPrompts = List.of();

    Run(Ground ground, Herd clients, int providerPort, String gate) {
      this.ground = ground;
      this.clients = clients;
      this.providerPort = providerPort;
      this.gate = gate;
    }

    private interface Part {
      void play(Run run) throws Exception;
    }

    void play(Part part) throws Exception {
      port = Ground.freePort();
      String yaml = CONFIG.formatted(port, Ground.freePort(), gate, providerPort);
      try (Child gateway = ground.gateway("gate-" + gate, yaml, null)) {
        gateway.awaitPort(port, Duration.ofSeconds(90));
        pid = gateway.pid();
        // A JVM's first seconds are slow, and are not what is promised about here: only told.
        first = herd("/agents", "warm-up " + gate);
        ground.say("just started: " + first);
        for (int i = 1; i < WARM_UP_ROUNDS; i++) {
          herd("/agents", "warm-up " + gate + i);
        }
        part.play(this);
      }
    }

    private static List<Herd.Due> parts(
        String prefix, LongPrompt prompt, int count, Duration within, String script) {
      List<Herd.Due> parts = new ArrayList<>();
      String body = prompt.body(0);
      for (int i = 0; i < count; i++) {
        String own = body.replace("Question 00000000", "Question " + String.format("%08d", i));
        parts.add(
            new Herd.Due(
                i * within.toNanos() / count,
                LongPrompt.request(prefix + LongPrompt.PATH, own, script, "x-call: " + i)));
      }
      return parts;
    }

    Story herd(String prefix, String name) throws Exception {
      LongPrompt prompt = new LongPrompt(name, PROMPT_BYTES);
      List<Herd.Due> parts = parts(prefix, prompt, WORKERS, WITHIN, SCRIPT);
      int before = book().size();
      double cpu = ProcFs.cpuSeconds(pid);
      List<Heard> heard = clients.ask(port, parts, PATIENCE);
      cpuMillisPerCall = (ProcFs.cpuSeconds(pid) - cpu) * 1e3 / WORKERS;
      return new Story(heard, since(before));
    }

    /** Longer than an entry lives that nobody uses, counted from the request that wrote it. */
    Story steady() throws Exception {
      LongPrompt prompt = new LongPrompt("steady work", PROMPT_BYTES);
      int count = (int) (STEADY.toSeconds() * STEADY_PER_SECOND);
      String script = SCRIPT + ";life=" + LIFE.toSeconds() + "s";
      int before = book().size();
      return new Story(
          clients.ask(port, parts("/agents", prompt, count, STEADY, script), STEADY.plus(PATIENCE)),
          since(before));
    }

    /** A herd on a pool, and beside it a team whose calls are within its guarantee. */
    void shared() throws Exception {
      LongPrompt prompt = new LongPrompt("shared ground", PROMPT_BYTES);
      List<Herd.Due> parts = new ArrayList<>();
      int chats = (int) (CHAT.toSeconds() * CHAT_PER_SECOND);
      for (int i = 0; i < chats; i++) {
        String body =
            "{\"model\":\"%s\",\"max_tokens\":20,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello %d\"}]}"
                .formatted(LongPrompt.MODEL, i);
        parts.add(
            new Herd.Due(
                i * CHAT.toNanos() / chats,
                LongPrompt.request("/chat" + LongPrompt.PATH, body, "events=4")));
      }
      for (Herd.Due due : parts("/herd", prompt, WORKERS, WITHIN, SCRIPT)) {
        parts.add(new Herd.Due(due.afterNanos() + TimeUnit.SECONDS.toNanos(1), due.request()));
      }
      int before = book().size();
      List<Heard> heard = clients.ask(port, parts, PATIENCE);
      chat = heard.subList(0, chats);
      shared = new Story(heard.subList(chats, heard.size()), since(before));
    }

    void kill(int kills, long seed) throws Exception {
      int before = book().size();
      killed =
          new LeaderKills(port, "/agents" + LongPrompt.PATH, List.of(), FOLLOWERS)
              .play(kills, seed);
      killedPrompts = CacheBook.entries(since(before));
    }

    private List<CacheBook.Use> since(int before) throws IOException, InterruptedException {
      List<CacheBook.Use> book = book();
      return List.copyOf(book.subList(before, book.size()));
    }

    private List<CacheBook.Use> book() throws IOException, InterruptedException {
      return http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + providerPort + "/scripted/cache"))
                  .build(),
              HttpResponse.BodyHandlers.ofString(StandardCharsets.US_ASCII))
          .body()
          .lines()
          .map(CacheBook.Use::parse)
          .toList();
    }

    /** Chat calls that failed, or that waited for tokens. */
    long chatDelayed() {
      return chat.stream()
          .filter(
              each ->
                  !each.isAnswer() || millis(each.field("Sluice-Queue-Ms")) > CHAT_QUEUE_MILLIS_MAX)
          .count();
    }

    private static long millis(String field) {
      return field.isEmpty() ? 0 : Long.parseLong(field);
    }

    double chatMillis(double quantile) {
      long[] sorted =
          chat.stream().mapToLong(each -> each.endNanos() - each.sentNanos()).sorted().toArray();
      return sorted.length == 0
          ? Double.NaN
          : sorted[(int) Math.min(sorted.length - 1, sorted.length * quantile)] / 1e6;
    }

    long maxWrites() {
      return killedPrompts.stream().mapToLong(CacheBook.Entry::writes).max().orElse(0);
    }

    long secondWrites() {
      return killedPrompts.stream().filter(each -> each.writes() == 2).count();
    }

    boolean isKept(Run without) {
      boolean costs =
          without.herd.writes() >= WORKERS * 9 / 10
              && herd.writes() == 1
              && herd.followers() > 0
              && without.herd.cost() / herd.cost() >= 12
              && steady.writes() == 1
              && shared.writes() == 1;
      boolean nobodySuffers =
          herd.latestFollowerMillis(false) <= 100
              && failed(Arrays.asList(herd, steady, shared)) == 0
              && chatDelayed() == 0;
      // Kills that never make anybody lead in the first one's place prove nothing.
      boolean survives =
          maxWrites() <= 2 && killed.failed() == 0 && (killed.kills() < 20 || secondWrites() > 0);
      return costs && nobodySuffers && survives;
    }

    private static long failed(Collection<Story> stories) {
      return stories.stream().mapToLong(Story::failed).sum();
    }
  }
}
