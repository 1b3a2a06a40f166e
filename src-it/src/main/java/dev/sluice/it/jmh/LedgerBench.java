package dev.sluice.it.jmh;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Metering;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.ledger.Intent;
import dev.sluice.billing.ledger.Ledger;
import dev.sluice.billing.ledger.LedgerSettings;
import dev.sluice.billing.ledger.LedgerSettings.Durability;
import dev.sluice.billing.price.PriceAsk;
import dev.sluice.billing.price.PriceBook;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.core.config.PriceFile;
import dev.sluice.core.identity.CallId;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a call's row takes: on its event loop, and until it is in the file. With a directory of its
 * own in {@code java.io.tmpdir}; calls come in bursts, and between two bursts all is written.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class LedgerBench {

  private static final int BURST = 4_096;
  private static final TeamId TEAM = new TeamId("chat");
  private static final String MODEL = "gpt-5.4-mini";
  private static final Usage USED = new Usage(255, 0, 0, 0, 0, 0, 18, 0);
  private static final Usage EXPECTED = new Usage(250, 0, 0, 0, 0, 0, 20, 0);
  private static final Map<String, String> TAGS =
      Map.of("run-id", "run-0123456789abcdef", "step", "17");

  private final SplittableRandom random = new SplittableRandom(1);
  private final PriceBook prices = new PriceBook(PriceFile.shipped());
  private final Cost cost = prices.cost(ask(USED));
  private final CallRecord[] burst = new CallRecord[BURST];
  private @Nullable Path directory;
  private @Nullable Ledger ledger;
  private long calls;
  private long rowsBefore;
  private long cpuBefore;
  private long loopCpuBefore;

  @Setup
  public void open() throws IOException {
    Path temporary = Files.createTempDirectory("sluice-bench");
    directory = temporary;
    ledger =
        Ledger.open(
            new LedgerSettings(
                temporary, Durability.RELAXED, 4 * BURST, Duration.ofDays(400), 100_000),
            InstantSource.system(),
            System::nanoTime,
            (level, line) -> System.err.println(level + " " + line));
  }

  @TearDown
  public void close() throws IOException {
    Objects.requireNonNull(ledger).close();
    try (Stream<Path> walk = Files.walk(Objects.requireNonNull(directory))) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  @Setup(Level.Invocation)
  public void nextBurst() {
    Objects.requireNonNull(ledger).flush();
    for (int i = 0; i < BURST; i++) {
      calls++;
      burst[i] = record(id());
    }
  }

  /** As the gateway makes them; with {@code -Dsluice.ids.random=true} as it does not. */
  private String id() {
    return Boolean.getBoolean("sluice.ids.random")
        ? "req_%016x%012x".formatted(random.nextLong(), random.nextLong() >>> 16)
        : CallId.next(random, System.currentTimeMillis()).text();
  }

  @Setup(Level.Iteration)
  public void beginCounting() {
    rowsBefore = calls;
    cpuBefore = cpuNanos();
    loopCpuBefore = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** CPU of this thread and of all, what makes the bursts included: {@link #nothing} is that. */
  @TearDown(Level.Iteration)
  public void tellCpu() {
    Objects.requireNonNull(ledger).flush();
    long loop = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - loopCpuBefore;
    long rows = calls - rowsBefore;
    System.out.printf(
        "%.2f us of CPU a call on this thread, %.2f on all; ",
        loop / 1e3 / rows, (cpuNanos() - cpuBefore) / 1e3 / rows);
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static PriceAsk ask(Usage usage) {
    return new PriceAsk("openai", MODEL, MODEL, "default", null, usage, Instant.EPOCH);
  }

  private CallRecord record(String callId) {
    return new CallRecord(
        callId,
        TEAM,
        null,
        TAGS,
        "openai",
        "openai.chat",
        "chat",
        "openai",
        MODEL,
        MODEL,
        "default",
        false,
        200,
        Outcome.COMPLETE,
        "complete",
        "stream_back",
        USED,
        UsageSource.PROVIDER,
        cost,
        1_795_000_000_000L,
        1_000,
        400_000_000,
        900_000_000,
        700,
        0,
        1_000_000,
        false,
        "live",
        1,
        "none",
        Usage.NONE,
        Cost.NONE,
        Metering.NONE,
        CallRecord.Caching.NONE);
  }

  private Intent intent(CallRecord call) {
    return new Intent(
        call.callId(),
        TEAM,
        null,
        call.route(),
        call.dialect(),
        call.operation(),
        call.provider(),
        call.modelAsked(),
        false,
        call.tags(),
        call.startedEpochMillis(),
        EXPECTED.input(),
        EXPECTED.output(),
        0,
        null,
        prices.cost(ask(EXPECTED)));
  }

  private void play() {
    Ledger open = Objects.requireNonNull(ledger);
    for (CallRecord call : burst) {
      open.intend(intent(call), Runnable::run, booked -> {}).settled(call);
    }
  }

  /** The loop's part of one call: its expected price, its intent, its settlement. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public void intendAndSettle() {
    play();
  }

  /** The same until the row is in the file; so many nanoseconds are a rate of rows. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public boolean intendSettleAndWrite() {
    play();
    return Objects.requireNonNull(ledger).flush();
  }

  /** What a burst costs that does not come to the ledger: to be taken off the CPU. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public List<CallRecord> nothing() {
    return List.of(burst);
  }
}
