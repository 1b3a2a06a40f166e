package dev.sluice.core.upstream;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A provider of bytes: each connection plays the script, on its own thread, and is closed when the
 * script ends.
 */
final class ScriptedServer implements AutoCloseable {

  /** What one connection does. */
  interface Script {
    void play(Peer peer) throws Exception;
  }

  /** A request as it came over the wire. */
  record Received(String line, String fields, byte[] body) {
    /** Null if it is not there. */
    @Nullable String field(String name) {
      for (String field : fields.lines().toList()) {
        if (field.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
          return field.substring(name.length() + 1).strip();
        }
      }
      return null;
    }
  }

  /** What lies over a connection. */
  interface Layer {
    Socket over(Socket raw) throws IOException;
  }

  private final ServerSocket listening;
  private final Layer layer;
  private final Script script;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  final AtomicInteger connections = new AtomicInteger();
  final Queue<Received> received = new ConcurrentLinkedQueue<>();
  final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();

  ScriptedServer(Script script) throws IOException {
    this(new ServerSocket(0, 1024, InetAddress.getByAddress(new byte[] {127, 0, 0, 1})), script);
  }

  ScriptedServer(ServerSocket listening, Script script) {
    this(listening, raw -> raw, script);
  }

  ScriptedServer(ServerSocket listening, Layer layer, Script script) {
    this.listening = listening;
    this.layer = layer;
    this.script = script;
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        open.add(socket);
        connections.incrementAndGet();
        Thread.ofVirtual().start(() -> play(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void play(Socket raw) {
    try (raw;
        Socket socket = layer.over(raw)) {
      raw.setTcpNoDelay(true);
      script.play(new Peer(raw, socket));
    } catch (IOException e) {
      // the client has gone, which is how most connections end
    } catch (Throwable e) {
      errors.add(e);
    } finally {
      open.remove(raw);
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  /** The server's end of one connection. */
  final class Peer {
    final Socket raw;
    final Socket socket;
    final InputStream in;
    final OutputStream out;

    Peer(Socket raw, Socket socket) throws IOException {
      this.raw = raw;
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      this.out = socket.getOutputStream();
    }

    /** One request, whole. */
    Received read() throws IOException {
      Received head = readHead();
      String length = head.field("content-length");
      byte[] body = length == null ? new byte[0] : in.readNBytes(Integer.parseInt(length));
      Received whole = new Received(head.line(), head.fields(), body);
      received.add(whole);
      return whole;
    }

    Received readHead() throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      int last = 0;
      while (true) {
        int next = in.read();
        if (next < 0) {
          throw new EOFException();
        }
        head.write(next);
        last = last << 8 | next;
        if (last == 0x0D0A0D0A) {
          String text = head.toString(StandardCharsets.ISO_8859_1);
          int end = text.indexOf("\r\n");
          return new Received(text.substring(0, end), text.substring(end + 2), new byte[0]);
        }
      }
    }

    void write(String text) throws IOException {
      write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void write(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    void chunk(byte[] bytes) throws IOException {
      ByteArrayOutputStream chunk = new ByteArrayOutputStream();
      chunk.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      chunk.write(bytes);
      chunk.write("\r\n".getBytes(StandardCharsets.US_ASCII));
      write(chunk.toByteArray());
    }

    /** Ends the connection with RST. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Returns when the client closes. */
    void awaitClientClose() throws IOException {
      while (in.read() >= 0) {
        // whatever it still sends
      }
    }
  }
}
