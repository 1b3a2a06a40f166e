package dev.sluice.it.jmh;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.PromptLayout;
import dev.sluice.core.dialect.RequestFacts;
import dev.sluice.core.dialect.RequestScan;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.dialect.UsageReader;
import dev.sluice.core.identity.CallId;
import dev.sluice.core.identity.CallIdentity;
import dev.sluice.core.identity.CallIndex;
import dev.sluice.core.identity.CallScope;
import dev.sluice.core.identity.Claim;
import dev.sluice.core.identity.DedupeSettings;
import dev.sluice.core.identity.Fingerprint;
import dev.sluice.core.identity.Fingerprinter;
import dev.sluice.sse.codec.SseScanner;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one request body and one event cost to look at. {@code copy…} is the measure beside which
 * the others stand: the same bytes copied into an array, and nothing else.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class HotPathBench {

  private static final String EVENT =
      "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1795000000,"
          + "\"model\":\"gpt-5.4-mini\",\"service_tier\":\"default\",\"choices\":[{\"index\":0,"
          + "\"delta\":{\"content\":\"While \"},\"logprobs\":null,\"finish_reason\":null}],"
          + "\"usage\":null}\n\n";

  private @Nullable Dialect chat;
  private @Nullable UsageReader reader;
  private @Nullable ByteBuf event;
  private @Nullable ByteBuf small;
  private @Nullable ByteBuf large;
  private @Nullable Dialect messages;
  private @Nullable Dialect count;
  private @Nullable ByteBuf plain;
  private @Nullable ByteBuf marked;
  private @Nullable ByteBuf prompt;
  private @Nullable PromptLayout layout;
  private final HttpHeaders headers = new DefaultHttpHeaders();
  private final Fingerprinter fingerprinter = new Fingerprinter(new Random(1));
  private final CallIndex<Object> calls =
      new CallIndex<>(System::nanoTime, Duration.ofSeconds(30), DedupeSettings.OnConcurrent.JOIN);
  private final CallScope scope = new CallScope(new TeamId("chat"), 0);
  private final CallId callId = new CallId("req_0123456789abcdef01234567");
  private long asked;
  private final SseScanner scanner = new SseScanner();
  private final byte[] copy = new byte[64 * 1024];

  @Setup
  public void setUp() {
    chat = dialect(Route.Family.OPENAI, "/v1/chat/completions");
    messages = dialect(Route.Family.ANTHROPIC, "/v1/messages");
    count = dialect(Route.Family.ANTHROPIC, "/v1/messages/count_tokens");
    reader = chat.newUsageReader(false);
    // As an SDK sends them; two of them count.
    headers
        .add("host", "localhost:8080")
        .add("accept", "application/json")
        .add("content-type", "application/json")
        .add("authorization", "Bearer slk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        .add("user-agent", "OpenAI/Python 2.8.1")
        .add("x-stainless-lang", "python")
        .add("x-stainless-package-version", "2.8.1")
        .add("x-stainless-os", "Linux")
        .add("x-stainless-arch", "x64")
        .add("x-stainless-runtime", "CPython")
        .add("x-stainless-retry-count", "0")
        .add("content-length", "1024");
    event = buffer(EVENT);
    small = buffer(body(1_024));
    large = buffer(body(32 * 1_024));
    plain = buffer(conversation(32 * 1_024, ""));
    marked = buffer(conversation(32 * 1_024, ",\"cache_control\":{\"type\":\"ephemeral\"}"));
    prompt = buffer(conversation(56 * 1_024, ",\"cache_control\":{\"type\":\"ephemeral\"}"));
    layout = Objects.requireNonNull(scan(messages, prompt).prompt(), "has markers");
  }

  private static Dialect dialect(Route.Family family, String path) {
    Routes routes = new Routes(List.of(new Route("it", "", family)));
    return switch (routes.find(HttpMethod.POST, path, EmptyHttpHeaders.INSTANCE)) {
      case Routes.Found found -> found.dialect();
      case Routes.NotFound(_, var refusal) -> throw new IllegalStateException(refusal.message());
      case Routes.Streams streams -> throw new IllegalStateException(streams.toString());
    };
  }

  @TearDown
  public void tearDown() {
    Objects.requireNonNull(event).release();
    Objects.requireNonNull(small).release();
    Objects.requireNonNull(large).release();
    Objects.requireNonNull(plain).release();
    Objects.requireNonNull(marked).release();
    Objects.requireNonNull(prompt).release();
  }

  private static String body(int bytes) {
    String start = "{\"messages\":[{\"role\":\"user\",\"content\":\"";
    String end = "\"}],\"stream\":true,\"model\":\"gpt-5.4-mini\"}";
    String filler = "What is the weather in Turku? ".repeat(bytes / 30 + 1);
    return start + filler.substring(0, bytes - start.length() - end.length()) + end;
  }

  /** Tools, a system prompt and forty turns, with a marker at four places. */
  private static String conversation(int bytes, String marker) {
    String filler =
        "What is the weather in Turku? ".repeat(bytes / 30 + 1).substring(0, bytes / 42);
    StringBuilder out = new StringBuilder("{\"model\":\"claude-sonnet-5\",\"tools\":[{\"name\":\"");
    out.append("weather\",\"description\":\"").append(filler).append('"').append(marker);
    out.append("}],\"system\":[{\"type\":\"text\",\"text\":\"")
        .append(filler)
        .append('"')
        .append(marker);
    out.append("}],\"messages\":[");
    for (int turn = 0; turn < 40; turn++) {
      out.append(turn == 0 ? "" : ",")
          .append(turn % 2 == 0 ? "{\"role\":\"user\"" : "{\"role\":\"assistant\"")
          .append(",\"content\":[{\"type\":\"text\",\"text\":\"")
          .append(filler)
          .append('"')
          .append(turn == 36 || turn == 38 ? marker : "")
          .append("}]}");
    }
    return out.append("],\"max_tokens\":1024,\"stream\":true}").toString();
  }

  private static ByteBuf buffer(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
  }

  private Object scan(@Nullable ByteBuf body) {
    return scan(chat, body);
  }

  private static RequestFacts scan(@Nullable Dialect dialect, @Nullable ByteBuf body) {
    RequestScan scan =
        Objects.requireNonNull(Objects.requireNonNull(dialect).newScan(), "its bodies are read");
    scan.scan(Objects.requireNonNull(body));
    scan.finish();
    return scan.facts();
  }

  @Benchmark
  public Object requestScan1K() {
    return scan(small);
  }

  @Benchmark
  public Object requestScan32K() {
    return scan(large);
  }

  /** A conversation of many blocks, without a marker. */
  @Benchmark
  public Object requestScan32KPlain() {
    return scan(messages, plain);
  }

  /** The same where nobody asks what of it is cached. */
  @Benchmark
  public Object requestScan32KUnasked() {
    return scan(count, plain);
  }

  /** The same with four. */
  @Benchmark
  public Object requestScan32KMarked() {
    return scan(messages, marked);
  }

  /** Fingerprints of four entries, the longest 56 KiB. */
  @Benchmark
  public Object prefixes56K() {
    return fingerprinter.prefixes(
        "anthropic claude-sonnet-5",
        Objects.requireNonNull(prompt),
        Objects.requireNonNull(layout));
  }

  private Object fingerprint(@Nullable ByteBuf body) {
    return fingerprinter.of("POST", "/v1/chat/completions", headers, body);
  }

  @Benchmark
  public Object fingerprint1K() {
    return fingerprint(small);
  }

  @Benchmark
  public Object fingerprint32K() {
    return fingerprint(large);
  }

  /** The index's share of a call without an id that nothing happens to. */
  @Benchmark
  public long claimAndFinish() {
    Fingerprint fingerprint = new Fingerprint(asked++, 1);
    calls.claim(
        new CallIdentity.Anonymous(scope, fingerprint),
        callId,
        ImmediateEventExecutor.INSTANCE,
        claim -> {
          if (claim instanceof Claim.Opened<Object>(var call)) {
            calls.finished(call, true);
            calls.release(call);
          }
        });
    return calls.inFlight();
  }

  @Benchmark
  public Object copy32K() {
    ByteBuf body = Objects.requireNonNull(large);
    body.getBytes(0, copy, 0, body.readableBytes());
    return copy;
  }

  @Benchmark
  public int eventEnd() {
    ByteBuf bytes = Objects.requireNonNull(event);
    return scanner.scan(bytes, 0, bytes.writerIndex());
  }

  @Benchmark
  public Object eventUsage() {
    ByteBuf bytes = Objects.requireNonNull(event);
    return Objects.requireNonNull(reader).onEvent(bytes, 0, bytes.writerIndex());
  }

  @Benchmark
  public Object copyEvent() {
    ByteBuf bytes = Objects.requireNonNull(event);
    bytes.getBytes(0, copy, 0, bytes.readableBytes());
    return copy;
  }
}
