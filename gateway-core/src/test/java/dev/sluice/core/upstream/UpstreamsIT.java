package dev.sluice.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.upstream.ScriptedServer.Received;
import dev.sluice.core.upstream.ScriptedServer.Script;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a provider answers arrives whole and unchanged, over connections that are kept. */
@ParameterizedClass
@MethodSource("transports")
@Timeout(120)
final class UpstreamsIT {
  static List<Transport> transports() {
    return Transport.best().name().equals("nio")
        ? List.of(Transport.nio())
        : List.of(Transport.nio(), Transport.epoll());
  }

  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private final Transport transport;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // by the test
  private ScriptedServer server;

  @SuppressWarnings("NullAway.Init") // by the test
  private Loop loop;

  UpstreamsIT(Transport transport) {
    this.transport = transport;
  }

  private void serve(Script script) throws Exception {
    server = new ScriptedServer(script);
    opened.add(server);
    loop = new Loop(transport, Loop.to(server.port()));
    opened.add(loop);
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

  private static byte[] noise(long seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  // Requests

  @Test
  void aRequestSaysWhereItGoesAndHowLongItIs() throws Exception {
    serve(
        peer -> {
          while (true) {
            peer.read();
            peer.write(OK);
          }
        });
    assertThat(loop.post("/v1/x?a=b", "{}").await().text()).isEqualTo("ok");
    assertThat(loop.get("/v1/models").await().status).isEqualTo(200);
    assertThat(loop.post("/v1/empty", "").await().status).isEqualTo(200);
    Received post = server.received.poll();
    assertThat(post.line()).isEqualTo("POST /v1/x?a=b HTTP/1.1");
    assertThat(post.field("host")).isEqualTo("127.0.0.1:" + server.port());
    assertThat(post.field("content-length")).isEqualTo("2");
    assertThat(post.field("x-test")).isEqualTo("yes");
    Received get = server.received.poll();
    assertThat(get.field("content-length")).isNull();
    assertThat(server.received.poll().field("content-length")).isEqualTo("0");
    assertThat(server.connections).hasValue(1);
  }

  @Test
  void thePathPrefixOfTheBaseUrlStandsBeforeTheTarget() throws Exception {
    server =
        new ScriptedServer(
            peer -> {
              peer.read();
              peer.write(OK);
            });
    opened.add(server);
    loop =
        new Loop(
            transport,
            Loop.to(URI.create("http://localhost:" + server.port() + "/openai/compatible/")));
    opened.add(loop);
    loop.post("/v1/x", "{}").await();
    Received post = server.received.poll();
    assertThat(post.line()).isEqualTo("POST /openai/compatible/v1/x HTTP/1.1");
    assertThat(post.field("host")).isEqualTo("localhost:" + server.port());
  }

  @Test
  void anUploadOf32MiBArrivesByteForByte() throws Exception {
    serve(
        peer -> {
          while (true) {
            peer.read();
            peer.write(OK);
          }
        });
    byte[] body = noise(1, 32 << 20);
    assertThat(loop.send(HttpMethod.POST, "/v1/x", body).await().failure).isNull();
    assertThat(Arrays.equals(server.received.poll().body(), body)).isTrue();
    assertThat(loop.post("/v1/x", "again").await().failure).isNull();
    assertThat(server.connections).hasValue(1);
  }

  @Test
  void whatCannotBeSentIsRefusedAndItsBodyReleased() throws Exception {
    serve(peer -> peer.read());
    loop.on(
        () -> {
          ByteBuf body = Unpooled.buffer(4).writeInt(1);
          assertThatThrownBy(
                  () ->
                      loop.upstreams.open(
                          Loop.PROVIDER,
                          new UpstreamRequest(
                              HttpMethod.POST,
                              "/v1 HTTP/1.1\r\nx: y",
                              new DefaultHttpHeaders(),
                              body),
                          new Answer()))
              .isInstanceOf(IllegalArgumentException.class);
          assertThat(body.refCnt()).isZero();
          ByteBuf other = Unpooled.buffer(4).writeInt(1);
          assertThatThrownBy(
                  () ->
                      loop.upstreams.open(
                          "nobody",
                          new UpstreamRequest(
                              HttpMethod.POST, "/v1", new DefaultHttpHeaders(), other),
                          new Answer()))
              .isInstanceOf(IllegalArgumentException.class);
          assertThat(other.refCnt()).isZero();
          return null;
        });
    assertThat(server.connections).hasValue(0);
  }

  // Answers

  enum Framing {
    LENGTH,
    CHUNKED,
    CLOSE
  }

  @ParameterizedTest
  @ValueSource(strings = {"LENGTH", "CHUNKED", "CLOSE"})
  void aBodyArrivesByteForByteHoweverItIsCut(String framing) throws Exception {
    long seed = System.nanoTime();
    byte[] body = noise(seed, 300_000);
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    switch (Framing.valueOf(framing)) {
      case LENGTH ->
          wire.write(bytes("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n"));
      case CHUNKED -> wire.write(bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
      case CLOSE -> wire.write(bytes("HTTP/1.0 200 OK\r\n\r\n"));
    }
    if (framing.equals("CHUNKED")) {
      Random random = new Random(seed);
      for (int at = 0; at < body.length; ) {
        int size = Math.min(body.length - at, 1 + random.nextInt(9_000));
        wire.write(bytes(Integer.toHexString(size) + ";ext=1\r\n"));
        wire.write(body, at, size);
        wire.write(bytes("\r\n"));
        at += size;
      }
      wire.write(bytes("0\r\nX-Trailer: dropped\r\n\r\n"));
    } else {
      wire.write(body);
    }
    byte[] all = wire.toByteArray();
    serve(
        peer -> {
          Random random = new Random(seed + 1);
          while (true) {
            peer.read();
            for (int at = 0; at < all.length; ) {
              // mostly large pieces, some of a few bytes
              int bound = random.nextInt(4) == 0 ? 7 : 20_000;
              int size = Math.min(all.length - at, 1 + random.nextInt(bound));
              peer.write(Arrays.copyOfRange(all, at, at + size));
              at += size;
            }
            if (framing.equals("CLOSE")) {
              return;
            }
          }
        });
    for (int i = 0; i < 3; i++) {
      Answer answer = loop.post("/v1/x", "{}").await();
      assertThat(answer.failure).as("seed %d", seed).isNull();
      assertThat(Arrays.equals(answer.body(), body)).as("seed %d", seed).isTrue();
      assertThat(answer.contentLength).isEqualTo(framing.equals("LENGTH") ? body.length : -1);
      loop.awaitStats(framing.equals("CLOSE") ? 0 : 1, framing.equals("CLOSE") ? 0 : 1, 0);
    }
    assertThat(server.connections).hasValue(framing.equals("CLOSE") ? 3 : 1);
  }

  @Test
  void answersWithoutABodyEndAtTheirHead() throws Exception {
    serve(
        peer -> {
          while (true) {
            String line = peer.read().line();
            if (line.startsWith("HEAD")) {
              peer.write("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
            } else if (line.contains("/204")) {
              peer.write("HTTP/1.1 204 No Content\r\n\r\n");
            } else if (line.contains("/304")) {
              peer.write("HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n");
            } else {
              peer.write(OK);
            }
          }
        });
    Answer head = loop.send(HttpMethod.HEAD, "/v1/x", new byte[0]).await();
    assertThat(head.failure).isNull();
    assertThat(head.contentLength).isEqualTo(12);
    assertThat(head.body()).isEmpty();
    for (String target : List.of("/204", "/304")) {
      Answer empty = loop.get(target).await();
      assertThat(empty.failure).isNull();
      assertThat(empty.body()).isEmpty();
    }
    assertThat(loop.get("/v1/x").await().text()).isEqualTo("ok");
    assertThat(server.connections).hasValue(1);
  }

  @Test
  void aBodyWithA204SpoilsTheConnectionButNotTheAnswer() throws Exception {
    serve(
        peer -> {
          peer.read();
          peer.write("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nHTTP");
          peer.awaitClientClose();
        });
    for (int i = 0; i < 5; i++) {
      Answer answer = loop.post("/v1/x", "{}").await();
      assertThat(answer.failure).isNull();
      assertThat(answer.status).isEqualTo(204);
      loop.awaitStats(0, 0, 0);
    }
    assertThat(server.connections).hasValue(5);
  }

  @Test
  void bytesBeyondTheAnnouncedLengthNeverReachTheNextCall() throws Exception {
    serve(
        peer -> {
          peer.read();
          // without a line end, so that it stays in the decoder and nothing more is to be seen
          peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK");
          peer.awaitClientClose();
        });
    for (int i = 0; i < 20; i++) {
      Answer answer = loop.post("/v1/x", "{}").await();
      assertThat(answer.failure).isNull();
      assertThat(answer.text()).isEqualTo("ok");
      loop.awaitStats(0, 0, 0);
    }
    assertThat(server.connections).hasValue(20);
  }

  @Test
  void interimAnswersAreSwallowed() throws Exception {
    serve(
        peer -> {
          while (true) {
            peer.read();
            peer.write("HTTP/1.1 100 Continue\r\n\r\n");
            for (int i = 0; i < 15; i++) {
              peer.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
            }
            peer.write(OK);
          }
        });
    for (int i = 0; i < 2; i++) {
      Answer answer = loop.post("/v1/x", "{}").await();
      assertThat(answer.failure).isNull();
      assertThat(answer.status).isEqualTo(200);
      assertThat(answer.text()).isEqualTo("ok");
    }
    assertThat(server.connections).hasValue(1);
  }

  @Test
  void aReadBatchEndsWithABatchEnd() throws Exception {
    CountDownLatch heard = new CountDownLatch(1);
    serve(
        peer -> {
          peer.read();
          peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          peer.chunk(bytes("one"));
          heard.await();
          peer.write("0\r\n\r\n");
        });
    Answer answer =
        loop.send(
            HttpMethod.POST,
            "/v1/x",
            bytes("{}"),
            fresh -> {
              fresh.onPiece = piece -> {};
              return fresh;
            });
    answer.awaitHead();
    while (answer.text().isEmpty() || answer.batches.get() == 0) {
      loop.on(() -> null);
    }
    heard.countDown();
    assertThat(answer.await().failure).isNull();
  }

  // Compression

  private static byte[] gzip(byte[] plain) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    }
    return out.toByteArray();
  }

  @Test
  void aCompressedEventStreamArrivesEventByEvent() throws Exception {
    Semaphore next = new Semaphore(0);
    int events = 200;
    serve(
        peer -> {
          peer.read();
          peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
          peer.write("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
          ByteArrayOutputStream chunk = new ByteArrayOutputStream();
          GZIPOutputStream gzip = new GZIPOutputStream(chunk, 512, true);
          for (int i = 0; i < events; i++) {
            gzip.write(bytes("data: event " + i + " " + "x".repeat(i * 31 % 700) + "\n\n"));
            gzip.flush();
            peer.chunk(chunk.toByteArray());
            chunk.reset();
            next.acquire(); // the next event is not sent before this one was seen
          }
          gzip.close();
          peer.chunk(chunk.toByteArray());
          peer.write("0\r\n\r\n");
          peer.awaitClientClose();
        });
    StringBuilder seen = new StringBuilder();
    AtomicInteger count = new AtomicInteger();
    Answer answer =
        loop.send(
            HttpMethod.POST,
            "/v1/x",
            bytes("{}"),
            fresh -> {
              fresh.onPiece =
                  piece -> {
                    seen.append(piece);
                    while (seen.indexOf("\n\n") >= 0) {
                      assertThat(seen.substring(0)).startsWith("data: event " + count.get() + " ");
                      seen.delete(0, seen.indexOf("\n\n") + 2);
                      count.incrementAndGet();
                      next.release();
                    }
                  };
              return fresh;
            });
    answer.await();
    assertThat(answer.failure).isNull();
    assertThat(count).hasValue(events);
    assertThat(answer.headers().contains("content-encoding")).isFalse();
    assertThat(answer.contentLength).isEqualTo(-1);
    loop.awaitStats(1, 1, 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "X-GZIP", "deflate"})
  void aCompressedBodyIsReadableAndTheConnectionIsKept(String coding) throws Exception {
    byte[] plain = bytes("{\"text\":\"" + "many words, ".repeat(50_000) + "\"}");
    byte[] compressed;
    if (coding.equals("deflate")) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (DeflaterOutputStream deflate = new DeflaterOutputStream(out)) {
        deflate.write(plain);
      }
      compressed = out.toByteArray();
    } else {
      compressed = gzip(plain);
    }
    serve(
        peer -> {
          while (true) {
            peer.read();
            peer.write(
                "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
                    .formatted(coding, compressed.length));
            peer.write(compressed);
          }
        });
    for (int i = 0; i < 2; i++) {
      Answer answer = loop.post("/v1/x", "{}").await();
      assertThat(answer.failure).isNull();
      assertThat(Arrays.equals(answer.body(), plain)).isTrue();
      assertThat(answer.headers().contains("content-length")).isFalse();
    }
    assertThat(server.connections).hasValue(1);
  }

  @Test
  void acodingThatIsNotOursStaysAsItIs() throws Exception {
    serve(
        peer -> {
          peer.read();
          peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok");
        });
    Answer answer = loop.post("/v1/x", "{}").await();
    assertThat(answer.text()).isEqualTo("ok");
    assertThat(answer.headers().get("content-encoding")).isEqualTo("br");
    assertThat(answer.contentLength).isEqualTo(2);
  }

  @Test
  void aPausedReaderOfABombHoldsWhatWasReadAndNoMore() throws Exception {
    byte[] bomb = gzip(new byte[64 << 20]); // about 64 KiB
    serve(
        peer -> {
          peer.read();
          peer.write(
              "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
                  .formatted(bomb.length));
          peer.write(bomb);
          peer.awaitClientClose();
        });
    Answer answer =
        loop.send(
            HttpMethod.POST,
            "/v1/x",
            bytes("{}"),
            fresh -> {
              fresh.keepsBody = false;
              fresh.onPiece = piece -> fresh.stream().pause();
              return fresh;
            });
    long before = -1;
    int steps = 0;
    while (answer.bytes.get() == 0) {
      loop.on(() -> null);
    }
    for (; steps < 50; steps++) { // each resume lets one piece through
      long now = answer.bytes.get();
      assertThat(now - before).isLessThanOrEqualTo(2L * Inflation.STEP_BYTES + 1);
      before = now;
      loop.on(
          () -> {
            answer.stream().resume();
            return null;
          });
      while (answer.bytes.get() == now) {
        loop.on(() -> null);
      }
    }
    answer.onPiece = piece -> {};
    loop.on(
        () -> {
          answer.stream().resume();
          return null;
        });
    assertThat(answer.await().failure).isNull();
    assertThat(answer.bytes).hasValue(64 << 20);
    loop.awaitStats(1, 1, 0);
  }

  // Pausing

  @Test
  void aPausedReaderStopsTheProvider() throws Exception {
    int size = 64 << 20;
    LinkedBlockingQueue<Long> stuckAt = new LinkedBlockingQueue<>();
    AtomicLong written = new AtomicLong();
    try (ServerSocketChannel listening = ServerSocketChannel.open()) {
      listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = ((InetSocketAddress) listening.getLocalAddress()).getPort();
      Thread.ofPlatform().daemon().start(() -> writeUntilDone(listening, size, written, stuckAt));
      loop = new Loop(transport, Loop.to(URI.create("http://localhost:" + port)));
      opened.add(loop);
      Answer answer =
          loop.send(
              HttpMethod.GET,
              "/v1/x",
              new byte[0],
              fresh -> {
                fresh.keepsBody = false;
                fresh.onPiece = piece -> fresh.stream().pause();
                return fresh;
              });
      Long stuck = stuckAt.poll(30, TimeUnit.SECONDS);
      assertThat(stuck).as("the provider must get stuck").isNotNull().isLessThan(size);
      // One read of the socket at most, however many bodies it was cut into.
      assertThat(answer.bytes.get()).isPositive().isLessThanOrEqualTo(128 << 10);
      answer.onPiece = piece -> {};
      loop.on(
          () -> {
            answer.stream().resume();
            return null;
          });
      assertThat(answer.await().failure).isNull();
      assertThat(answer.bytes).hasValue(size);
    }
  }

  private static void writeUntilDone(
      ServerSocketChannel listening,
      int size,
      AtomicLong written,
      LinkedBlockingQueue<Long> stuckAt) {
    try (SocketChannel socket = listening.accept();
        Selector selector = Selector.open()) {
      socket.read(ByteBuffer.allocate(1 << 16)); // unread, it would become a reset at the end
      socket.write(
          ByteBuffer.wrap(bytes("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n")));
      socket.configureBlocking(false);
      socket.register(selector, SelectionKey.OP_WRITE);
      ByteBuffer piece = ByteBuffer.allocate(1 << 16);
      while (written.get() < size) {
        if (selector.select(500) == 0) {
          stuckAt.add(written.get());
          selector.select();
        }
        selector.selectedKeys().clear();
        piece.clear().limit((int) Math.min(piece.capacity(), size - written.get()));
        written.addAndGet(socket.write(piece));
      }
    } catch (Exception e) {
      stuckAt.add(Long.MAX_VALUE);
    }
  }

  @Test
  void cancellingInTheBodyClosesTheConnection() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    serve(
        peer -> {
          peer.read();
          peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst");
          try {
            peer.awaitClientClose();
          } finally {
            closed.countDown();
          }
        });
    Answer answer = loop.post("/v1/x", "{}");
    answer.awaitHead();
    assertThat(answer.stream().wasSent()).isTrue();
    loop.on(
        () -> {
          answer.stream().cancel();
          answer.stream().cancel();
          return null;
        });
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    loop.awaitStats(0, 0, 0);
    assertThat(answer.endings).hasValue(0);
  }

  @Test
  void aListenerThatFailsClosesTheConnectionAndHearsOfIt() throws Exception {
    serve(
        peer -> {
          peer.read();
          peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst");
          peer.awaitClientClose();
        });
    Answer answer =
        loop.send(
            HttpMethod.POST,
            "/v1/x",
            bytes("{}"),
            fresh -> {
              fresh.onPiece =
                  piece -> {
                    throw new IllegalStateException("a bug");
                  };
              return fresh;
            });
    answer.await();
    assertThat(answer.why().code()).isEqualTo("listener_failed");
    loop.awaitStats(0, 0, 0);
  }

  // The pool

  @Test
  void aConnectionIsUsedAgainTheLastOneFirst() throws Exception {
    serve(
        peer -> {
          while (true) {
            peer.read();
            peer.write(OK);
          }
        });
    List<Answer> together = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      together.add(loop.post("/v1/x", "{}"));
    }
    for (Answer each : together) {
      assertThat(each.await().failure).isNull();
    }
    for (int i = 0; i < 50; i++) {
      assertThat(loop.post("/v1/x", "{}").await().failure).isNull();
    }
    assertThat(server.connections.get()).isLessThanOrEqualTo(4);
  }

