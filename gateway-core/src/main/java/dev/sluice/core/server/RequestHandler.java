package dev.sluice.core.server;

import static java.util.Objects.requireNonNull;

import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.Refusal.Kind;
import dev.sluice.core.flow.RequestEntry;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tail of a client connection: what the decoder read → calls on the flow, and the life of the
 * connection around them. Decides nothing about a request. Confined to the connection's loop.
 *
 * <p>A connection is in one of these states, and leaves each of them by itself: no request ({@code
 * IDLE}), a head or a body is arriving, a whole request is being answered, the rest of a body is
 * thrown away behind its answer ({@code SKIPPING}), the last answer is leaving ({@code CLOSING}),
 * or it has left and the client is given time to read it ({@code LINGERING}: closing a socket with
 * unread bytes resets it, and the reset may overtake the answer).
 *
 * @param <R> what the flow keeps of one request
 */
final class RequestHandler<R> extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(RequestHandler.class);

  private static final ByteBuf CONTINUE =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer()
              .writeBytes("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII))
              .asReadOnly());

  private static final long NONE = Long.MIN_VALUE;

  private enum State {
    IDLE,
    BODY,
    ANSWERING,
    SKIPPING,
    CLOSING,
    LINGERING,
    CLOSED
  }

  private final StrictRequestDecoder decoder;
  private final RequestEntry<R> flow;
  private final SilenceWheel wheel;
  private final ConnectionLimits limits;
  private final Connections connections;
  private final Watch watch = new Watch();

  private @Nullable ChannelHandlerContext ctx;
  private State state = State.IDLE;
  private boolean isRemoved;
  private int requests;

  /** Why the connection will have closed, unless something says it better first. */
  private @Nullable String why;

  // The request at hand.
  private @Nullable ResponseSink sink;
  private @Nullable R request;

  /** Whose answer was written last, until another request begins. */
  private @Nullable R answeredLast;

  private boolean mustClose;
  private boolean owesContinue;

  // Time, in the wheel's nanoseconds: since when the present state lasts, and when a head began.
  private long since;
  private long headSince = NONE;

  RequestHandler(
      StrictRequestDecoder decoder,
      RequestEntry<R> flow,
      SilenceWheel wheel,
      ConnectionLimits limits,
      Connections connections) {
    this.decoder = decoder;
    this.flow = flow;
    this.wheel = wheel;
    this.limits = limits;
    this.connections = connections;
  }

  // ---- what arrives

  @Override
  public void handlerAdded(ChannelHandlerContext own) {
    ctx = own;
    since = wheel.nanoTime();
    connections.opened(this);
    watch.atLatest(since + limits.freshNanos);
    if (connections.isDraining()) {
      shut();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext own, Object message) throws Exception {
    switch (message) {
      case ByteBuf bytes -> {
        if (request != null) {
          flow.content(request, bytes);
        } else {
          bytes.release();
        }
      }
      case HttpRequest head -> begin(own, head);
      case LastHttpContent _ -> whole();
      case FramingRefused refused -> refuse(refused.target(), refused.refusal());
      default -> {
        ReferenceCountUtil.release(message);
        throw new IllegalStateException("a " + message.getClass() + " has reached the tail");
      }
    }
  }

  private void begin(ChannelHandlerContext own, HttpRequest head) {
    assert request == null && sink == null : "a request inside another";
    requests++;
    answeredLast = null;
    headSince = NONE;
    state = decoder.bodyLeft() == 0 ? State.ANSWERING : State.BODY;
    since = NONE;
    mustClose =
        !decoder.head().isPersistent()
            || requests >= limits.requestsMax
            || connections.isDraining();
    owesContinue = decoder.head().expectsContinue() && state == State.BODY;
    ResponseSink port =
        new ResponseSink(
            this,
            own,
            head.method().equals(HttpMethod.HEAD),
            head.protocolVersion().equals(HttpVersion.HTTP_1_0),
            head.headers().get(HttpHeaderNames.VIA),
            head.headers().get(HttpHeaderNames.USER_AGENT));
    sink = port;
    R accepted = flow.accept(port, head);
    if (port.isEnded()) {
      return;
    }
    request = accepted;
    if (owesContinue && !port.hasBegun()) {
      owesContinue = false;
      var _ = own.writeAndFlush(CONTINUE.duplicate(), own.voidPromise());
    }
  }

  private void whole() throws Exception {
    if (state == State.BODY) {
      state = State.ANSWERING;
    } else if (state == State.SKIPPING) {
      idle();
      return;
    }
    if (request != null) {
      flow.whole(request);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext own) {
    // Only here, because what is whole after one read needs no time limit.
    switch (state) {
      case IDLE -> {
        if (decoder.isInsideHead() && headSince == NONE) {
          headSince = wheel.nanoTime();
          watch.atLatest(headSince + limits.headNanos);
        }
      }
      case BODY -> {
        if (since == NONE) {
          since = wheel.nanoTime();
          watch.atLatest(since + limits.headNanos);
        }
      }
      case ANSWERING -> watch.atLatest(wheel.nanoTime() + limits.stallLookNanos);
      case SKIPPING, CLOSING, LINGERING, CLOSED -> {}
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext own) {
    if (request != null && own.channel().isWritable()) {
      flow.clientWritable(request);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext own) {
    state = State.CLOSED;
    leave(why == null ? "client_closed" : why);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext own) {
    // Not in channelInactive, which never comes for a socket that broke before it was registered.
    isRemoved = true;
    wheel.forget(watch);
    connections.gone(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext own, Throwable cause) {
    if (cause instanceof IOException) {
      // Reset, broken pipe: the other side has gone without a word.
      closing("client_reset");
      R answered = answeredLast;
      if (answered != null) {
        answeredLast = null;
        flow.resetAfterAnswer(answered);
      }
      log.debug("client connection broke in={} requests={}: {}", state, requests, cause.toString());
    } else {
      closing("connection_failed");
      log.error("client connection failed in={} requests={}", state, requests, cause);
    }
    shut();
  }

  // ---- what the answer asks of its connection

  /** Whether the connection may be kept after the answer whose head is being written. */
  boolean mayPersist() {
    long left = decoder.bodyLeft();
    // Behind an early answer the client may still send a body that nobody wants. A short one is
    // read and thrown away; for others closing is cheaper. With a promise of 100 outstanding
    // nobody knows whether a body comes at all (RFC 9110 section 10.1.1).
    mustClose |=
        owesContinue
            || left < 0
            || left > StrictRequestDecoder.DISCARD_MAX
            || connections.isDraining();
    return !mustClose;
  }

  boolean isFirstRequest() {
    return requests == 1;
  }

  AsciiString keptFields() {
    return limits.keptFields;
  }

  void closeAfterAnswer() {
    mustClose = true;
  }

  /** All of the answer has been written, not yet flushed. */
  void answered(boolean isPersistent) {
    answeredLast = request;
    request = null;
    sink = null;
    if (state == State.CLOSED) {
      return;
    }
    own().flush();
    if (!isPersistent) {
      closeAfterFlush();
    } else if (decoder.bodyLeft() != 0) {
      state = State.SKIPPING;
      since = wheel.nanoTime();
      watch.atLatest(since + limits.headNanos);
    } else {
      idle();
    }
  }

  /** The answer has broken off: what was written leaves, then the connection ends visibly early. */
  void cut(String code, boolean byReset) {
    request = null;
    sink = null;
    if (state == State.CLOSED) {
      return;
    }
    log.debug("answer cut why={} requests={}", code, requests);
    if (byReset) {
      own().flush();
      reset();
    } else {
      state = State.CLOSING;
      since = wheel.nanoTime();
      watch.atLatest(since + limits.stallLookNanos);
      own().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  /** The flow has written more than it had announced; it hears of it when the connection closes. */
  void overrun(String code) {
    closing(code);
    log.warn("answer is longer than its announced length requests={}", requests);
    own().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  /** The flow wants the connection closed now, and needs no word about it. */
  void abort(String code) {
    log.debug("connection aborted why={} in={} requests={}", code, state, requests);
    request = null;
    sink = null;
    shut();
  }

  // ---- ends

  /**
   * From the server, on this connection's loop: idle connections close, others after the answer.
   */
  void drain() {
    mustClose = true;
    if (state == State.IDLE) {
      shut();
    }
  }

  /** From the server, on this connection's loop. */
  void close() {
    closing("server_closed");
    shut();
  }

  /** For the server, from any thread. */
  EventExecutor loop() {
    return requireNonNull(ctx, "not in a pipeline").executor();
  }

  private ChannelHandlerContext own() {
    ChannelHandlerContext here = requireNonNull(ctx, "not in a pipeline");
    assert here.executor().inEventLoop() : "not on the connection's loop";
    return here;
  }

  private void closing(String code) {
    if (why == null) {
      why = code;
    }
  }

  private void idle() {
    if (connections.isDraining()) {
      closeAfterFlush();
      return;
    }
    state = State.IDLE;
    since = wheel.nanoTime();
    try {
      decoder.next();
    } catch (Exception e) {
      exceptionCaught(own(), e);
    }
  }

  /** A no that the flow does not know of: said here, in the flow's words, and the end. */
  private void refuse(@Nullable String target, Refusal refusal) {
    if (state == State.SKIPPING || state == State.CLOSING || state == State.LINGERING) {
      // This request has its answer; a second one would be taken for the answer to the next.
      shut();
      return;
    }
    ResponseSink old = sink;
    leave(refusal.code());
    if (old != null && old.hasBegun()) {
      reset();
      return;
    }
    ResponseSink own =
        old != null ? old.successor() : new ResponseSink(this, own(), false, false, null, null);
    sink = own;
    RequestEntry.Answer answer = flow.refusal(target, refusal);
    own.answer(answer.head(), answer.body(), true);
  }

  /** Parts from the request at hand, if its answer has not ended. */
  private void leave(String code) {
    if (sink != null) {
      sink.drop();
      sink = null;
    }
    if (request != null) {
      R gone = request;
      request = null;
      flow.clientGone(gone, code);
    }
  }

  private void closeAfterFlush() {
    state = State.CLOSING;
    since = wheel.nanoTime();
    watch.atLatest(since + limits.stallLookNanos);
    boolean mayBeUnread = decoder.bodyLeft() != 0 || decoder.hasMore() || decoder.isRefused();
    if (mayBeUnread) {
      try {
        decoder.discardRest();
      } catch (Exception e) {
        exceptionCaught(own(), e);
        return;
      }
    }
    ChannelFuture left = own().writeAndFlush(Unpooled.EMPTY_BUFFER);
    if (mayBeUnread && own().channel() instanceof DuplexChannel duplex) {
      left.addListener(_ -> linger(duplex));
    } else {
      left.addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void linger(DuplexChannel duplex) {
    if (state == State.CLOSING) {
      state = State.LINGERING;
      since = wheel.nanoTime();
      watch.atLatest(since + limits.headNanos);
      var _ = duplex.shutdownOutput();
    }
  }

  /**
   * Closing cannot fail in a way that leaves something to do: what follows is the inactive channel.
   */
  private void shut() {
    var _ = own().close();
  }

  /** Closes by RST: nothing that still waits for the client is worth keeping. */
  private void reset() {
    own().channel().config().setOption(ChannelOption.SO_LINGER, 0);
    shut();
  }

  // ---- time

  /**
   * All time limits of the connection: one entry, which stays in the wheel for the life of the
   * connection, is moved only to an earlier time, and asks the state when it comes up. So a request
   * that needs no limit costs none.
   */
  private final class Watch extends SilenceWheel.Entry {
    private long at = SilenceWheel.NEVER;
    private boolean isUp;
    private @Nullable Object stalledOn;
    private long stalledAt;
    private long stalledSince;

    void atLatest(long deadline) {
      if (deadline < at && !isUp) {
        at = deadline;
        wheel.watch(this, deadline);
      }
    }

    @Override
    protected long onDeadline(long now) {
      isUp = true;
      at = SilenceWheel.NEVER;
      try {
        long next = state == State.CLOSED ? SilenceWheel.NEVER : look(now);
        // What was done may have ended the connection on this very stack.
        at = isRemoved ? SilenceWheel.NEVER : next;
      } finally {
        isUp = false;
      }
      return at;
    }

    /** Acts if a limit has passed; answers when to look again. */
    private long look(long now) {
      long limit =
          switch (state) {
            case IDLE ->
                headSince != NONE
                    ? headSince + limits.headNanos
                    : since + (requests == 0 ? limits.freshNanos : limits.idleNanos);
            case BODY -> since == NONE ? now + limits.headNanos : bodyLimit();
            case SKIPPING, LINGERING -> since + limits.headNanos;
            case ANSWERING, CLOSING -> stallLimit(now);
            case CLOSED -> SilenceWheel.NEVER;
          };
      if (now < limit) {
        return state == State.ANSWERING || state == State.CLOSING
            ? now + limits.stallLookNanos
            : limit;
      }
      switch (state) {
        case IDLE -> {
          if (headSince != NONE) {
            headSince = NONE;
            refuse(null, tooSlow("head_too_slow", "The request head", "within the head time"));
          } else {
            shut();
          }
        }
        case BODY ->
            refuse(
                null,
                tooSlow(
                    "body_too_slow",
                    "The request body",
                    "at " + limits.bodyRateMin + " bytes/s or more"));
        case ANSWERING, CLOSING -> {
          leave("write_stall");
          reset();
        }
        case SKIPPING, LINGERING -> shut();
        case CLOSED -> {}
      }
      return now + Math.min(limits.stallLookNanos, limits.headNanos);
    }

    /** When the body as far as it has come will have been slower than the minimum rate. */
    private long bodyLimit() {
      long received = Math.min(decoder.bodyReceived(), Integer.MAX_VALUE);
      long earned =
          limits.bodyRateMin <= 0
              ? SilenceWheel.NEVER / 4
              : received * 1_000_000_000L / limits.bodyRateMin;
      return since + Math.max(limits.headNanos, earned);
    }

    /**
     * When the client will have taken no byte for too long. Netty writes in order, so the first
     * buffer that waits, and how much of it has left, tell whether anything moved.
     */
    @SuppressWarnings("ReferenceEquality") // whether it is the same buffer, not an equal one
    private long stallLimit(long now) {
      ChannelOutboundBuffer waiting = own().channel().unsafe().outboundBuffer();
      Object first = waiting == null ? null : waiting.current();
      if (waiting == null || first == null) {
        stalledOn = null;
        return SilenceWheel.NEVER;
      }
      if (first != stalledOn || waiting.currentProgress() != stalledAt) {
        stalledOn = first;
        stalledAt = waiting.currentProgress();
        stalledSince = now;
      }
      return stalledSince + limits.stallNanos;
    }

    private static Refusal tooSlow(String code, String what, String allowed) {
      return new Refusal(
          408,
          Kind.INVALID_REQUEST,
          code,
          what + " came too slowly. Send it " + allowed + ".",
          true,
          -1);
    }
  }
}
