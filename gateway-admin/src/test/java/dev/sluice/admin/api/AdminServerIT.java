package dev.sluice.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.admin.health.Health;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The second port over real sockets: who may ask, what is bounded, and how each no looks. */
class AdminServerIT {

  private static final AdminServer.Limits SHORT =
      new AdminServer.Limits(2, 200, 400, 100, 300, 300, 300, 300);

  private final HttpClient client = HttpClient.newHttpClient();
  private final Health health = new Health();
  private final CountDownLatch never = new CountDownLatch(1);
  private final AtomicBoolean ranOnVirtualThread = new AtomicBoolean();
  private @Nullable AdminServer server;
  private int port;

  @AfterEach
  void stop() {
    client.close();
    if (server != null) {
      server.close();
    }
  }

  private void start(@Nullable String token, AdminServer.Limits limits) throws Exception {
    var endpoints = new ArrayList<>(health.endpoints());
    endpoints.add(
        new Endpoint(
            "GET",
            "/hello",
            false,
            request -> {
              ranOnVirtualThread.set(Thread.currentThread().isVirtual());
              return AdminAnswer.json(Map.of("query", request.query()));
            }));
    endpoints.add(
        new Endpoint("POST", "/size", false, request -> AdminAnswer.json(request.body().length)));
    endpoints.add(
        new Endpoint(
            "GET",
            "/throws",
            false,
            request -> {
              throw new IOException("secret detail");
            }));
    endpoints.add(
        new Endpoint(
            "GET",
            "/hangs",
            false,
            request -> {
              never.await();
              return AdminAnswer.json("too late");
            }));
    server = new AdminServer("127.0.0.1", 0, Callers.of(token), endpoints, limits);
    port = server.start();
  }

  private HttpResponse<String> ask(String method, String path, String... headers) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** Sends the bytes and reads until the server closes. */
  private String raw(String bytes) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void everythingButLivenessNeedsTheToken() throws Exception {
    start("correct horse", AdminServer.Limits.USUAL);
    assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(200);
    for (String path : List.of("/hello", "/health/ready", "/no/such/path")) {
      var none = ask("GET", path);
      assertThat(none.statusCode()).as(path).isEqualTo(401);
      assertThat(none.headers().firstValue("WWW-Authenticate"))
          .hasValueSatisfying(value -> assertThat(value).startsWith("Bearer"));
      assertThat(none.headers().firstValue("Content-Type")).hasValue("application/problem+json");
      for (String wrong :
          List.of("Bearer correct", "Basic correct horse", "correct horse", "Bearer ")) {
        assertThat(ask("GET", path, "Authorization", wrong).statusCode()).as(wrong).isEqualTo(401);
      }
    }
    assertThat(ask("GET", "/hello", "Authorization", "Bearer correct horse").statusCode())
        .isEqualTo(200);
    assertThat(ask("GET", "/no/such/path", "Authorization", "bearer correct horse").statusCode())
        .isEqualTo(404);
  }

