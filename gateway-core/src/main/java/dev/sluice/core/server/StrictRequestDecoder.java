package dev.sluice.core.server;

import static java.util.Objects.requireNonNull;

import dev.sluice.core.dialect.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in, one request at a time out: an {@link HttpRequest}, its body as {@link ByteBuf}s (each
 * owned by the receiver), then {@link LastHttpContent#EMPTY_LAST_CONTENT}; or a {@link
 * FramingRefused}, after which everything is discarded.
 *
 * <p>A head is kept in the cumulation until it is whole and {@link FramingGuard} has seen its raw
 * bytes; only then Netty's parser gets it, in one call, and must stop at the same byte. Bodies are
 * read here, by the length that the guard found, so that there is no second opinion about where a
 * request ends.
 *
 * <p>Pipelining: after a head the gate is shut. What follows the request stays in the cumulation
 * until {@link #next} opens the gate; past {@link #PIPELINED_MAX} bytes the connection is not read
 * until then. Otherwise reading goes on, so that a client that leaves is noticed at once.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {

  /** Bytes of further requests that may wait. */
  static final int PIPELINED_MAX = 64 * 1024;

  /** What is still read from a client that is to be closed, so that it can read its answer. */
  static final int DISCARD_MAX = 256 * 1024;

  /**
   * Smallest piece of body that is handed on, but for the last one. A piece keeps its whole read
   * buffer alive: a client that sends byte by byte must not hold a thousand times what it sent.
   */
  static final int PIECE_MIN = 1024;

  private enum Part {
    HEAD,
    LENGTH,
    CHUNKED,
    NOTHING
  }

  private final FramingGuard guard;
  private final ChunkedBody chunks;

  private @Nullable ChannelHandlerContext own;
  private Part part = Part.HEAD;
  private boolean isGateShut;
  private boolean isReading;
  private boolean mustReadAgain;
  private boolean isPaused;
  private long bodyLeft;
  private long bodyReceived;
  private long discarded;

  StrictRequestDecoder(ServerSettings settings) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(settings.requestLineMaxBytes())
            .setMaxHeaderSize(settings.headMaxBytes())
            .setChunkedSupported(true)
            .setValidateHeaders(true)
            .setAllowDuplicateContentLengths(false)
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true));
    guard = new FramingGuard(settings);
    chunks = new ChunkedBody(settings);
  }

  // ---- what the connection asks

  /** What the head of the current request said. */
  FramingGuard head() {
    return guard;
  }

  /** Bytes of the current body that have not arrived: 0 if it is whole, −1 if nobody knows. */
  long bodyLeft() {
    return switch (part) {
      case LENGTH -> bodyLeft;
      case CHUNKED -> -1;
      case HEAD, NOTHING -> 0;
    };
  }

  /** Bytes of the current body that have arrived. */
  long bodyReceived() {
    return part == Part.LENGTH ? bodyReceived + actualReadableBytes() : bodyReceived;
  }

  /** Whether a head has begun and is not whole. */
  boolean isInsideHead() {
    return part == Part.HEAD && !isGateShut && actualReadableBytes() > 0;
  }

  /** Whether the framing was refused. */
  boolean isRefused() {
    return part == Part.NOTHING;
  }

  /** Whether bytes of a further request wait. */
  boolean hasMore() {
    return actualReadableBytes() > 0;
  }

  /** The answer has ended and the request is whole: on to the next one. */
  void next() throws Exception {
    ChannelHandlerContext own = own();
    assert part == Part.HEAD : "next request in the middle of " + part;
    isGateShut = false;
    if (isReading) {
      mustReadAgain = true;
      return;
    }
    resume(own);
    if (actualReadableBytes() > 0) {
      channelRead(own, Unpooled.EMPTY_BUFFER);
      own.fireChannelReadComplete();
    }
  }

  /** Whatever still comes is thrown away; past {@link #DISCARD_MAX} the connection is closed. */
  void discardRest() throws Exception {
    ChannelHandlerContext own = own();
    part = Part.NOTHING;
    chunks.release();
    if (isReading) {
      mustReadAgain = true;
    } else {
      resume(own);
      channelRead(own, Unpooled.EMPTY_BUFFER);
    }
  }

  private ChannelHandlerContext own() {
    return requireNonNull(own, "not in a pipeline");
  }

  // ---- reading

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    own = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object input) throws Exception {
    if (isReading) {
      super.channelRead(ctx, input);
      return;
    }
    isReading = true;
    try {
      super.channelRead(ctx, input);
      while (mustReadAgain) {
        mustReadAgain = false;
        super.channelRead(ctx, Unpooled.EMPTY_BUFFER);
      }
    } finally {
      isReading = false;
    }
    if (isGateShut && part == Part.HEAD && actualReadableBytes() > PIPELINED_MAX) {
      isPaused = true;
      ctx.channel().config().setAutoRead(false);
    } else {
      resume(ctx);
    }
  }

  private void resume(ChannelHandlerContext ctx) {
    if (isPaused) {
      isPaused = false;
      ctx.channel().config().setAutoRead(true);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
    if (isPaused) {
      // Netty would ask for one more read, because nothing was decoded; and so for ever.
      discardSomeReadBytes();
      ctx.fireChannelReadComplete();
    } else {
      super.channelReadComplete(ctx);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    switch (part) {
      case HEAD -> {
        if (!isGateShut) {
          head(ctx, in, out);
        }
      }
      case LENGTH -> {
        int length = (int) Math.min(bodyLeft, in.readableBytes());
        if (length < bodyLeft && length < PIECE_MIN) {
          return;
        }
        bodyLeft -= length;
        bodyReceived += length;
        out.add(in.readRetainedSlice(length));
        if (bodyLeft == 0) {
          bodyEnds(out);
        }
      }
      case CHUNKED -> {
        int before = in.readableBytes();
        Refusal wrong = chunks.read(ctx.alloc(), in, out);
        bodyReceived += before - in.readableBytes();
        if (wrong != null) {
          refuse(in, out, null, wrong);
        } else if (chunks.isWhole()) {
          bodyEnds(out);
        }
      }
      case NOTHING -> {
        discarded += in.readableBytes();
        in.skipBytes(in.readableBytes());
        if (discarded > DISCARD_MAX) {
          var _ = ctx.close();
        }
      }
    }
  }

  private void head(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    int length = guard.scan(in);
    if (length == 0) {
      return;
    }
    if (length < 0) {
      refuse(in, out, guard.peekTarget(in), guard.refusal());
      return;
    }
    int end = in.readerIndex() + length;
    super.decode(ctx, in, out);
    HttpRequest request = (HttpRequest) out.getFirst();
    out.clear();
    // Netty now waits for a body, or not; bodies are read here, so it starts afresh each time.
    reset();
    Refusal wrong = check(request, in.readerIndex() == end);
    if (wrong != null) {
      refuse(in, out, request.uri(), wrong);
      return;
    }
    guard.begin();
    isGateShut = true;
    bodyReceived = 0;
    bodyLeft = guard.bodyLength();
    out.add(request);
    if (bodyLeft == 0) {
      bodyEnds(out);
    } else if (bodyLeft > 0) {
      part = Part.LENGTH;
    } else {
      part = Part.CHUNKED;
      chunks.begin();
    }
  }

  private @Nullable Refusal check(HttpRequest request, boolean isSameEnd) {
    if (request.decoderResult().isFailure()) {
      Refusal known = guard.checkFields(request);
      return known != null ? known : FramingGuard.malformedHead();
    }
    return isSameEnd ? guard.check(request) : FramingGuard.malformedHead();
  }

  private void bodyEnds(List<Object> out) {
    part = Part.HEAD;
    out.add(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  private void refuse(ByteBuf in, List<Object> out, @Nullable String target, Refusal why) {
    part = Part.NOTHING;
    chunks.release();
    discarded += in.readableBytes();
    in.skipBytes(in.readableBytes());
    out.add(new FramingRefused(target, why));
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
    chunks.release();
    super.handlerRemoved0(ctx);
  }

  /** The connection is gone, and with it what had not become a request; the tail tells the flow. */
  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {}
}
