package dev.sluice.it.prove;

import dev.sluice.it.load.LoadClient;
import dev.sluice.it.load.LoadPlan;
import dev.sluice.it.load.LoadResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What it costs a call to come under a pool: estimate, decision, settlement, and the fields that
 * tell of them.
 *
 * <p>Two gateways share core 0 and are asked in turns; one has a pool whose limits nothing reaches,
 * the other has none. Load client and provider share the other core.
 */
final class Metering implements Promise {

  private static final int ROUNDS = 7;
  private static final Duration ROUND = Duration.ofSeconds(5);
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final int CONNECTIONS = 64;
  private static final double CALM_RATE = 1_000;
  private static final double LONG_RATE = 800;
  private static final double COST_MAX = 1.15;

  @SuppressWarnings("InlineFormatString") // a whole file, which would drown the method using it
  private static final String CONFIG =
      """
      listen: {address: 127.0.0.1, port: %1$d, event-loops: 1}
      admin: {port: 0}
      limits: {requests-per-connection: 1000000000}
      teams: {testers: %3$s}
      providers: {scripted: {base-url: "http://127.0.0.1:%2$d", connections: 20000}}
      routes: {openai: {api: openai, provider: scripted, clients: open, team: testers}}
      %4$s
      """;

  private static final String POOL =
      "pools: {all: {provider: scripted, tokens-per-minute: 500M, requests-per-minute: 500M}}";

  /**
   * One scene for both gateways.
   *
   * @param rate requests per second, or 0 for as many as are answered; long prompts would reach the
   *     limit
   */
  private record Scene(String name, byte[] body, double rate) {}

  private static final List<Scene> SCENES =
      List.of(
          new Scene("small_json", body(1_024), 0),
          new Scene("32k_prompt", body(32 * 1_024), LONG_RATE));

  private static byte[] body(int bytes) {
    String start =
        "{\"model\":\"scripted-1\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\"";
    String end = "\"}]}";
    String filler = "What is the weather in Turku, and why? ".repeat(bytes / 30 + 1);
    return (start + filler.substring(0, bytes - start.length() - end.length()) + end)
        .getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public String name() {
    return "metering";
  }

  @Override
  public boolean play(Ground ground, Figures figures) throws Exception {
    boolean canPin = Ground.has("taskset") && Runtime.getRuntime().availableProcessors() > 1;
    Integer core = canPin ? 0 : null;
    Integer load = canPin ? 1 : null;
    int providerPort = Ground.freePort();
    int offPort = Ground.freePort();
    int onPort = Ground.freePort();
    boolean ok = canPin;
    try (Child provider = ground.provider(providerPort, "", load);
        LoadClient client = new LoadClient();
        Child off = ground.gateway("off", CONFIG.formatted(offPort, providerPort, "{}", ""), core);
        Child on =
            ground.gateway(
                "on",
                CONFIG.formatted(onPort, providerPort, "{quotas: {all: {guaranteed: 250M}}}", POOL),
                core)) {
      assert provider.isAlive();
      off.awaitPort(offPort, Duration.ofSeconds(90));
      on.awaitPort(onPort, Duration.ofSeconds(90));
      for (Scene scene : SCENES) {
        double ratio =
            ratio(ground, client, scene, Map.of(offPort, off, onPort, on), offPort, onPort);
        figures.put("cpu_ratio_" + scene.name(), ratio);
        ok &= ratio <= COST_MAX;
      }
      Histogram without = new Histogram(3);
      Histogram with = new Histogram(3);
      for (int round = 0; round < ROUNDS; round++) {
        without.add(client.run(plan(SCENES.getFirst(), offPort, CALM_RATE, ROUND)).latencies());
        with.add(client.run(plan(SCENES.getFirst(), onPort, CALM_RATE, ROUND)).latencies());
      }
      figures.put("off_p50_ms", without.getValueAtPercentile(50) / 1e6);
      figures.put("on_p50_ms", with.getValueAtPercentile(50) / 1e6);
      figures.put("off_p99_ms", without.getValueAtPercentile(99) / 1e6);
      figures.put("on_p99_ms", with.getValueAtPercentile(99) / 1e6);
      ok &= with.getValueAtPercentile(99) <= without.getValueAtPercentile(99) * COST_MAX;
    }
    return ok;
  }

  private static double ratio(
      Ground ground,
      LoadClient client,
      Scene scene,
      Map<Integer, Child> gateways,
      int offPort,
      int onPort)
      throws IOException, InterruptedException {
    client.run(plan(scene, offPort, scene.rate(), WARM_UP));
    client.run(plan(scene, onPort, scene.rate(), WARM_UP));
    double[] ratios = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      boolean isOffFirst = round % 2 == 0; // who comes first has the warmer or the colder core
      double first = micros(client, scene, isOffFirst ? offPort : onPort, gateways);
      double second = micros(client, scene, isOffFirst ? onPort : offPort, gateways);
      ratios[round] = isOffFirst ? second / first : first / second;
    }
    double[] sorted = ratios.clone();
    Arrays.sort(sorted);
    double median = sorted[ROUNDS / 2];
    ground.say(
        String.format(
            Locale.ROOT, "%s: on/off %.3f (rounds %s)", scene.name(), median, shown(sorted)));
    return median;
  }

  private static String shown(double[] values) {
    return Arrays.toString(Arrays.stream(values).map(v -> Math.round(v * 1e3) / 1e3).toArray());
  }

  /** CPU microseconds of the gateway's process per answer. */
  private static double micros(
      LoadClient client, Scene scene, int port, Map<Integer, Child> gateways)
      throws IOException, InterruptedException {
    Child gateway = gateways.get(port);
    if (gateway == null) {
      throw new IllegalStateException("No gateway listens on " + port);
    }
    double before = ProcFs.cpuSeconds(gateway.pid());
    LoadResult result = client.run(plan(scene, port, scene.rate(), ROUND));
    double used = ProcFs.cpuSeconds(gateway.pid()) - before;
    if (result.broken() + result.otherStatus() > 0) {
      throw new IllegalStateException("Not every answer was whole: " + result.firstProblem());
    }
    return used * 1e6 / result.answers();
  }

  private static LoadPlan plan(Scene scene, int port, double rate, Duration duration) {
    return new LoadPlan(
        "127.0.0.1",
        port,
        "/v1/chat/completions",
        List.of("x-script: events=20"),
        scene.body(),
        CONNECTIONS,
        rate,
        Duration.ZERO,
        duration,
        false);
  }
}
