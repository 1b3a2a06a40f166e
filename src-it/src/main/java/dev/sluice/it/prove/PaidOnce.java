package dev.sluice.it.prove;

import dev.sluice.it.load.Attempt;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An answer that was cut on its way is not paid for again.
 *
 * <p>1,000 questions, each with an answer of its own; each answer is cut at a random byte (by its
 * client in three ways, or by an nginx that bears no silence), and the same request is sent again
 * at once, until an answer is whole. Half the requests carry an idempotency key, half carry nothing
 * that tells them from others but their text. The provider counts its calls and its tokens by its
 * own books. Before that, a hundred are played with {@code streams.resume.enabled: false}: there
 * every question must be paid twice, or the cuts prove nothing.
 */
final class PaidOnce implements Promise {

  private static final int QUESTIONS = 1000;
  private static final int WITHOUT = 100;
  private static final int WARM_UP = 200;
  private static final int AT_ONCE = 64;
  private static final int ATTEMPTS_MAX = 12;
  private static final int NGINX_LIMIT_SECONDS = 1;

  @SuppressWarnings("InlineFormatString") // a whole file, which would drown the method using it
  private static final String CONFIG =
      """
      listen: {address: 127.0.0.1, port: %1$d}
      admin: {port: %2$d}
      log: {calls: false}
      streams:
        # Longer than nginx bears: here it must cut.
        keep-alive: {interval: 60s, first-byte-after: 60s}
      %3$s
      teams: {testers: {}}
      providers: {scripted: {base-url: "http://127.0.0.1:%4$d", connections: 4000}}
      routes:
        openai: {api: openai, provider: scripted, clients: open, team: testers}
        anthropic: {api: anthropic, provider: scripted, clients: open, team: testers}
        gemini: {api: gemini, provider: scripted, clients: open, team: testers}
      """;

  /** Calls and tokens in the provider's books. */
  private record Books(long calls, long tokens) {
    Books since(Books earlier) {
      return new Books(calls - earlier.calls, tokens - earlier.tokens);
    }
  }

  /**
   * How one question went.
   *
   * @param replays what {@code Sluice-Replay} said, attempt by attempt; empty strings included
   * @param firstBytes nanoseconds to the first body byte where some had been there before
   */
  private record Story(
      int cuts, List<String> replays, List<Long> firstBytes, boolean isRight, String problem) {}

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Override
  public String name() {
    return "paid-once";
  }

  @Override
  public boolean play(Ground ground, Figures figures) throws Exception {
    String given = System.getenv("SLUICE_SEED");
    long seed = given == null ? System.nanoTime() : Long.parseLong(given);
    ground.say("SLUICE_SEED=" + seed);
    boolean nginx = Nginx.isInstalled();
    int providerPort = Ground.freePort();
    SplittableRandom random = new SplittableRandom(seed);
    try (Child provider = ground.provider(providerPort, "", null)) {
      assert provider.isAlive();
      Run without = new Run(ground, providerPort, random.split(), nginx, WITHOUT, WARM_UP, false);
      Run with = new Run(ground, providerPort, random.split(), nginx, QUESTIONS, WARM_UP, true);
      without.play();
      ground.say("without: " + without);
      with.play();
      ground.say("with: " + with);
      figures.put("questions", QUESTIONS);
      figures.put("provider_calls", with.callsPerQuestion());
      figures.put("body_mismatches", with.count(story -> !story.isRight()));
      figures.put("tokens_billed_ratio", with.tokensRatio());
      figures.put("cuts", with.cuts());
      for (String how : List.of("adopted", "joined", "replayed")) {
        figures.put(how, with.said(how));
      }
      figures.put("first_replayed_byte_p50_ms", millis(with.firstBytes(), 0.50));
      figures.put("first_replayed_byte_p99_ms", millis(with.firstBytes(), 0.99));
      figures.put("first_replayed_byte_calm_p99_ms", millis(with.calm, 0.99));
      figures.put("calls_without", without.callsPerQuestion());
      figures.put("tokens_ratio_without", without.tokensRatio());
      figures.put("nginx", nginx);
      figures.put("seed", seed);
      // Exact, all of them: a thousandth is one question that was paid twice.
      return with.isExact() && without.callsPerQuestion() >= 1.9;
    }
  }

