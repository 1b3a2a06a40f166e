package dev.sluice.it.jmh;

import dev.sluice.billing.usage.Usage;
import dev.sluice.core.dialect.PromptLayout;
import dev.sluice.core.dialect.RequestScan;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.identity.Fingerprinter;
import dev.sluice.core.prefix.Finding;
import dev.sluice.core.prefix.GateMode;
import dev.sluice.core.prefix.GateSettings;
import dev.sluice.core.prefix.Pass;
import dev.sluice.core.prefix.Prefix;
import dev.sluice.core.prefix.PrefixGate;
import dev.sluice.core.prefix.PrefixId;
import dev.sluice.it.load.LongPrompt;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the gate for the prompt cache costs a call whose prefix is warm, from its pass to what its
 * usage teaches; of one prefix, and of ten thousand in turn. With two threads a time is each
 * thread's own. {@code …TwoGates} is what the machine gives two threads that share nothing: where
 * two threads at one gate take as long, they are not in each other's way. {@code fingerprint…} is
 * the measure beside which the others stand: the hash of a prompt, without which there is no gate.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class GateBench {

  private static final int PREFIXES = 10_000;
  private static final int PROMPT_BYTES = 56_000;
  private static final Usage READ = new Usage(20, 14_000, 0, 0, 0, 0, 18, 0);
  private static final Usage WRITTEN = new Usage(20, 0, 14_000, 0, 0, 0, 18, 0);

  private final WarmGate shared = new WarmGate();
  private final Fingerprinter fingerprinter = new Fingerprinter(new Random(1));
  private @Nullable ByteBuf prompt;
  private @Nullable PromptLayout layout;

  /** A gate, and the prefixes that it takes for warm. */
  private static final class WarmGate {
    private final PrefixGate gate =
        new PrefixGate(
            new GateSettings(GateMode.ON, Duration.ofSeconds(8), 2 * PREFIXES),
            System::nanoTime,
            (loop, delayNanos, step) -> loop.execute(step));
    private final List<List<Prefix>> chains = new ArrayList<>();

    WarmGate() {
      Random hashes = new Random(2);
      for (int i = 0; i < PREFIXES; i++) {
        PrefixId id = new PrefixId("anthropic", hashes.nextLong(), hashes.nextLong());
        List<Prefix> chain =
            List.of(new Prefix(id, PROMPT_BYTES, 14_000, Duration.ofMinutes(5).toNanos(), true));
        chains.add(chain);
        call(chain, hashes, WRITTEN);
      }
    }

    private Finding call(List<Prefix> chain, RandomGenerator random, Usage counted) {
      Pass pass = gate.pass(chain, LongPrompt.MODEL, random);
      if (!pass.enter()) {
        throw new IllegalStateException("A warm prefix is waited for; nobody else may write it.");
      }
      pass.sent(System.nanoTime(), false);
      pass.answerBegan(200, System.nanoTime());
      return pass.ended(counted);
    }

    Finding one(Loop loop) {
      return call(chains.getFirst(), loop.random, READ);
    }

    Finding many(Loop loop) {
      loop.next = loop.next + 1 == PREFIXES ? 0 : loop.next + 1;
      return call(chains.get(loop.next), loop.random, READ);
    }
  }

  /** A gate that nobody shares. */
  @State(Scope.Thread)
  public static class Alone {
    private final WarmGate gate = new WarmGate();
  }

  /** What an event loop has for itself. */
  @State(Scope.Thread)
  public static class Loop {
    private final RandomGenerator random = new SplittableRandom();
    private int next = random.nextInt(PREFIXES);
  }

  @Setup
  public void setUp() {
    byte[] body = new LongPrompt("bench", PROMPT_BYTES).body(1).getBytes(StandardCharsets.US_ASCII);
    prompt = PooledByteBufAllocator.DEFAULT.directBuffer(body.length).writeBytes(body);
    RequestScan scan = scan();
    scan.scan(prompt);
    scan.finish();
    layout = Objects.requireNonNull(scan.facts().prompt(), "has a marker");
  }

  private static RequestScan scan() {
    Routes routes = new Routes(List.of(new Route("it", "", Route.Family.ANTHROPIC)));
    return switch (routes.find(HttpMethod.POST, LongPrompt.PATH, EmptyHttpHeaders.INSTANCE)) {
      case Routes.Found found ->
          Objects.requireNonNull(found.dialect().newScan(), "its bodies are read");
      case Routes.NotFound(_, var refusal) -> throw new IllegalStateException(refusal.message());
      case Routes.Streams streams -> throw new IllegalStateException(streams.toString());
    };
  }

  @TearDown
  public void tearDown() {
    Objects.requireNonNull(prompt).release();
  }

  @Benchmark
  @Threads(1)
  public Object onePrefix(Loop loop) {
    return shared.one(loop);
  }

  @Benchmark
  @Threads(2)
  public Object onePrefixTwoThreads(Loop loop) {
    return shared.one(loop);
  }

  @Benchmark
  @Threads(1)
  public Object manyPrefixes(Loop loop) {
    return shared.many(loop);
  }

  @Benchmark
  @Threads(2)
  public Object manyPrefixesTwoThreads(Loop loop) {
    return shared.many(loop);
  }

  @Benchmark
  @Threads(2)
  public Object onePrefixTwoGates(Loop loop, Alone alone) {
    return alone.gate.one(loop);
  }

  @Benchmark
  @Threads(2)
  public Object manyPrefixesTwoGates(Loop loop, Alone alone) {
    return alone.gate.many(loop);
  }

  /** The clock is read six times for a call; on some machines that is most of it. */
  @Benchmark
  @Threads(1)
  public long clock() {
    return System.nanoTime();
  }

  @Benchmark
  @Threads(1)
  public Object fingerprint56K() {
    return fingerprinter.prefixes(
        "anthropic " + LongPrompt.MODEL,
        Objects.requireNonNull(prompt),
        Objects.requireNonNull(layout));
  }
}
