package dev.sluice.it.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Locale;

/**
 * One connection on which one request is sent, and its answer read up to its end or up to where it
 * is cut. Blocking; meant for virtual threads.
 */
public final class Attempt implements AnswerReader.Listener {

  /** How a client goes away. */
  public enum Cut {
    CLOSE,
    /** RST instead of FIN. */
    RESET,
    /** Sends no more, reads on a little, and then closes. */
    HALF_CLOSE
  }

  private static final int PATIENCE_MILLIS = 30_000;
  private static final int LITTLE_BYTES = 200;

  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private boolean wasConnected;
  private int status;
  private String head = "";
  private boolean isWhole;
  private long sentNanos;
  private long firstBodyNanos;
  private String problem = "";

  private Attempt() {}

  /** Reads the answer to its end, or to where somebody else cuts it. */
  public static Attempt whole(int port, byte[] request) {
    return new Attempt().run(port, request, Integer.MAX_VALUE, Cut.CLOSE);
  }

  /**
   * Goes away after so many bytes of the answer, head and framing included, or at its end.
   *
   * @param after at least 1
   */
  public static Attempt cut(int port, byte[] request, int after, Cut how) {
    return new Attempt().run(port, request, after, how);
  }

  /** Whether somebody listened. */
  public boolean wasConnected() {
    return wasConnected;
  }

  /** 0 where no head came. */
  public int status() {
    return status;
  }

  /** Ended as its framing promised. */
  public boolean isWhole() {
    return isWhole;
  }

  public byte[] body() {
    return body.toByteArray();
  }

  /** What went wrong beyond being cut; empty if nothing did. */
  public String problem() {
    return problem;
  }

  /** From the last byte of the request to the first of the answer's body; 0 without a body. */
  public long firstBodyAfterNanos() {
    return firstBodyNanos == 0 ? 0 : firstBodyNanos - sentNanos;
  }

  /** The first value of a header field, or an empty string. */
  public String field(String name) {
    String wanted = name.toLowerCase(Locale.ROOT) + ":";
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(wanted))
        .map(line -> line.substring(wanted.length()).strip())
        .findFirst()
        .orElse("");
  }

  private Attempt run(int port, byte[] request, int after, Cut how) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      wasConnected = true;
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.getOutputStream().write(request);
      sentNanos = System.nanoTime();
      AnswerReader reader = new AnswerReader(this);
      if (read(socket.getInputStream(), reader, after)) {
        leave(socket, how);
      }
    } catch (SocketTimeoutException e) {
      problem = "nothing came for " + PATIENCE_MILLIS + " ms";
    } catch (SocketException e) {
      // Cut from the other side, by a reset.
    } catch (IOException | RuntimeException e) {
      problem = e.toString();
    }
    return this;
  }

  /** Whether the connection is still there after so many bytes. */
  private boolean read(InputStream in, AnswerReader reader, int after) throws IOException {
    byte[] buffer = new byte[16 * 1024];
    int left = after;
    while (!isWhole && left > 0) {
      int length = in.read(buffer, 0, Math.min(left, buffer.length));
      if (length < 0) {
        isWhole = reader.endsByClose();
        return false;
      }
      left -= length;
      reader.read(Unpooled.wrappedBuffer(buffer, 0, length));
    }
    return true;
  }

  private static void leave(Socket socket, Cut how) throws IOException {
    switch (how) {
      case CLOSE -> {}
      case RESET -> socket.setSoLinger(true, 0);
      case HALF_CLOSE -> {
        socket.shutdownOutput();
        socket.setSoTimeout(20);
        try {
          socket.getInputStream().readNBytes(LITTLE_BYTES);
        } catch (SocketTimeoutException e) {
          // A little is also nothing.
        }
      }
    }
  }

  @Override
  public void onHead(int answered, String text) {
    status = answered;
    head = text;
  }

  @Override
  public void onBody(ByteBuf bytes, int at, int length) {
    if (firstBodyNanos == 0 && length > 0) {
      firstBodyNanos = System.nanoTime();
    }
    byte[] copy = new byte[length];
    bytes.getBytes(at, copy);
    body.write(copy, 0, length);
  }

  @Override
  public void onEnd() {
    isWhole = true;
  }
}