  /** One gateway, and the questions that it is asked. */
  private final class Run {
    private final Ground ground;
    private final int providerPort;
    private final SplittableRandom random;
    private final boolean nginx;
    private final int count;
    private final int warmUp;
    private final boolean isEnabled;
    private final List<Story> stories = new ArrayList<>();
    private final List<Long> calm = new ArrayList<>();
    private Books once = new Books(0, 0);
    private Books paid = new Books(0, 0);

    Run(
        Ground ground,
        int providerPort,
        SplittableRandom random,
        boolean nginx,
        int count,
        int warmUp,
        boolean isEnabled) {
      this.ground = ground;
      this.providerPort = providerPort;
      this.random = random;
      this.nginx = nginx;
      this.count = count;
      this.warmUp = warmUp;
      this.isEnabled = isEnabled;
    }

    void play() throws Exception {
      int port = Ground.freePort();
      int adminPort = Ground.freePort();
      String yaml =
          CONFIG.formatted(
              port, adminPort, isEnabled ? "" : "  resume: {enabled: false}", providerPort);
      try (Child gateway = ground.gateway(isEnabled ? "with" : "without", yaml, null)) {
        gateway.awaitPort(port, Duration.ofSeconds(90));
        if (nginx) {
          try (Nginx proxy = Nginx.start(ground, port, null, NGINX_LIMIT_SECONDS)) {
            play(port, proxy.streamPort(), adminPort);
          }
        } else {
          ground.say("nginx is not installed: what it would cut is cut by clients");
          play(port, port, adminPort);
        }
      }
    }

    private void play(int port, int nginxPort, int adminPort) throws Exception {
      // A JVM's first seconds are slow, and are not what is promised about here.
      ask(questions(QUESTIONS, warmUp), port, nginxPort);
      awaitQuiet(adminPort);
      stories.clear();
      Books start = books(providerPort);
      List<Question> questions = questions(0, count);
      Books asked = books(providerPort);
      once = asked.since(start);
      ask(questions, port, nginxPort);
      awaitQuiet(adminPort);
      if (isEnabled) {
        askOnceMore(questions, port);
      }
      paid = books(providerPort).since(asked);
    }

    private List<Question> questions(int from, int number) {
      List<Question> questions = new ArrayList<>();
      for (int i = from; i < from + number; i++) {
        questions.add(Question.of(i, random, providerPort, nginx));
      }
      return questions;
    }

    private void ask(List<Question> questions, int port, int nginxPort) throws Exception {
      List<Question> shuffled = new ArrayList<>(questions);
      // By our own seed: API, key and way of cutting follow from the number.
      for (int i = shuffled.size(); i > 1; i--) {
        Collections.swap(shuffled, i - 1, random.nextInt(i));
      }
      Semaphore places = new Semaphore(AT_ONCE);
      List<Future<Story>> told = new ArrayList<>();
      try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
        for (Question question : shuffled) {
          places.acquire();
          told.add(
              clients.submit(
                  () -> {
                    try {
                      return story(question, question.cut() == null ? nginxPort : port);
                    } finally {
                      places.release();
                    }
                  }));
        }
      }
      for (Future<Story> story : told) {
        stories.add(story.get());
      }
    }

    /** One at a time: what a replay takes where nothing else wants the processor. */
    private void askOnceMore(List<Question> questions, int port) {
      for (Question question : questions) {
        if (question.isKeyed()) {
          Attempt again = Attempt.whole(port, question.request());
          calm.add(again.firstBodyAfterNanos());
          stories.add(
              new Story(
                  0,
                  List.of(again.field("Sluice-Replay")),
                  List.of(),
                  Arrays.equals(withoutComments(again), question.expected()),
                  again.problem()));
        }
      }
    }

    private static byte[] withoutComments(Attempt attempt) {
      return StrictStream.withoutComments(new String(attempt.body(), StandardCharsets.ISO_8859_1));
    }