  @Test
  void connectionsUnusedForTooLongAreClosed() throws Exception {
    serve(
        peer -> {
          while (true) {
            peer.read();
            peer.write(OK);
          }
        });
    loop.post("/v1/x", "{}").await();
    loop.awaitStats(1, 1, 0);
    loop.pass(Duration.ofSeconds(59));
    loop.awaitStats(1, 1, 0);
    loop.pass(Duration.ofSeconds(2));
    loop.awaitStats(0, 0, 0);
  }

  @Test
  void aConnectionThatIsTooOldTakesNoNewRequest() throws Exception {
    CountDownLatch aged = new CountDownLatch(1);
    serve(
        peer -> {
          while (true) {
            boolean slow = peer.read().line().contains("slow");
            if (slow) {
              aged.await();
            }
            peer.write(OK);
          }
        });
    Answer slow = loop.post("/slow", "{}");
    loop.awaitStats(1, 0, 0);
    while (!slow.stream().wasSent()) {
      loop.on(() -> null);
    }
    loop.pass(Duration.ofMinutes(11));
    aged.countDown();
    assertThat(slow.await().failure).isNull();
    loop.awaitStats(0, 0, 0);
    assertThat(loop.post("/v1/x", "{}").await().failure).isNull();
    assertThat(server.connections).hasValue(2);
  }

