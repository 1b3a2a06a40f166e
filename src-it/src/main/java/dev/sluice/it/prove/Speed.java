package dev.sluice.it.prove;

import dev.sluice.it.load.IdleStreams;
import dev.sluice.it.load.LoadClient;
import dev.sluice.it.load.LoadPlan;
import dev.sluice.it.load.LoadResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway costs, next to what nginx costs as a plain reverse proxy in the same minute on
 * the same core.
 *
 * <p>Gateway and nginx on core 0, one at a time, in turns; load client and provider on core 1. CPU
 * is what Linux charged the whole process (JIT and collector included) during a run, over the
 * answers (or events) of that run. A figure is the median over the rounds.
 */
final class Speed implements Promise {

  private static final int ROUNDS = 5;
  private static final Duration ROUND = Duration.ofSeconds(6);

  /** On one core the compiler has only what the load leaves it: it is done after about so long. */
  private static final Duration WARM_UP = Duration.ofSeconds(20);

  private static final int IDLE_STREAMS = 9_500;
  private static final double ADDED_RATE = 1_000;

  private static final String FEATURES =
      "journal and cursor, keep-alive 15 s +-20 %, usage reading, include_usage asked and"
          + " swallowed, request scan, team keys, framing guard, all limits and deadlines, one log"
          + " line per call, metrics";

  private static final String CONFIG =
      """
      listen: {address: 127.0.0.1, port: %1$d, event-loops: 1}
      admin: {port: 0}
      limits: {requests-per-connection: 1000000000, connections: 20000}
      teams: {testers: {keys: ["%3$s"]}}
      providers:
        scripted: {base-url: "http://127.0.0.1:%2$d", key: provider-secret, connections: 20000}
      routes:
        openai: {api: openai, provider: scripted}
      """;

  private record Scene(
      String figure, double target, int connections, byte[] body, String script, boolean stream) {}

