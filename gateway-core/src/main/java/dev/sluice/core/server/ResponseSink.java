package dev.sluice.core.server;

import dev.sluice.core.flow.ClientPort;
import dev.sluice.sse.journal.Ending;
import dev.sluice.sse.journal.JournalHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one request: cursor output → HTTP/1.1. One per request, so that a late call for an
 * answered request cannot touch the answer to the next one. Confined to the connection's loop.
 *
 * <p>The bytes are written here and not by an encoder in the pipeline, because what matters is how
 * few writes there are. Head, chunk lines and small pieces of body gather in one buffer; it leaves
 * before a large piece, on {@link #flush} and on {@link #end}. So a small JSON answer is one buffer
 * and one {@code write(2)}, an event is one buffer, and the last event leaves together with the
 * last chunk: a client that stops reading at the end marker finds the end there and keeps its
 * connection. Copying up to {@link #COPY_MAX} bytes is cheaper than one more entry of a {@code
 * writev(2)}; larger pieces pass through as they are.
 *
 * <p>How a body ends:
 *
 * <ul>
 *   <li>by its length, if the provider announced one;
 *   <li>else chunked; to HTTP/1.0 by closing the connection (RFC 9112 section 6.3);
 *   <li>cut: by FIN before the last chunk or before the announced length, which every client takes
 *       for a failure; where closing is the end mark itself, by RST.
 * </ul>
 */
final class ResponseSink implements ClientPort {

  /** Largest piece of body that is copied behind the bytes before it. */
  static final int COPY_MAX = 2048;

  /** What a head and a small piece of body need. */
  private static final int BUFFER_BYTES = 1024;

  private static final AsciiString CHUNKED_FIELD =
      AsciiString.cached("Transfer-Encoding: chunked\r\n");
  private static final AsciiString LENGTH_NAME = AsciiString.cached("Content-Length: ");
  private static final AsciiString CLOSE_FIELD = AsciiString.cached("Connection: close\r\n");
  private static final AsciiString LAST_CHUNK = AsciiString.cached("0\r\n\r\n");
  private static final AsciiString[] STATUS_LINES = statusLines();

  private enum Body {
    /** No head yet. */
    UNKNOWN,
    LENGTH,
    CHUNKED,
    /** Ends with the connection. */
    CLOSE,
    /** HEAD, 204, 304: whatever is written is dropped. */
    NONE
  }

  private final RequestHandler<?> connection;
  private final ChannelHandlerContext ctx;
  private final boolean isHead;
  private final boolean isHttp10;
  private final @Nullable String via;
  private final @Nullable String userAgent;

  private Body body = Body.UNKNOWN;
  private @Nullable ByteBuf gathered;
  private long left;
  private boolean isPersistent;

  /** Nothing more is written: the flow has ended the answer, or the connection has. */
  private boolean isOver;

  private boolean isEnded;
  private @Nullable String pathClass;

  ResponseSink(
      RequestHandler<?> connection,
      ChannelHandlerContext ctx,
      boolean isHead,
      boolean isHttp10,
      @Nullable String via,
      @Nullable String userAgent) {
    this.connection = connection;
    this.ctx = ctx;
    this.isHead = isHead;
    this.isHttp10 = isHttp10;
    this.via = via;
    this.userAgent = userAgent;
  }

  /** The same client's request, answered by somebody else. */
  ResponseSink successor() {
    return new ResponseSink(connection, ctx, isHead, isHttp10, via, userAgent);
  }

  boolean hasBegun() {
    return body != Body.UNKNOWN;
  }

  /** Whether the flow has said its last word. */
  boolean isEnded() {
    return isEnded;
  }

  /** The connection has no more use for this answer: whatever still comes is released. */
  void drop() {
    isOver = true;
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }

  @Override
  public void writeHead(JournalHead head) {
    if (isOver) {
      return;
    }
    if (hasBegun()) {
      throw new IllegalStateException("a second head, status " + head.status());
    }
    int status = head.status();
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status " + status + " is not a final one");
    }
    long length = head.contentLength();
    isPersistent = connection.mayPersist();
    ByteBuf out = gather(length > 0 && length <= COPY_MAX ? (int) length : 0);
    ByteBufUtil.copy(STATUS_LINES[status], out);
    writeFields(out, head.fields());
    boolean isBodiless = status == 204 || status == 304;
    if (isBodiless) {
      body = Body.NONE;
    } else if (length >= 0) {
      body = isHead ? Body.NONE : Body.LENGTH;
      left = length;
      writeAscii(out, LENGTH_NAME);
      writeDecimal(out, length);
      writeLineEnd(out);
    } else if (isHead) {
      body = Body.NONE;
    } else if (isHttp10) {
      body = Body.CLOSE;
      isPersistent = false;
    } else {
      body = Body.CHUNKED;
      writeAscii(out, CHUNKED_FIELD);
    }
    writeAscii(out, isPersistent ? connection.keptFields() : CLOSE_FIELD);
    writeLineEnd(out);
  }

  @Override
  public void writeBody(ByteBuf bytes) {
    if (isOver || body == Body.NONE || !bytes.isReadable()) {
      bytes.release();
      return;
    }
    if (!hasBegun()) {
      bytes.release();
      throw new IllegalStateException("body before head");
    }
    int length = bytes.readableBytes();
    if (body == Body.LENGTH) {
      if (length > left) {
        // One byte more would be read as the start of the next answer.
        bytes.release();
        isOver = true;
        write();
        connection.overrun("body_longer_than_announced");
        return;
      }
      left -= length;
    }
    boolean isSmall = length <= COPY_MAX;
    ByteBuf out = gather(isSmall ? length : 0);
    if (body == Body.CHUNKED) {
      writeHex(out, length);
      writeLineEnd(out);
    }
    if (isSmall) {
      out.writeBytes(bytes);
      bytes.release();
    } else {
      write();
      var _ = ctx.write(bytes, ctx.voidPromise());
    }
    if (body == Body.CHUNKED) {
      writeLineEnd(gather(0));
    }
  }

  @Override
  public void flush() {
    if (!isOver) {
      write();
      ctx.flush();
    }
  }

  @Override
  public boolean isWritable() {
    return !isOver && ctx.channel().isWritable();
  }

  @Override
  public void end(Ending ending) {
    if (isOver) {
      return;
    }
    isOver = true;
    isEnded = true;
    boolean isClean =
        switch (ending) {
          case Ending.Complete _, Ending.Failed _ ->
              hasBegun() && (body != Body.LENGTH || left == 0);
          case Ending.Cut _ -> false;
        };
    if (!isClean) {
      write();
      connection.cut("body_cut", body == Body.CLOSE);
      return;
    }
    if (body == Body.CHUNKED) {
      writeAscii(gather(LAST_CHUNK.length()), LAST_CHUNK);
    }
    write();
    connection.answered(isPersistent);
  }

  @Override
  public void answer(JournalHead head, byte[] bytes, boolean lastOnConnection) {
    if (isOver) {
      return;
    }
    if (lastOnConnection) {
      connection.closeAfterAnswer();
    }
    writeHead(new JournalHead(head.status(), head.fields(), head.form(), bytes.length));
    writeBody(Unpooled.wrappedBuffer(bytes));
    end(new Ending.Complete());
  }

  @Override
  public String pathClass() {
    if (pathClass == null) {
      pathClass = PathClass.of(ctx.channel().remoteAddress(), via, userAgent);
    }
    return pathClass;
  }

  @Override
  public boolean isFirstOnConnection() {
    return connection.isFirstRequest();
  }

  @Override
  public void abort(String why) {
    if (!isOver) {
      isEnded = true;
      drop();
      connection.abort(why);
    }
  }

  // ---- bytes

  private ByteBuf gather(int more) {
    if (gathered == null) {
      gathered = ctx.alloc().ioBuffer(BUFFER_BYTES + more);
    }
    return gathered;
  }

  /** Hands the gathered bytes to the channel. A failure arrives at the tail of the pipeline. */
  private void write() {
    if (gathered != null) {
      ByteBuf out = gathered;
      gathered = null;
      var _ = ctx.write(out, ctx.voidPromise());
    }
  }

  private static void writeFields(ByteBuf out, List<Map.Entry<String, String>> fields) {
    for (int i = 0; i < fields.size(); i++) {
      Map.Entry<String, String> field = fields.get(i);
      int start = out.writerIndex();
      ByteBufUtil.writeAscii(out, field.getKey());
      ByteBufUtil.writeShortBE(out, ':' << 8 | ' ');
      ByteBufUtil.writeAscii(out, field.getValue());
      int end = out.writerIndex();
      // Nothing that came from outside can start a line of its own here.
      int at = start;
      while ((at = ControlBytes.next(out, at, end)) < end) {
        if (out.getByte(at) != '\t') {
          out.setByte(at, ' ');
        }
        at++;
      }
      writeLineEnd(out);
    }
  }

  private static void writeAscii(ByteBuf out, AsciiString text) {
    ByteBufUtil.copy(text, out);
  }

  private static void writeLineEnd(ByteBuf out) {
    ByteBufUtil.writeShortBE(out, '\r' << 8 | '\n');
  }

  private static void writeHex(ByteBuf out, int value) {
    for (int shift = (31 - Integer.numberOfLeadingZeros(value)) & ~3; shift >= 0; shift -= 4) {
      out.writeByte(Character.forDigit(value >>> shift & 15, 16));
    }
  }

  private static void writeDecimal(ByteBuf out, long value) {
    if (value >= 10) {
      writeDecimal(out, value / 10);
    }
    out.writeByte('0' + (int) (value % 10));
  }

  private static AsciiString[] statusLines() {
    AsciiString[] lines = new AsciiString[600];
    for (int status = 200; status < lines.length; status++) {
      lines[status] =
          AsciiString.cached(
              "HTTP/1.1 "
                  + status
                  + " "
                  + HttpResponseStatus.valueOf(status).reasonPhrase()
                  + "\r\n");
    }
    return lines;
  }
}