  @Test
  void connectionCloseIsObeyed() throws Exception {
    serve(
        peer -> {
          peer.read();
          peer.write("HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 2\r\n\r\nok");
          peer.awaitClientClose();
        });
    for (int i = 0; i < 3; i++) {
      assertThat(loop.post("/v1/x", "{}").await().failure).isNull();
      loop.awaitStats(0, 0, 0);
    }
    assertThat(server.connections).hasValue(3);
  }

  /**
   * The race of every pool: the provider closes a connection that is idle, and the next request is
   * opened in the same turn of the loop, before the loop has polled. The loop is held in a task
   * until the server has closed, so that each round hits the race.
   */
  @Test
  void aThousandConnectionsClosedWhileIdleCostNoRequest() throws Exception {
    Semaphore mayClose = new Semaphore(0);
    Semaphore closed = new Semaphore(0);
    serve(
        peer -> {
          try {
            peer.read();
            peer.write(OK);
            mayClose.acquire();
            peer.socket.close();
          } finally {
            closed.release();
          }
        });
    int rounds = 1_000;
    for (int i = 0; i < rounds; i++) {
      int round = i;
      Answer answer = new Answer();
      loop.on(
          () -> {
            if (round > 0) {
              mayClose.release();
              closed.acquire();
              loop.tick(Duration.ofMillis(2));
            }
            return loop.sendHere(HttpMethod.POST, "/v1/x", bytes("id " + round), answer);
          });
      answer.await();
      assertThat(answer.failure).as("round %d", i).isNull();
      loop.awaitStats(1, 1, 0);
    }
    Map<String, Integer> times = new HashMap<>();
    server.received.forEach(
        request ->
            times.merge(new String(request.body(), StandardCharsets.UTF_8), 1, Integer::sum));
    assertThat(times).hasSize(rounds);
    assertThat(times.values()).containsOnly(1);
    mayClose.release();
  }

