package dev.sluice.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.upstream.ScriptedServer.Script;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Providers are asked only when they are who they are called. */
@ParameterizedClass
@MethodSource("dev.sluice.core.upstream.UpstreamsIT#transports")
@Timeout(60)
final class UpstreamTlsIT {
  @TempDir static Path directory;
  private static X509Bundle authority;
  private static Path authorityFile;

  private final Transport transport;
  private final List<AutoCloseable> opened = new ArrayList<>();

  UpstreamTlsIT(Transport transport) {
    this.transport = transport;
  }

  @BeforeAll
  static void makeAuthority() throws Exception {
    authority =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=Test authority")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    authorityFile = directory.resolve("authority.pem");
    Files.writeString(authorityFile, authority.getCertificatePEM());
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
    Leaks.expectNone();
  }

  private ScriptedServer serveAs(String name, Script script) throws Exception {
    X509Bundle certificate =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=" + name)
            .addSanDnsName(name)
            .buildIssuedBy(authority);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(certificate.toKeyManagerFactory().getKeyManagers(), null, null);
    ServerSocket listening =
        new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    ScriptedServer server =
        new ScriptedServer(
            listening,
            raw -> {
              SSLSocket secured =
                  (SSLSocket)
                      context.getSocketFactory().createSocket(raw, null, raw.getPort(), true);
              secured.setUseClientMode(false);
              return secured;
            },
            script);
    opened.add(server);
    return server;
  }

  private Loop loopTo(int port, @Nullable Path trusted) {
    return loopTo("localhost", port, trusted);
  }

  private Loop loopTo(String host, int port, @Nullable Path trusted) {
    UpstreamSettings to = Loop.to(URI.create("https://" + host + ":" + port));
    Loop loop =
        new Loop(
            transport,
            new UpstreamSettings(
                to.name(),
                to.baseUrl(),
                to.connectTimeout(),
                to.connectionsMax(),
                to.queueMax(),
                to.queueTimeout(),
                to.idleMax(),
                to.ageMax(),
                trusted));
    opened.add(loop);
    return loop;
  }

  @Test
  void theRightNameUnderATrustedAuthorityIsSpokenTo() throws Exception {
    ScriptedServer server =
        serveAs(
            "localhost",
            peer -> {
              while (true) {
                byte[] body = peer.read().body();
                peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
                peer.write(body);
              }
            });
    Loop loop = loopTo(server.port(), authorityFile);
    for (int i = 0; i < 3; i++) {
      Answer answer = loop.post("/v1/x", "prompt ".repeat(100_000)).await();
      assertThat(answer.failure).isNull();
      assertThat(answer.text()).isEqualTo("prompt ".repeat(100_000));
      loop.awaitStats(1, 1, 0);
    }
    assertThat(server.connections).hasValue(1);
  }

  @Test
  void anotherNameIsNotSpokenTo() throws Exception {
    ScriptedServer server = serveAs("other.example", peer -> expectNothing(peer));
    Loop loop = loopTo(server.port(), authorityFile);
    Answer answer = loop.post("/v1/x", "{}").await();
    assertThat(answer.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
    assertThat(answer.why().code()).isEqualTo("tls_failed");
    assertThat(answer.why().detail()).contains("localhost:" + server.port());
    loop.awaitStats(0, 0, 0);
    assertThat(server.received).isEmpty();
  }

  @Test
  void anAuthorityThatIsNotTrustedIsNotSpokenTo() throws Exception {
    ScriptedServer server = serveAs("localhost", peer -> expectNothing(peer));
    Loop loop = loopTo(server.port(), null);
    Answer answer = loop.post("/v1/x", "{}").await();
    assertThat(answer.why().code()).isEqualTo("tls_failed");
    loop.awaitStats(0, 0, 0);
    assertThat(server.received).isEmpty();
  }

  private static void expectNothing(ScriptedServer.Peer peer) {
    try {
      ((SSLSocket) peer.socket).startHandshake();
      peer.read();
    } catch (java.io.IOException e) {
      // the client turns away
    }
  }

  @Test
  void aServerThatDoesNotSpeakTlsIsNamed() throws Exception {
    ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
              peer.awaitClientClose();
            });
    opened.add(server);
    Loop loop = loopTo(server.port(), authorityFile);
    assertThat(loop.post("/v1/x", "{}").await().why().code()).isEqualTo("tls_failed");
    loop.awaitStats(0, 0, 0);
  }

  @Test
  void aHandshakeThatNeverEndsEndsWithTheConnectTimeout() throws Exception {
    CountDownLatch accepted = new CountDownLatch(1);
    ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.in.read();
              accepted.countDown();
              peer.awaitClientClose();
            });
    opened.add(server);
    Loop loop = loopTo("127.0.0.1", server.port(), authorityFile);
    Answer answer = loop.post("/v1/x", "{}");
    accepted.await();
    loop.pass(Duration.ofMillis(4_800));
    assertThat(answer.isOver()).isFalse();
    loop.pass(Duration.ofMillis(400));
    assertThat(answer.await().why().code()).isEqualTo("connect_timeout");
    assertThat(answer.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
    loop.awaitStats(0, 0, 0);
  }

  /** RFC 9112, 9.8: a body that ends with the connection is whole only if TLS was closed, too. */
  @Test
  void aBodyUntilCloseIsWholeOnlyWithTheClosingAlert() throws Exception {
    ScriptedServer polite =
        serveAs(
            "localhost",
            peer -> {
              peer.read();
              peer.write("HTTP/1.0 200 OK\r\n\r\nwhole");
            });
    Answer whole = loopTo(polite.port(), authorityFile).post("/v1/x", "{}").await();
    assertThat(whole.failure).isNull();
    assertThat(whole.text()).isEqualTo("whole");
    ScriptedServer cut =
        serveAs(
            "localhost",
            peer -> {
              peer.read();
              peer.write("HTTP/1.0 200 OK\r\n\r\nhalf");
              peer.raw.close();
            });
    Answer half = loopTo(cut.port(), authorityFile).post("/v1/x", "{}").await();
    assertThat(half.text()).isEqualTo("half");
    assertThat(half.failure).isInstanceOf(UpstreamFailure.BrokenOff.class);
    assertThat(half.why().code()).isEqualTo("connection_closed_in_body");
  }

  @Test
  void certificatesThatCannotBeReadAreNamed() {
    Path missing = directory.resolve("missing.pem");
    UpstreamSettings to = Loop.to(URI.create("https://localhost:1"));
    assertThatThrownBy(
            () ->
                new Provider(
                    new UpstreamSettings(
                        "p",
                        to.baseUrl(),
                        to.connectTimeout(),
                        1,
                        1,
                        to.queueTimeout(),
                        to.idleMax(),
                        to.ageMax(),
                        missing)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("missing.pem");
  }
}