  private static byte[] body(boolean stream, int bytes) {
    String start =
        "{\"model\":\"scripted-1\",\"stream\":"
            + stream
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"";
    String end = "\"}]}";
    String filler = "What is the weather in Turku, and why? ".repeat(bytes / 30 + 1);
    return (start + filler.substring(0, bytes - start.length() - end.length()) + end)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static final List<Scene> SCENES =
      List.of(
          new Scene("cpu_ratio_small_json", 2.0, 64, body(false, 1024), "events=20", false),
          new Scene(
              "cpu_ratio_32k_prompt", Double.NaN, 64, body(false, 32 * 1024), "events=20", false),
          new Scene(
              "cpu_ratio_sse_chunk",
              1.5,
              200,
              body(true, 1024),
              "events=100;pace=25ms;size=24",
              true),
          new Scene(
              "cpu_ratio_sse_flat_out",
              2.0,
              64,
              body(true, 1024),
              "events=400;burst=16;size=24",
              true));

  private final String key;
  private final String hash;

  Speed() {
    key = dev.sluice.billing.team.ApiKey.generate(new java.security.SecureRandom());
    hash =
        new dev.sluice.billing.team.ApiKeyHasher(
                dev.sluice.billing.team.ApiKeyHasher.DEFAULT_SECRET)
            .hash(key)
            .text();
  }

  @Override
  public String name() {
    return "speed";
  }

  @Override
  public boolean play(Ground ground, Figures figures) throws Exception {
    boolean canPin = Ground.has("taskset") && Runtime.getRuntime().availableProcessors() > 1;
    Integer proxyCpu = canPin ? 0 : null;
    Integer loadCpu = canPin ? 1 : null;
    if (canPin) {
      pinMyself(1);
    }
    figures.put("features", FEATURES + (canPin ? "" : "; not pinned to cores"));
    int providerPort = Ground.freePort();
    boolean ok = Nginx.isInstalled() && canPin;
    try (Child provider = ground.provider(providerPort, "", loadCpu);
        LoadClient client = new LoadClient()) {
      assert provider.isAlive();
      int port = Ground.freePort();
      try (Child gateway =
          ground.gateway("gateway", CONFIG.formatted(port, providerPort, hash), proxyCpu)) {
        gateway.awaitPort(port, Duration.ofSeconds(90));
        if (Nginx.isInstalled()) {
          try (Nginx nginx = Nginx.start(ground, providerPort, proxyCpu)) {
            ok &= ratios(ground, figures, client, gateway, port, nginx);
            ok &= added(ground, figures, client, port, nginx.port(), providerPort);
          }
        } else {
          ground.say("nginx is not installed: no ratios, and so no proof");
          SCENES.forEach(scene -> figures.putNothing(scene.figure()));
          added(ground, figures, client, port, 0, providerPort);
        }
      }
      ok &= idle(ground, figures, client, providerPort, proxyCpu);
    }
    return ok;
  }

  private static void pinMyself(int cpu) throws IOException, InterruptedException {
    new ProcessBuilder(
            "taskset", "-acp", Integer.toString(cpu), Long.toString(ProcessHandle.current().pid()))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private LoadPlan plan(Scene scene, int port, double rate, Duration duration) {
    return new LoadPlan(
        "127.0.0.1",
        port,
        "/v1/chat/completions",
        List.of("Authorization: Bearer " + key, "x-script: " + scene.script()),
        scene.body(),
        scene.connections(),
        rate,
        Duration.ZERO,
        duration,
        scene.stream());
  }

  // CPU per answer or event

  private boolean ratios(
      Ground ground, Figures figures, LoadClient client, Child gateway, int port, Nginx nginx)
      throws IOException, InterruptedException {
    boolean ok = true;
    for (Scene scene : SCENES) {
      int nginxPort = scene.stream() ? nginx.streamPort() : nginx.port();
      // The JIT needs some ten thousand calls before the figures are those of a running service.
      client.run(plan(scene, port, 0, WARM_UP));
      client.run(plan(scene, nginxPort, 0, Duration.ofSeconds(1)));
      double[] ours = new double[ROUNDS];
      double[] theirs = new double[ROUNDS];
      double[] ratios = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        ours[round] = micros(ground, client, scene, port, gateway.pid());
        theirs[round] = micros(ground, client, scene, nginxPort, nginx.worker());
        ratios[round] = ours[round] / theirs[round];
      }
      double ratio = median(ratios);
      ground.say(
          String.format(
              Locale.ROOT,
              "%s: gateway %.1f us, nginx %.1f us, ratio %.2f (rounds %s)",
              scene.figure(),
              median(ours),
              median(theirs),
              ratio,
              Arrays.toString(
                  Arrays.stream(ratios).map(r -> Math.round(r * 100) / 100.0).toArray())));
      figures.put(scene.figure(), ratio);
      figures.put(scene.figure().replace("ratio", "us"), median(ours));
      ok &= Double.isNaN(scene.target()) || ratio <= scene.target();
    }
    return ok;
  }

  /** CPU microseconds per answer, or per event of a stream. */
  private double micros(Ground ground, LoadClient client, Scene scene, int port, long pid)
      throws IOException, InterruptedException {
    double before = ProcFs.cpuSeconds(pid);
    LoadResult result = client.run(plan(scene, port, 0, ROUND));
    double used = ProcFs.cpuSeconds(pid) - before;
    if (result.broken() + result.otherStatus() > 0) {
      ground.say("on port " + port + ": " + result.summary());
      throw new IllegalStateException("Not every answer was whole: " + result.firstProblem());
    }
    return used * 1e6 / (scene.stream() ? result.events() : result.answers());
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  // Latency

  private boolean added(
      Ground ground, Figures figures, LoadClient client, int port, int nginxPort, int directPort)
      throws InterruptedException {
    Scene scene = SCENES.getFirst();
    int[] ports =
        nginxPort == 0 ? new int[] {directPort, port} : new int[] {directPort, port, nginxPort};
    List<Histogram> latencies = new ArrayList<>();
    for (int ignored : ports) {
      latencies.add(new Histogram(3));
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < ports.length; i++) {
        LoadResult result = client.run(plan(scene, ports[i], ADDED_RATE, ROUND));
        latencies.get(i).add(result.latencies());
      }
    }
    double p50 = millis(latencies.get(1), 50) - millis(latencies.get(0), 50);
    double p99 = millis(latencies.get(1), 99) - millis(latencies.get(0), 99);
    figures.put("added_rate_per_s", ADDED_RATE);
    figures.put("added_p50_ms", p50);
    figures.put("added_p99_ms", p99);
    if (nginxPort == 0) {
      return false;
    }
    double theirs = millis(latencies.get(2), 99) - millis(latencies.get(0), 99);
    figures.put("nginx_added_p50_ms", millis(latencies.get(2), 50) - millis(latencies.get(0), 50));
    figures.put("nginx_added_p99_ms", theirs);
    ground.say(
        String.format(
            Locale.ROOT,
            "at %.0f requests/s: p50 +%.3f ms, p99 +%.3f ms; nginx p99 +%.3f ms",
            ADDED_RATE,
            p50,
            p99,
            theirs));
    return p99 <= theirs + 0.5;
  }

  private static double millis(Histogram histogram, double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1e6;
  }

  // Memory

  private boolean idle(
      Ground ground, Figures figures, LoadClient client, int providerPort, @Nullable Integer cpu)
      throws IOException, InterruptedException {
    int port = Ground.freePort();
    try (Child gateway = ground.gateway("idle", CONFIG.formatted(port, providerPort, hash), cpu)) {
      gateway.awaitPort(port, Duration.ofSeconds(90));
      client.run(plan(SCENES.getFirst(), port, 500, Duration.ofSeconds(4)));
      long before = settledBytes(gateway.pid());
      Scene scene = new Scene("", 0, IDLE_STREAMS, body(true, 1024), "events=20;gap=30m@3", true);
      try (IdleStreams streams = client.open(plan(scene, port, 0, Duration.ZERO), 1_000, 60)) {
        // Two keep-alives each: what a stream costs includes what its comments leave behind.
        TimeUnit.SECONDS.sleep(32);
        long after = settledBytes(gateway.pid());
        long each = (after - before) / IDLE_STREAMS;
        ground.say(
            String.format(
                Locale.ROOT,
                "%d idle streams: %d MiB over %d MiB, %d bytes each; %d ended",
                IDLE_STREAMS,
                (after - before) >> 20,
                before >> 20,
                each,
                streams.closed()));
        figures.put("bytes_per_idle_stream", each);
        figures.put("idle_streams", IDLE_STREAMS);
        return each <= 20 * 1024 && streams.closed() == 0;
      }
    }
  }

  /** Resident memory without garbage that merely has not been collected yet. */
  private static long settledBytes(long pid) throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
    new ProcessBuilder(jcmd, Long.toString(pid), "GC.run")
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
    TimeUnit.SECONDS.sleep(1);
    return ProcFs.residentBytes(pid);
  }
}
