package dev.sluice.it.jmh;

import dev.sluice.billing.admission.Admission;
import dev.sluice.billing.admission.Decision;
import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.estimate.TextShape;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Usage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it takes to be admitted and settled, and to look at a body. */
@State(Scope.Thread)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class AdmissionBench {

  private static final Estimate ESTIMATE = new Estimate(250, 20, -1);
  private static final Usage USED = new Usage(255, 0, 0, 0, 0, 0, 18, 0);

  private final TeamId[] teams = {
    new TeamId("chat"), new TeamId("batch"), new TeamId("search"), new TeamId("other")
  };
  private final byte[] body =
      ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""
              + "What is the weather in Turku, and why? ".repeat(25)
              + "\"}]}")
          .getBytes(StandardCharsets.US_ASCII);
  private @Nullable Pool pool;
  private int next;

  @Setup
  public void setUp() {
    Quota none = new Quota(0, 0, 1, Lane.INTERACTIVE, Duration.ofSeconds(30), 0, Mode.ENFORCE);
    Map<TeamId, Quota> quotas = new LinkedHashMap<>();
    for (int i = 0; i < 3; i++) {
      quotas.put(
          teams[i],
          new Quota(20_000_000, 0, 1, Lane.INTERACTIVE, Duration.ofSeconds(30), 0, Mode.ENFORCE));
    }
    Admission admission =
        new Admission(
            List.of(
                new PoolSettings(
                    "all",
                    List.of(
                        new Meter(Counts.TOTAL_TOKENS, 100_000_000, 100_000_000),
                        new Meter(Counts.REQUESTS, 100_000_000, 100_000_000)),
                    Counting.PLAIN,
                    Mode.SHADOW, // at a million a second no limit would bear it
                    quotas,
                    none,
                    1_000)),
            System::nanoTime,
            (at, what) -> {});
    pool = admission.pool("all");
  }

  /** One decision over two limits, and its settlement, of four teams in turn. */
  @Benchmark
  public void askAndSettle() {
    Pool all = pool;
    if (all != null) {
      all.ask(teams[next++ & 3], ESTIMATE, null, Runnable::run, AdmissionBench::settle);
    }
  }

  private static void settle(Decision decision) {
    if (decision instanceof Decision.Admitted(Reservation tokens, long _)) {
      tokens.settle(USED);
    }
  }

  /** A body of 1 KiB, as the flow looks at it. */
  @Benchmark
  public long textShape1K() {
    TextShape shape = new TextShape();
    shape.scan(body, 0, body.length);
    return shape.content().baseTokens();
  }
}
