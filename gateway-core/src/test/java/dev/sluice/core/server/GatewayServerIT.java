package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sse.journal.Ending;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client port over real sockets, with the wheel's time in hand. */
@Timeout(60)
class GatewayServerIT {

  private static final String GET = StrictRequestDecoderTest.get("/");

  private final RecordingFlow flow = new RecordingFlow();
  private final AtomicLong now = new AtomicLong(1);
  private MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private SilenceWheel wheel = new SilenceWheel(now::get);
  private GatewayServer server = server(Wire.SETTINGS);
  private InetSocketAddress address = new InetSocketAddress(0);

  @BeforeEach
  void bind() throws IOException {
    address = server.bind();
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    eventually(() -> server.openConnections() == 0);
    assertThat(onLoop(() -> wheel.size() == 0)).as("no timer is left").isTrue();
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
  }

  private GatewayServer server(ServerSettings settings) {
    return new GatewayServer(
        settings, loops, NioServerSocketChannel.class, loop -> new LoopRooms(flow, wheel));
  }

  private boolean onLoop(BooleanSupplier question) throws Exception {
    EventLoop loop = loops.next();
    return loop.submit(question::getAsBoolean).get();
  }

  private void pass(Duration time) throws InterruptedException, ExecutionException {
    now.addAndGet(time.toNanos());
    loops.next().submit(wheel::advance).get();
  }

  /** Waits for what another thread is about to do; fails with the test's time limit. */
  private static void eventually(BooleanSupplier what) {
    while (!what.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new AssertionError("the time limit of the test has passed");
      }
      LockSupport.parkNanos(100_000);
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(30_000);
    socket.connect(address);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String readAll(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private static String readUntil(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("closed after: " + text);
      }
      text.append((char) b);
    }
    return text.toString();
  }

  @Test
  void aHostileClientReadsItsAnswerWholeAndThenTheEnd() throws Exception {
    for (String bytes :
        List.of(
            "GET / HTTP/1.1\nHost: h\n\n",
            "GET /" + "a".repeat(60_000) + " HTTP/1.1\r\nHost: h\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "x".repeat(100_000),
            "\u0016\u0003\u0001\u0002\u0000\u0001")) {
      try (Socket socket = connect()) {
        send(socket, bytes);
        assertThat(readAll(socket)).startsWith("HTTP/1.1 4").endsWith("\"}");
      }
    }
    assertThat(flow.calls).isEmpty();
  }

