package dev.sluice.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.upstream.ScriptedServer.Script;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** However a provider fails, the listener is told once, and told what it means for the money. */
@ParameterizedClass
@MethodSource("dev.sluice.core.upstream.UpstreamsIT#transports")
@Timeout(60)
final class UpstreamFailuresIT {
  private final Transport transport;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // by the test
  private ScriptedServer server;

  UpstreamFailuresIT(Transport transport) {
    this.transport = transport;
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
    if (server != null) {
      assertThat(server.errors).isEmpty();
    }
    Leaks.expectNone();
  }

  private Loop loopTo(UpstreamSettings settings) {
    Loop loop = new Loop(transport, settings);
    opened.add(loop);
    return loop;
  }

  /**
   * @param kind the failure's simple name
   * @param received requests that the server has read when all is over
   */
  record Fault(String name, String kind, String code, int received, Script script) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Fault afterRequest(String name, String kind, String code, Script then) {
    return new Fault(
        name,
        kind,
        code,
        1,
        peer -> {
          peer.read();
          then.play(peer);
        });
  }

  private static Fault answering(String name, String kind, String code, String bytes) {
    return afterRequest(
        name,
        kind,
        code,
        peer -> {
          peer.write(bytes);
          peer.awaitClientClose();
        });
  }

  private static Fault closing(String name, String kind, String code, String bytes) {
    return afterRequest(name, kind, code, peer -> peer.write(bytes));
  }

  private static Fault resetting(String name, String kind, String code, String bytes) {
    return afterRequest(
        name,
        kind,
        code,
        peer -> {
          peer.write(bytes);
          peer.reset();
        });
  }

