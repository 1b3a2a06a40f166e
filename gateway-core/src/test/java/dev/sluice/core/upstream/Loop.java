package dev.sluice.core.upstream;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** One event loop with its providers, whose clock moves only when it is told to. */
final class Loop implements AutoCloseable {
  static final String PROVIDER = "test";

  private final AtomicLong nanos = new AtomicLong(1_000_000_000_000L);
  private final IoEventLoopGroup group;
  private final AddressResolverGroup<InetSocketAddress> dns;
  private final SilenceWheel wheel;
  private final List<ByteBuf> bodies = new ArrayList<>(); // of the loop
  final EventLoop loop;
  final Upstreams upstreams;

  Loop(Transport transport, UpstreamSettings settings) {
    this(transport, settings, Names.dns(transport));
  }

  Loop(
      Transport transport, UpstreamSettings settings, AddressResolverGroup<InetSocketAddress> dns) {
    this.group = transport.loops(1, "test-loop");
    this.loop = group.next();
    this.dns = dns;
    this.wheel = new SilenceWheel(nanos::get);
    this.upstreams = new Upstreams(loop, transport, wheel, List.of(new Provider(settings)), dns);
  }

  static UpstreamSettings to(int port) {
    return to(URI.create("http://127.0.0.1:" + port));
  }

  static UpstreamSettings to(URI url) {
    return new UpstreamSettings(
        PROVIDER,
        url,
        Duration.ofSeconds(5),
        16,
        16,
        Duration.ofSeconds(5),
        Duration.ofSeconds(60),
        Duration.ofMinutes(10));
  }

  Answer post(String target, String body) throws Exception {
    return send(HttpMethod.POST, target, body.getBytes(StandardCharsets.UTF_8));
  }

  Answer get(String target) throws Exception {
    return send(HttpMethod.GET, target, new byte[0]);
  }

  Answer send(HttpMethod method, String target, byte[] body) throws Exception {
    return send(method, target, body, answer -> answer);
  }

  Answer send(HttpMethod method, String target, byte[] body, UnaryOperator<Answer> prepare)
      throws Exception {
    Answer answer = prepare.apply(new Answer());
    on(() -> sendHere(method, target, body, answer));
    return answer;
  }

  /** To be called on the loop. */
  Answer sendHere(HttpMethod method, String target, byte[] body, Answer answer) {
    HttpHeaders headers = new DefaultHttpHeaders().add("x-test", "yes");
    ByteBuf bytes = Upstreams.ALLOCATOR.buffer(body.length).writeBytes(body);
    bodies.add(bytes);
    answer.stream =
        upstreams.open(PROVIDER, new UpstreamRequest(method, target, headers, bytes), answer);
    return answer;
  }

  <T> T on(Callable<T> task) throws Exception {
    return loop.submit(task).get(30, TimeUnit.SECONDS);
  }

  /** Lets time pass, and what is due happen. */
  void pass(Duration time) throws Exception {
    on(
        () -> {
          nanos.addAndGet(time.toNanos());
          wheel.advance();
          return null;
        });
  }

  /** Moves the clock without looking at deadlines; for use on the loop. */
  void tick(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  PoolStats stats() {
    return upstreams.stats().getFirst();
  }

  /** Waits, turn by turn of the loop, until the pool looks as it should. */
  PoolStats awaitStats(int open, int idle, int waiting) throws Exception {
    PoolStats wanted = new PoolStats(PROVIDER, open, idle, waiting);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!stats().equals(wanted)) {
      if (System.nanoTime() > until) {
        throw new AssertionError("wanted " + wanted + ", have " + stats());
      }
      loop.schedule(() -> {}, 1, TimeUnit.MILLISECONDS).get();
    }
    return wanted;
  }

  @Override
  public void close() {
    Future<?> closed = loop.submit(upstreams::close);
    closed.syncUninterruptibly();
    dns.close();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    for (ByteBuf body : bodies) {
      if (body.refCnt() != 0) {
        throw new AssertionError("a request's body was not released");
      }
    }
  }
}