  /**
   * As above, but so soon that nobody looks first: then writing finds it, and nothing was taken.
   */
  @Test
  void aRequestOfWhichNoByteWasTakenGoesByAnotherConnection() throws Exception {
    Semaphore mayReset = new Semaphore(0);
    Semaphore reset = new Semaphore(0);
    serve(
        peer -> {
          peer.read();
          peer.write(OK);
          mayReset.acquire();
          peer.reset();
          reset.release();
        });
    for (int i = 0; i < 100; i++) {
      int round = i;
      Answer answer = new Answer();
      loop.on(
          () -> {
            if (round > 0) {
              mayReset.release();
              reset.acquire();
            }
            return loop.sendHere(HttpMethod.POST, "/v1/x", bytes("id " + round), answer);
          });
      answer.await();
      assertThat(answer.failure).as("round %d", i).isNull();
      loop.awaitStats(1, 1, 0);
    }
    assertThat(server.received).hasSize(100);
    mayReset.release();
  }

  @Test
  void onlyWhatIsHarmlessIsSentTwice() throws Exception {
    Semaphore mayClose = new Semaphore(0);
    Semaphore closed = new Semaphore(0);
    serve(
        peer -> {
          try {
            peer.read();
            peer.write(OK);
            mayClose.acquire();
            peer.socket.close();
          } finally {
            closed.release();
          }
        });
    for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.POST)) {
      assertThat(loop.get("/first").await().failure).isNull();
      loop.awaitStats(1, 1, 0);
      Answer answer = new Answer();
      loop.on(
          () -> {
            mayClose.release();
            closed.acquire();
            return loop.sendHere(
                method, "/second", new byte[0], answer); // the FIN is not looked for
          });
      answer.await();
      if (method.equals(HttpMethod.GET)) {
        assertThat(answer.failure).isNull();
        mayClose.release();
        closed.acquire();
        loop.awaitStats(0, 0, 0);
      } else {
        assertThat(answer.failure).isInstanceOf(UpstreamFailure.NoAnswer.class);
      }
    }
    assertThat(server.received.stream().filter(r -> r.line().startsWith("POST"))).isEmpty();
    mayClose.release(10);
  }

  @Test
  void requestsBeyondTheBoundWaitInOrderAndAreBounded() throws Exception {
    Semaphore mayAnswer = new Semaphore(0);
    server =
        new ScriptedServer(
            peer -> {
              while (true) {
                peer.read();
                mayAnswer.acquire();
                peer.write(OK);
              }
            });
    opened.add(server);
    UpstreamSettings to = Loop.to(server.port());
    loop =
        new Loop(
            transport,
            new UpstreamSettings(
                to.name(),
                to.baseUrl(),
                to.connectTimeout(),
                2,
                3,
                to.queueTimeout(),
                to.idleMax(),
                to.ageMax()));
    opened.add(loop);
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      answers.add(loop.post("/" + i, "{}"));
    }
    Answer refused = answers.get(5).await();
    assertThat(refused.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
    assertThat(refused.why().code()).isEqualTo("upstream_queue_full");
    loop.awaitStats(2, 0, 3);
    Answer withdrawn = answers.get(3);
    assertThat(withdrawn.stream().wasSent()).isFalse();
    loop.on(
        () -> {
          withdrawn.stream().cancel();
          return null;
        });
    loop.awaitStats(2, 0, 2);
    loop.awaitStats(2, 0, 2);
    mayAnswer.release(1);
    loop.awaitStats(2, 0, 1);
    while (server.received.size() < 3) {
      loop.on(() -> null);
    }
    assertThat(List.copyOf(server.received).get(2).line()).startsWith("POST /2 ");
    loop.pass(Duration.ofSeconds(6));
    Answer late = answers.get(4).await();
    assertThat(late.why().code()).isEqualTo("upstream_queue_timeout");
    assertThat(late.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
    mayAnswer.release(10);
    for (int i = 0; i < 3; i++) {
      assertThat(answers.get(i).await().failure).isNull();
    }
    assertThat(server.received).hasSize(3);
    assertThat(withdrawn.endings).hasValue(0);
  }

  @Test
  void aCallCancelledWhileConnectingLeavesTheConnectionToOthers() throws Exception {
    serve(
        peer -> {
          while (true) {
            peer.read();
            peer.write(OK);
          }
        });
    Answer answer = new Answer();
    loop.on(
        () -> {
          loop.sendHere(HttpMethod.POST, "/v1/x", bytes("{}"), answer).stream().cancel();
          return null;
        });
    loop.awaitStats(1, 1, 0);
    assertThat(loop.post("/v1/y", "{}").await().failure).isNull();
    assertThat(server.connections).hasValue(1);
    assertThat(server.received).hasSize(1);
    assertThat(answer.endings).hasValue(0);
  }
}
