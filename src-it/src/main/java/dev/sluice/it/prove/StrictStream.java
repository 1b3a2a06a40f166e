package dev.sluice.it.prove;

import dev.sluice.it.load.AnswerReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;

/**
 * One stream, read strictly: a body that is anything but the expected events, byte for byte, with
 * whole comment blocks between them, is an error. Confined to its loop until {@code done}.
 */
public final class StrictStream extends ChannelInboundHandlerAdapter
    implements AnswerReader.Listener {

  private final ByteBuf request;
  private final byte[] expected;
  private final CountDownLatch done;
  private final AnswerReader reader = new AnswerReader(this);
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private long lastByte;
  private long longestSilence;
  private boolean isWhole;
  private boolean isOver;
  private String problem = "";

  /**
   * @param request to be sent; unreleasable
   * @param expected the body without comments
   */
  public StrictStream(ByteBuf request, byte[] expected, CountDownLatch done) {
    this.request = request;
    this.expected = expected;
    this.done = done;
  }

  /** Ended without the end that its framing promised. */
  public boolean wasCut() {
    return !isWhole;
  }

  /** What was wrong with a stream that did end; empty if nothing. */
  public String problem() {
    return problem;
  }

  public long longestSilenceNanos() {
    return longestSilence;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    lastByte = System.nanoTime();
    var _ = context.writeAndFlush(request.duplicate());
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    long now = System.nanoTime();
    longestSilence = Math.max(longestSilence, now - lastByte);
    lastByte = now;
    try {
      reader.read((ByteBuf) message);
    } catch (RuntimeException e) {
      problem = String.valueOf(e.getMessage());
      var _ = context.close();
    } finally {
      ReferenceCountUtil.release(message);
    }
    if (isWhole) {
      over();
      var _ = context.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    longestSilence = Math.max(longestSilence, System.nanoTime() - lastByte);
    over();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }

  private void over() {
    if (!isOver) {
      isOver = true;
      done.countDown();
    }
  }

  @Override
  public void onHead(int status, String head) {
    if (status != 200) {
      problem = head;
    }
  }

  @Override
  public void onBody(ByteBuf bytes, int at, int length) {
    byte[] copy = new byte[length];
    bytes.getBytes(at, copy);
    body.write(copy, 0, length);
  }

  @Override
  public void onEnd() {
    isWhole = true;
    if (problem.isEmpty()) {
      problem = difference(withoutComments(body.toString(StandardCharsets.ISO_8859_1)), expected);
    }
  }

  /**
   * The text without blocks that consist of comment lines only. A comment inside a block stays: it
   * makes the difference.
   */
  public static byte[] withoutComments(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    for (int at = 0; at < text.length(); ) {
      int end = text.indexOf("\n\n", at);
      end = end < 0 ? text.length() : end + 2;
      String block = text.substring(at, end);
      boolean isComment = block.endsWith("\n\n") && block.strip().lines().allMatch(Comments::is);
      if (!isComment) {
        kept.append(block);
      }
      at = end;
    }
    return kept.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static final class Comments {
    static boolean is(String line) {
      return line.startsWith(":");
    }
  }

  private static String difference(byte[] found, byte[] wanted) {
    int at = Arrays.mismatch(found, wanted);
    if (at < 0) {
      return "";
    }
    int from = Math.max(0, at - 40);
    return "byte "
        + at
        + " differs: found \""
        + new String(
            Arrays.copyOfRange(found, from, Math.min(found.length, at + 40)),
            StandardCharsets.ISO_8859_1)
        + "\", wanted \""
        + new String(
            Arrays.copyOfRange(wanted, from, Math.min(wanted.length, at + 40)),
            StandardCharsets.ISO_8859_1)
        + "\"";
  }
}