    private Story story(Question question, int port) {
      Attempt.Cut cut = question.cut();
      Attempt attempt =
          cut == null
              ? Attempt.whole(port, question.request())
              : Attempt.cut(port, question.request(), question.after(), cut);
      List<String> replays = new ArrayList<>(List.of(attempt.field("Sluice-Replay")));
      List<Long> firstBytes = new ArrayList<>();
      int cuts = isAnswer(attempt) ? 0 : 1;
      String problem = attempt.problem();
      boolean hadBytes = attempt.body().length > 0;
      // Without resumption nginx would cut each of them again.
      int attempts = isEnabled ? ATTEMPTS_MAX : 2;
      for (int i = 1; i < attempts && (i == 1 || !isAnswer(attempt)); i++) {
        attempt = Attempt.whole(port, question.request());
        replays.add(attempt.field("Sluice-Replay"));
        if (hadBytes && cut != null && attempt.firstBodyAfterNanos() > 0) {
          firstBytes.add(attempt.firstBodyAfterNanos());
        }
        hadBytes |= attempt.body().length > 0;
        cuts += isAnswer(attempt) ? 0 : 1;
        problem = problem.isEmpty() ? attempt.problem() : problem;
      }
      byte[] body = withoutComments(attempt);
      boolean isRight = isAnswer(attempt) && Arrays.equals(body, question.expected());
      if (!isRight && problem.isEmpty()) {
        String text = new String(body, StandardCharsets.ISO_8859_1);
        problem = attempt.status() + " " + text.lines().limit(1).toList() + " …";
      }
      return new Story(cuts, replays, firstBytes, isRight, problem);
    }

    /** nginx says 504 where it gave up before there was a head. */
    private static boolean isAnswer(Attempt attempt) {
      return attempt.isWhole() && attempt.status() != 504;
    }

    /** Calls that go on without a client are paid for too. */
    private void awaitQuiet(int adminPort) throws IOException, InterruptedException {
      long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (!get(adminPort, "/metrics").contains("\nsluice_active_calls 0.0\n")) {
        if (System.nanoTime() > until) {
          throw new IllegalStateException("calls never ended");
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }

    interface Of {
      boolean holds(Story story);
    }

    long count(Of which) {
      return stories.stream().filter(which::holds).count();
    }

    long cuts() {
      return stories.stream().mapToLong(Story::cuts).sum();
    }

    long said(String how) {
      return stories.stream()
          .flatMap(story -> story.replays().stream())
          .filter(how::equals)
          .count();
    }

    double callsPerQuestion() {
      return (double) paid.calls() / count;
    }

    double tokensRatio() {
      return (double) paid.tokens() / once.tokens();
    }

    boolean isExact() {
      return once.calls() == count && paid.equals(once) && count(story -> !story.isRight()) == 0;
    }

    List<Long> firstBytes() {
      return stories.stream().flatMap(story -> story.firstBytes().stream()).toList();
    }

    @Override
    public String toString() {
      TreeMap<String, Integer> ways = new TreeMap<>();
      stories.forEach(story -> ways.merge(String.join(",", story.replays()), 1, Integer::sum));
      return "paid "
          + paid
          + ", once "
          + once
          + ", cuts "
          + cuts()
          + ", as told "
          + ways
          + stories.stream()
              .filter(story -> !story.isRight())
              .findFirst()
              .map(story -> ", first problem: " + story.problem())
              .orElse("");
    }
  }

  private static double millis(List<Long> nanos, double quantile) {
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    return sorted.length == 0
        ? Double.NaN
        : sorted[(int) Math.min(sorted.length - 1, sorted.length * quantile)] / 1e6;
  }

  private String get(int port, String path) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private Books books(int providerPort) throws IOException, InterruptedException {
    String invoice = get(providerPort, "/scripted/invoice");
    return new Books(
        sum(invoice, "calls"), sum(invoice, "input_tokens") + sum(invoice, "output_tokens"));
  }

  private static long sum(String invoice, String name) {
    long sum = 0;
    Matcher matcher = Pattern.compile("\"" + name + "\":(\\d+)").matcher(invoice);
    while (matcher.find()) {
      sum += Long.parseLong(matcher.group(1));
    }
    return sum;
  }
}
