package dev.sluice.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Names are asked of a name server, once per life of the answer, and every address is tried. */
@ParameterizedClass
@MethodSource("dev.sluice.core.upstream.UpstreamsIT#transports")
@Timeout(60)
final class NamesIT {
  private final Transport transport;

  NamesIT(Transport transport) {
    this.transport = transport;
  }

  /** Answers every question for an A record with these last bytes of 127.0.0.x. */
  private static final class NameServer implements AutoCloseable {
    final AtomicInteger questions = new AtomicInteger();
    private final DatagramSocket socket;
    private final int[] hosts;

    NameServer(int... hosts) throws IOException {
      this.hosts = hosts;
      this.socket =
          new DatagramSocket(
              new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0));
      Thread.ofPlatform().daemon().start(this::answer);
    }

    InetSocketAddress address() {
      return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    private void answer() {
      try {
        byte[] buffer = new byte[512];
        while (true) {
          DatagramPacket question = new DatagramPacket(buffer, buffer.length);
          socket.receive(question);
          int end = 12;
          while (buffer[end] != 0) {
            end += buffer[end] + 1;
          }
          boolean isA = buffer[end + 2] == 1;
          if (isA) {
            questions.incrementAndGet();
          }
          int answers = isA ? hosts.length : 0;
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          out.write(buffer, 0, 2);
          out.writeBytes(
              new byte[] {(byte) 0x81, (byte) 0x80, 0, 1, 0, (byte) answers, 0, 0, 0, 0});
          out.write(buffer, 12, end + 5 - 12);
          for (int i = 0; i < answers; i++) {
            out.writeBytes(new byte[] {(byte) 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4});
            out.writeBytes(new byte[] {127, 0, 0, (byte) hosts[i]});
          }
          byte[] bytes = out.toByteArray();
          socket.send(new DatagramPacket(bytes, bytes.length, question.getSocketAddress()));
        }
      } catch (IOException e) {
        // closed
      }
    }

    @Override
    public void close() {
      socket.close();
    }
  }

  @Test
  void aNameIsAskedForOnceAndItsAddressesAreTriedInTurn() throws Exception {
    try (NameServer names = new NameServer(77, 78, 1); // nobody listens at the first two
        ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  peer.read();
                  peer.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                });
        Loop loop =
            new Loop(
                transport,
                Loop.to(URI.create("http://provider.example:" + server.port())),
                Names.dns(
                    transport, new SingletonDnsServerAddressStreamProvider(names.address())))) {
      for (int i = 0; i < 5; i++) {
        Answer answer = loop.post("/v1/x", "{}").await();
        assertThat(answer.failure).isNull();
        loop.awaitStats(0, 0, 0);
      }
      assertThat(names.questions).hasValue(1);
      assertThat(server.connections).hasValue(5);
      assertThat(server.received.poll().field("host"))
          .isEqualTo("provider.example:" + server.port());
    }
    Leaks.expectNone();
  }

  @Test
  void aNameWithoutAddressesIsNotKnown() throws Exception {
    try (NameServer names = new NameServer();
        Loop loop =
            new Loop(
                transport,
                Loop.to(URI.create("http://provider.example:81")),
                Names.dns(
                    transport, new SingletonDnsServerAddressStreamProvider(names.address())))) {
      Answer answer = loop.post("/v1/x", "{}").await();
      assertThat(answer.failure).isInstanceOf(UpstreamFailure.NeverSent.class);
      assertThat(answer.why().code()).isEqualTo("dns_failed");
      assertThat(answer.why().detail()).contains("provider.example:81");
      loop.awaitStats(0, 0, 0);
    }
    Leaks.expectNone();
  }
}