  @Test
  void whoeverSendsOnAfterARefusalIsCutOff() throws Exception {
    try (Socket socket = connect()) {
      send(socket, "nonsense\r\n\r\n");
      byte[] more = new byte[64 * 1024];
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  socket.getOutputStream().write(more);
                }
              })
          .isInstanceOf(SocketException.class);
    }
  }

  @Test
  void aClientThatStaysAfterARefusalIsClosedAfterTheHeadTime() throws Exception {
    try (Socket socket = connect()) {
      send(socket, "nonsense\r\n\r\n");
      assertThat(readAll(socket)).startsWith("HTTP/1.1 400 ");
      assertThat(server.openConnections()).isEqualTo(1);
      pass(Duration.ofSeconds(11));
      eventually(() -> server.openConnections() == 0);
    }
  }

  @Test
  void tenThousandRequestsOnOneConnection() throws Exception {
    try (Socket socket = connect()) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      for (int i = 0; i < 10_000; i++) {
        send(socket, GET);
        readUntil(in, "\"body\":\"\"}");
      }
    }
    assertThat(flow.calls).hasSize(10_000);
  }

  @Test
  void aClosedAndAResetConnectionAreNoticedAtOnce() throws Exception {
    CountDownLatch asked = new CountDownLatch(2);
    flow.onWhole = call -> asked.countDown();
    try (Socket socket = connect()) {
      send(socket, GET);
      eventually(() -> flow.calls.size() == 1);
    }
    eventually(() -> !flow.calls.getFirst().gone.isEmpty());
    assertThat(flow.calls.getFirst().gone).containsExactly("client_closed");

    try (Socket socket = connect()) {
      send(socket, GET);
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      socket.setSoLinger(true, 0);
    }
    eventually(() -> !flow.last().gone.isEmpty());
    assertThat(flow.last().gone).containsExactly("client_reset");
  }

  @Test
  void aClientThatStopsReadingIsLetGoAndOneThatReadsSlowlyIsNot() throws Exception {
    flow.onWhole = call -> {};
    try (Socket stopped = connect();
        Socket slow = connect()) {
      send(stopped, GET);
      eventually(() -> flow.calls.size() == 1);
      send(slow, GET);
      eventually(() -> flow.calls.size() == 2);
      RecordingFlow.Call gone = flow.calls.getFirst();
      RecordingFlow.Call kept = flow.calls.getLast();
      onLoop(
          () -> {
            for (RecordingFlow.Call call : flow.calls) {
              call.port.writeHead(RecordingFlow.events());
              call.port.writeBody(Unpooled.wrappedBuffer(new byte[40_000_000]));
              call.port.flush();
              assertThat(call.port.isWritable()).isFalse();
            }
            return true;
          });
      for (int look = 0; look < 8; look++) {
        // More than the socket buffers hold back, so that the loop must write again.
        slow.getInputStream().readNBytes(4_000_000);
        assertThat(onLoop(() -> true)).isTrue();
        pass(Duration.ofSeconds(5));
      }
      eventually(() -> !gone.gone.isEmpty());
      assertThat(gone.gone).containsExactly("write_stall");
      assertThat(kept.gone).isEmpty();
      eventually(() -> server.openConnections() == 1);

      slow.getInputStream().skipNBytes(8_000_000);
      readUntil(slow.getInputStream(), "\r\n");
      eventually(() -> kept.writable.get() > 0);
      assertThat(onLoop(kept.port::isWritable)).isTrue();
    }
  }

  @Test
  void aBodyUntilCloseThatIsCutEndsInAReset() throws Exception {
    flow.onWhole =
        call -> {
          call.port.writeHead(RecordingFlow.events());
          call.port.writeBody(Unpooled.copiedBuffer("data: 1\n\n", StandardCharsets.US_ASCII));
          call.port.end(new Ending.Cut("x", null));
        };
    try (Socket socket = connect()) {
      send(socket, "GET / HTTP/1.0\r\n\r\n");
      assertThatThrownBy(() -> readAll(socket)).isInstanceOf(SocketException.class);
    }
    try (Socket socket = connect()) {
      send(socket, GET);
      assertThat(readAll(socket)).endsWith("9\r\ndata: 1\n\n\r\n");
    }
  }

  @Test
  void oneConnectionTooManyIsClosedAtOnce() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < Wire.SETTINGS.connectionsMax(); i++) {
        open.add(connect());
      }
      eventually(() -> server.openConnections() == Wire.SETTINGS.connectionsMax());
      try (Socket one = connect()) {
        assertThat(one.getInputStream().read()).isEqualTo(-1);
      }
      assertThat(server.connectionsTurnedAway()).isEqualTo(1);

      send(open.getFirst(), GET);
      assertThat(readUntil(open.getFirst().getInputStream(), "}")).startsWith("HTTP/1.1 200 OK");
      open.removeLast().close();
      eventually(() -> server.openConnections() == Wire.SETTINGS.connectionsMax() - 1);
      open.add(connect());
      send(open.getLast(), GET);
      assertThat(readUntil(open.getLast().getInputStream(), "}")).startsWith("HTTP/1.1 200 OK");
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  @Test
  void drainingClosesIdleConnectionsAndLetsAnswersEnd() throws Exception {
    flow.onWhole = call -> {};
    try (Socket idle = connect();
        Socket waiting = connect();
        Socket streaming = connect()) {
      send(waiting, GET);
      eventually(() -> flow.calls.size() == 1);
      send(streaming, GET);
      eventually(() -> flow.calls.size() == 2);
      eventually(() -> server.openConnections() == 3);
      RecordingFlow.Call first = flow.calls.getFirst();
      RecordingFlow.Call second = flow.calls.getLast();
      onLoop(
          () -> {
            second.port.writeHead(RecordingFlow.events());
            second.port.flush();
            return true;
          });
      readUntil(streaming.getInputStream(), "\r\n\r\n");

      CompletableFuture<Integer> drained = server.drain(Duration.ofSeconds(30));
      assertThat(idle.getInputStream().read()).isEqualTo(-1);
      assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
      assertThat(drained).isNotDone();
      assertThat(server.drain(Duration.ofMillis(1)).join()).isEqualTo(2);

      onLoop(
          () -> {
            first.answer("{}");
            return true;
          });
      assertThat(readAll(waiting)).contains("Connection: close\r\n").endsWith("{}");
      onLoop(
          () -> {
            second.port.writeBody(Unpooled.copiedBuffer("data: 1\n\n", StandardCharsets.US_ASCII));
            second.port.end(new Ending.Complete());
            return true;
          });
      assertThat(readAll(streaming)).isEqualTo("9\r\ndata: 1\n\n\r\n0\r\n\r\n");
      assertThat(drained.get(10, TimeUnit.SECONDS)).isZero();
    }
  }

  @Test
  void closingEndsEveryConnectionAndTellsTheFlow() throws Exception {
    flow.onWhole = call -> {};
    try (Socket socket = connect()) {
      send(socket, GET);
      eventually(() -> flow.calls.size() == 1);
      server.close();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
      eventually(() -> !flow.last().gone.isEmpty());
      assertThat(flow.last().gone).containsExactly("server_closed");
    }
  }

  @Test
  void aPortThatIsTakenIsSaidInOneSentence() {
    ServerSettings s = Wire.SETTINGS;
    ServerSettings same =
        new ServerSettings(
            s.address(),
            address.getPort(),
            s.eventLoops(),
            s.transport(),
            s.requestLineMaxBytes(),
            s.headMaxBytes(),
            s.headFieldsMax(),
            s.headTime(),
            s.bodyRateMinBytes(),
            s.clientIdle(),
            s.writeStall(),
            s.connectionsMax(),
            s.requestsPerConnectionMax());
    assertThatThrownBy(() -> server(same).bind())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("127.0.0.1:" + address.getPort());
  }

  @Test
  void aFloodOfConnectionsThatComeAndGoLeavesNothingBehind() throws Exception {
    ByteBuf warm = PooledByteBufAllocator.DEFAULT.directBuffer();
    warm.release();
    for (int i = 0; i < 2_000; i++) {
      try (Socket socket = connect()) {
        if (i % 3 == 0) {
          send(socket, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\nhalf");
        } else if (i % 3 == 1) {
          send(socket, "GET / HT");
        }
        socket.setSoLinger(true, 0);
      }
    }
    eventually(() -> server.openConnections() == 0);
    assertThat(onLoop(() -> wheel.size() == 0)).isTrue();
    assertThat(flow.calls).allSatisfy(call -> assertThat(call.gone).hasSize(1));
  }
}