  static Stream<Fault> faults() {
    String ok = "HTTP/1.1 200 OK\r\n";
    return Stream.of(
        closing("closes after reading", "NoAnswer", "connection_closed_before_head", ""),
        closing("closes in the status line", "NoAnswer", "connection_closed_before_head", "HTTP/1"),
        closing("closes in the head", "NoAnswer", "connection_closed_in_head", ok + "Content-Ty"),
        closing(
            "closes in a body with a length",
            "BrokenOff",
            "connection_closed_in_body",
            ok + "Content-Length: 10\r\n\r\n12345"),
        closing(
            "closes before the first byte of a body",
            "BrokenOff",
            "connection_closed_in_body",
            ok + "Content-Length: 10\r\n\r\n"),
        closing(
            "closes between chunks",
            "BrokenOff",
            "connection_closed_in_body",
            ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"),
        closing(
            "closes before the last line of a chunked body",
            "BrokenOff",
            "connection_closed_in_body",
            ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n"),
        closing(
            "closes in a compressed body",
            "BrokenOff",
            "compression_cut_short",
            "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n\u001f\u008b\u0008\0\0\0\0\0\0\0"),
        afterRequest(
            "resets after reading",
            "NoAnswer",
            "connection_reset_before_head",
            ScriptedServer.Peer::reset),
        resetting(
            "resets in a body with a length",
            "BrokenOff",
            "connection_reset_in_body",
            ok + "Content-Length: 10\r\n\r\n12345"),
        resetting(
            "resets in a body until close",
            "BrokenOff",
            "connection_reset_in_body",
            "HTTP/1.0 200 OK\r\n\r\n12345"),
        answering("greets", "Garbage", "not_http", "220 smtp.example ESMTP\r\n"),
        answering("speaks of HTTP/2", "Garbage", "not_http", "HTTP/2.0 200 OK\r\n\r\n"),
        answering("has a status of letters", "Garbage", "not_http", "HTTP/1.1 abc OK\r\n\r\n"),
        answering("has a status beyond 599", "Garbage", "not_http", "HTTP/1.1 999 No\r\n\r\n"),
        answering("has a field without a colon", "Garbage", "not_http", ok + "nonsense\r\n\r\n"),
        answering(
            "has two lengths",
            "Garbage",
            "not_http",
            ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n1"),
        answering(
            "has a length of letters", "Garbage", "not_http", ok + "Content-Length: x\r\n\r\n1"),
        answering(
            "uses another transfer coding",
            "Garbage",
            "transfer_coding_unknown",
            ok + "Transfer-Encoding: gzip, chunked\r\n\r\n"),
        answering(
            "switches protocols",
            "Garbage",
            "protocol_switched",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"),
        answering(
            "floods with interim answers",
            "Garbage",
            "too_many_interim",
            "HTTP/1.1 102 Processing\r\n\r\n".repeat(1_000)),
        answering(
            "never ends its head",
            "Garbage",
            "head_too_large",
            ok + "X-Bomb: 0123456789\r\n".repeat(10_000)),
        answering(
            "has one endless field", "Garbage", "head_too_large", ok + "X: " + "x".repeat(200_000)),
        answering("has an endless status line", "Garbage", "head_too_large", "H".repeat(20_000)),
        answering(
            "has a chunk size of letters",
            "Garbage",
            "bad_body_framing",
            ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        answering(
            "floods with trailers",
            "Garbage",
            "bad_body_framing",
            ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + "X-T: 0123456789\r\n".repeat(10_000)),
        answering(
            "says gzip and is not",
            "Garbage",
            "bad_compression",
            ok + "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\nthis is not gzip at"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultIsToldOnceAndRightly(Fault fault) throws Exception {
    server = new ScriptedServer(fault.script());
    opened.add(server);
    Loop loop = loopTo(Loop.to(server.port()));
    Answer answer = loop.post("/v1/x", "{\"n\":1}").await();
    assertThat(answer.failure).isNotNull();
    assertThat(answer.why().getClass().getSimpleName()).isEqualTo(fault.kind());
    assertThat(answer.why().code()).isEqualTo(fault.code());
    assertThat(answer.why().detail()).contains("127.0.0.1:" + server.port());
    assertThat(answer.endings).hasValue(1);
    assertThat(answer.stream().wasSent()).isTrue();
    if (answer.failure instanceof UpstreamFailure.Garbage garbage) {
      assertThat(garbage.headSeen()).isEqualTo(answer.status != 0);
    }
    loop.awaitStats(0, 0, 0);
    assertThat(server.received).hasSize(fault.received());
    assertThat(server.connections).hasValue(1);
  }

  @Test
  void aServerThatClosesRightAfterAcceptingMayHaveTheRequest() throws Exception {
    server = new ScriptedServer(peer -> {});
    opened.add(server);
    Loop loop = loopTo(Loop.to(server.port()));
    for (int i = 0; i < 50; i++) {
      Answer answer = loop.post("/v1/x", "{}").await();
      // Whether a byte was taken depends on who was faster; an answer never comes, nor a third try.
      assertThat(answer.failure)
          .isInstanceOfAny(UpstreamFailure.NoAnswer.class, UpstreamFailure.NeverSent.class);
      assertThat(answer.endings).hasValue(1);
      loop.awaitStats(0, 0, 0);
    }
    assertThat(server.connections.get()).isLessThanOrEqualTo(100);
  }

  @Test
  void aPortWhereNobodyListensIsNamed() throws Exception {
    int port;
    try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = gone.getLocalPort();
    }
    Loop loop = loopTo(Loop.to(port));
    Answer answer = loop.post("/v1/x", "{}").await();
    assertThat(answer.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
    assertThat(answer.why().code()).isEqualTo("connect_refused");
    assertThat(answer.why().detail()).contains("127.0.0.1:" + port);
    assertThat(answer.stream().wasSent()).isFalse();
    loop.awaitStats(0, 0, 0);
  }

  /** Closes itself while it connects, as often as it is told to. */
  public static final class ClosesItself extends NioSocketChannel {
    static final AtomicInteger LEFT = new AtomicInteger();

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a close has no outcome to wait for
    protected boolean doConnect(SocketAddress remote, SocketAddress local) throws Exception {
      if (LEFT.getAndDecrement() <= 0) {
        return super.doConnect(remote, local);
      }
      eventLoop().execute(() -> close());
      return false;
    }
  }

  private Loop loopClosingItself(int times, int port) {
    ClosesItself.LEFT.set(times);
    Transport nio = Transport.nio();
    Transport closing =
        new Transport(nio.name(), nio.handlers(), nio.server(), ClosesItself.class, nio.datagram());
    Loop loop = new Loop(closing, Loop.to(port));
    opened.add(loop);
    return loop;
  }

  @Test
  void aSocketThatIsClosedByAnothersEventIsReplacedOnce() throws Exception {
    server =
        new ScriptedServer(
            peer -> {
              peer.read();
              peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
              peer.awaitClientClose();
            });
    opened.add(server);
    Answer answer = loopClosingItself(1, server.port()).post("/v1/x", "{}").await();
    assertThat(answer.failure).isNull();
    assertThat(answer.endings).hasValue(1);
    Answer second = loopClosingItself(2, server.port()).post("/v1/x", "{}").await();
    assertThat(second.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
    assertThat(second.why().code()).isEqualTo("connect_failed");
  }

  /** A full backlog: the kernel drops the SYN, as a firewall would. */
  @Test
  void aConnectThatIsNeverAnsweredEndsWithItsTime() throws Exception {
    List<SocketChannel> filling = new ArrayList<>();
    try (ServerSocket full =
        new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
      for (int i = 0; i < 8; i++) {
        SocketChannel channel = SocketChannel.open();
        channel.configureBlocking(false);
        channel.connect(full.getLocalSocketAddress());
        filling.add(channel);
      }
      Loop loop = loopTo(Loop.to(full.getLocalPort()));
      Answer answer = loop.post("/v1/x", "{}");
      loop.pass(Duration.ofMillis(4_800));
      assertThat(answer.isOver()).isFalse();
      loop.pass(Duration.ofMillis(400));
      assertThat(answer.await().why().code()).isEqualTo("connect_timeout");
      assertThat(answer.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
      loop.awaitStats(0, 0, 0);
    } finally {
      for (SocketChannel channel : filling) {
        channel.close();
      }
    }
  }

  @Test
  void theNextAddressIsTriedWhenTheFirstRefuses() throws Exception {
    // localhost is 127.0.0.1 first, then ::1
    ServerSocket onSix;
    try {
      onSix =
          new ServerSocket(
              0,
              10,
              InetAddress.getByAddress(
                  new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    } catch (java.io.IOException e) {
      org.junit.jupiter.api.Assumptions.abort("no IPv6 here");
      return;
    }
    server =
        new ScriptedServer(
            onSix,
            peer -> {
              peer.read();
              peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            });
    opened.add(server);
    Loop loop = loopTo(Loop.to(URI.create("http://localhost:" + server.port())));
    assertThat(loop.post("/v1/x", "{}").await().failure).isNull();
    assertThat(server.connections).hasValue(1);
  }

  @Test
  void aNameThatDoesNotExistIsNamed() throws Exception {
    Loop loop = loopTo(Loop.to(URI.create("http://no-such-host.invalid:81")));
    Answer answer = loop.post("/v1/x", "{}");
    // Where no name server answers at all, the connect deadline ends it, with the same code.
    while (!answer.isOver()) {
      loop.pass(Duration.ofSeconds(1));
      loop.loop.schedule(() -> {}, 20, java.util.concurrent.TimeUnit.MILLISECONDS).get();
    }
    assertThat(answer.await().why().code()).isEqualTo("dns_failed");
    assertThat(answer.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
    assertThat(answer.why().detail()).contains("no-such-host.invalid:81");
  }

  /** A provider that refuses by the head alone closes while the body is still being written. */
  @Test
  void anAnswerThatComesBeforeTheRequestIsWholeIsDelivered() throws Exception {
    server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large");
              peer.socket.shutdownOutput();
              peer.awaitClientClose();
            });
    opened.add(server);
    Loop loop = loopTo(Loop.to(server.port()));
    Answer answer = loop.send(HttpMethod.POST, "/v1/x", new byte[16 << 20]).await();
    assertThat(answer.status).isEqualTo(413);
    assertThat(answer.text()).isEqualTo("too large");
    assertThat(answer.failure).isNull();
    loop.awaitStats(0, 0, 0);
  }

  @Test
  void aRefusalIsDeliveredAlsoWhenTheConnectionIsResetAfterIt() throws Exception {
    server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large");
              // Closing with unread bytes makes the kernel send RST.
            });
    opened.add(server);
    Loop loop = loopTo(Loop.to(server.port()));
    int delivered = 0;
    for (int i = 0; i < 20; i++) {
      Answer answer = loop.send(HttpMethod.POST, "/v1/x", new byte[4 << 20]).await();
      if (answer.failure == null && answer.status == 413) {
        delivered++;
      } else {
        assertThat(answer.failure)
            .isInstanceOfAny(UpstreamFailure.NoAnswer.class, UpstreamFailure.BrokenOff.class);
      }
      loop.awaitStats(0, 0, 0);
    }
    assertThat(delivered).as("of 20 refusals").isGreaterThanOrEqualTo(15);
  }

  @Test
  void aPausedReaderStillGetsTheEndOfACompressedAnswerWhenTheConnectionIsGone() throws Exception {
    byte[] plain = "word ".repeat(100_000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    try (var gzip = new java.util.zip.GZIPOutputStream(out)) {
      gzip.write(plain);
    }
    server =
        new ScriptedServer(
            peer -> {
              peer.read();
              java.io.ByteArrayOutputStream wire = new java.io.ByteArrayOutputStream();
              wire.writeBytes(
                  ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\n"
                          + "Content-Length: "
                          + out.size()
                          + "\r\n\r\n")
                      .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
              wire.writeBytes(out.toByteArray());
              peer.write(wire.toByteArray());
            });
    opened.add(server);
    Loop loop = loopTo(Loop.to(server.port()));
    Answer answer =
        loop.send(
            HttpMethod.POST,
            "/v1/x",
            new byte[1],
            fresh -> {
              fresh.onPiece = piece -> fresh.stream().pause();
              return fresh;
            });
    while (!answer.isOver()) {
      loop.on(
          () -> {
            answer.stream().resume();
            return null;
          });
    }
    assertThat(answer.await().failure).isNull();
    assertThat(answer.body()).isEqualTo(plain);
  }
}