  @Test
  void endpointsRunOnVirtualThreadsAndNotOnTheLoop() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    assertThat(ask("GET", "/hello?a=b").body()).isEqualTo("{\"query\":\"a=b\"}");
    assertThat(ranOnVirtualThread).isTrue();
  }

  @Test
  void whatIsNotThereIsAProblemDocument() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    var unknown = ask("GET", "/etc/passwd");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(unknown.body()).contains("\"status\":404").contains("/health/live");
    var method = ask("DELETE", "/hello");
    assertThat(method.statusCode()).isEqualTo(405);
    assertThat(method.headers().firstValue("Allow")).hasValue("GET, HEAD");
    assertThat(method.headers().firstValue("Content-Type")).hasValue("application/problem+json");
  }

  @Test
  void headTellsTheLengthAndSendsNoBody() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    String answer = raw("HEAD /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertThat(answer)
        .startsWith("HTTP/1.1 200")
        .contains("content-length: 17")
        .endsWith("\r\n\r\n");
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    String first = "GET /hello?1 HTTP/1.1\r\nHost: x\r\n\r\n";
    String second = "POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    String third = "GET /hello?2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    String answers = raw(first + second + third);
    assertThat(answers)
        .containsSubsequence("{\"query\":\"1\"}", "\r\n\r\n3HTTP/1.1 200", "{\"query\":\"2\"}");
  }

  /** As most clients send it: the head, then the body. */
  @Test
  void aBodyMayComeAfterItsHeadAndInParts() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    byte[] part = new byte[5_000];
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(5_000);
      var out = socket.getOutputStream();
      for (int parts : List.of(1, 3)) {
        int length = parts * part.length;
        String head = "POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n";
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.flush();
        for (int i = 0; i < parts; i++) {
          // Nothing tells when the server has read what was sent; so asks it something else.
          assertThat(ask("GET", "/hello").statusCode()).isEqualTo(200);
          out.write(part);
          out.flush();
        }
        var answer = new StringBuilder();
        while (!answer.toString().endsWith("\r\n\r\n" + length)) {
          answer.append((char) socket.getInputStream().read());
        }
        assertThat(answer).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void aRequestThatComesInPiecesIsAnswered() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    String request = "POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.setTcpNoDelay(true);
      for (int cut : List.of(1, 20, request.indexOf("abc"), request.length() - 1)) {
        socket.getOutputStream().write(request.substring(0, cut).getBytes(StandardCharsets.UTF_8));
        // Whatever was sent is read when the loop has come round twice.
        assertThat(ask("GET", "/hello").statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/hello").statusCode()).isEqualTo(200);
        socket.getOutputStream().write(request.substring(cut).getBytes(StandardCharsets.UTF_8));
        assertThat(answer(socket)).as("cut at " + cut).contains("200 OK").endsWith("\r\n\r\n3");
      }
    }
  }

  /** One answer with a body of one byte. */
  private static String answer(Socket socket) throws IOException {
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("\r\n\r\n") < 0 || answer.toString().endsWith("\r\n\r\n")) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        break;
      }
      answer.append((char) next);
    }
    return answer.toString();
  }

  @Test
  void malformedRequestsAreRefusedAndTheConnectionClosed() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    String bothLengths = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for (String bad :
        List.of(
            "GARBAGE\r\n\r\n",
            "GET /hello HTTP/1.1\r\n\r\n",
            "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            "POST /size HTTP/1.1\r\nHost: x\r\n" + bothLengths,
            "GET /hello HTTP/1.1\r\nHost: x\r\nBad Name: secret\r\n\r\n")) {
      String answer = raw(bad + "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(answer).as(bad).startsWith("HTTP/1.1 400").contains("application/problem+json");
      assertThat(answer).as(bad).doesNotContain("HTTP/1.1 200").doesNotContain("secret");
    }
  }

  @Test
  void whatIsTooLongIsRefusedByItsOwnStatus() throws Exception {
    start(null, SHORT);
    String host = " HTTP/1.1\r\nHost: x\r\n";
    assertThat(raw("GET /" + "a".repeat(300) + host + "\r\n")).startsWith("HTTP/1.1 414");
    assertThat(raw("GET /hello" + host + "A: " + "a".repeat(500) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");
    assertThat(raw("POST /size" + host + "Content-Length: 101\r\n\r\n" + "a".repeat(101)))
        .startsWith("HTTP/1.1 413")
        .contains("body_too_large");
    assertThat(
            raw(
                "POST /size"
                    + host
                    + "Transfer-Encoding: chunked\r\n\r\n80\r\n"
                    + "a".repeat(128)
                    + "\r\n0\r\n\r\n"))
        .startsWith("HTTP/1.1 413");
  }

  @Test
  void whoSendsALongBodyToItsEndBeforeItReadsStillReadsWhyItIsRefused() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    int length = 6 << 20; // more than the sockets hold
    String head = "POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n";
    assertThat(raw(head + "a".repeat(length))).startsWith("HTTP/1.1 413").contains("Send less.");
  }

  @Test
  void aBodyWithoutAnEndIsCutOff() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n"
              .getBytes(StandardCharsets.US_ASCII));
      byte[] piece = new byte[1 << 20];
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 64; i++) {
                  out.write(piece);
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void connectionsBeyondTheBoundAreClosedAtOnceAndRoomComesBack() throws Exception {
    start(null, new AdminServer.Limits(2, 200, 400, 100, 30_000, 30_000, 300, 300));
    var first = new Socket(InetAddress.getLoopbackAddress(), port);
    var second = new Socket(InetAddress.getLoopbackAddress(), port);
    try (first;
        second) {
      // Both are known to be counted once they have been answered.
      for (Socket socket : List.of(first, second)) {
        socket
            .getOutputStream()
            .write("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
      }
      assertThatRefused();
    }
    for (int tries = 0; ; tries++) {
      try {
        assertThat(raw("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
            .startsWith("HTTP/1.1 200");
        return;
      } catch (AssertionError | IOException e) {
        // The server hears of the two closes a moment later.
        if (tries == 1000) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  private void assertThatRefused() throws IOException {
    try {
      assertThat(raw("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")).isEmpty();
    } catch (IOException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  @Test
  void aRequestThatDripsIsCut() throws Exception {
    start(null, SHORT);
    long before = System.nanoTime();
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20);
      socket
          .getOutputStream()
          .write("GET /hello HTTP/1.1\r\nA: ".getBytes(StandardCharsets.US_ASCII));
      int end = 0;
      while (end == 0) {
        try {
          socket.getOutputStream().write('a');
          end = socket.getInputStream().read();
        } catch (java.net.SocketTimeoutException stillOpen) {
          assertThat(System.nanoTime() - before).isLessThan(10_000_000_000L);
        } catch (IOException cut) {
          end = -1;
        }
      }
      assertThat(end).isEqualTo(-1);
    }
  }

  @Test
  void anEndpointThatHangsIsAnsweredForAndInterrupted() throws Exception {
    start(null, SHORT);
    var answer = ask("GET", "/hangs");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("handler_timeout");
    assertThat(ask("GET", "/hello").statusCode()).isEqualTo(200);
  }

  @Test
  void anEndpointThatThrowsTellsNoDetails() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    var answer = ask("GET", "/throws");
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).contains("handler_failed").doesNotContain("secret");
  }

  @Test
  void readinessFollowsTheLifeOfTheProgramAndLivenessDoesNot() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    var starting = ask("GET", "/health/ready");
    assertThat(starting.statusCode()).isEqualTo(503);
    assertThat(starting.body()).contains("\"code\":\"starting\"");
    health.ready();
    assertThat(ask("GET", "/health/ready").statusCode()).isEqualTo(200);
    health.draining();
    health.ready();
    var draining = ask("GET", "/health/ready");
    assertThat(draining.statusCode()).isEqualTo(503);
    assertThat(draining.body()).contains("\"code\":\"draining\"");
    assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void aPortThatIsTakenIsSaidAndLeavesNothingBehind() throws Exception {
    start(null, AdminServer.Limits.USUAL);
    try (var second = new AdminServer("127.0.0.1", port, Callers.of(null), List.of())) {
      assertThatThrownBy(second::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("127.0.0.1:" + port)
          .hasCauseInstanceOf(BindException.class);
    }
  }

  @Test
  void twoEndpointsForOnePathAreRefused() {
    var one = new Endpoint("GET", "/a", true, request -> AdminAnswer.json(1));
    assertThatThrownBy(() -> new AdminServer("127.0.0.1", 0, Callers.of(null), List.of(one, one)))
        .hasMessageContaining("GET /a");
  }
}
