package dev.sluice.core.upstream;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a provider, which carries one request at a time.
 *
 * <p>The states, and what the end of the connection means in each:
 *
 * <pre>
 *   OPENING   TCP and TLS are on their way             the attempt failed
 *   IDLE      in the pool                              nothing; it leaves the pool
 *   RESERVED  a request has been given, none written   the request goes by another connection
 *   AWAITING  the request was written, no head yet     NoAnswer, unless the kernel took no byte, or
 *                                                      sending again is harmless
 *   BODY      head delivered                           BrokenOff, unless it delimits the body
 *   SETTLING  the answer is whole; until the read      nothing
 *             batch ends, more bytes would show that
 *             the provider and we disagree where
 *   CLOSED
 * </pre>
 *
 * <p>RESERVED exists for the race of every pool: the provider closes an idle connection, and the
 * next request runs into the closing. A FIN that the kernel has but the loop has not polled is
 * found by letting the loop poll once before writing. A FIN still on its way cannot be found; then
 * the request has been sent, and is not sent again.
 *
 * <p>Confined to the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // writes have listeners, closing is heard of
final class UpstreamConnection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(UpstreamConnection.class);

  /** Interim answers to one request; the 17th is one too many. */
  private static final int INTERIM_MAX = 16;

  /** Idle for less, and it is not worth a turn of the loop to look for a FIN. */
  static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** How long an answer may still be found after writing has failed. */
  private static final long LAST_WORDS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private enum State {
    OPENING,
    IDLE,
    RESERVED,
    AWAITING,
    BODY,
    SETTLING,
    CLOSED
  }

  private final ConnectionPool pool;
  private final SilenceWheel wheel;
  private final AnswerDecoder decoder;
  private final String address;
  private final boolean isSecure;
  private final Deadline deadline = new Deadline();

  @SuppressWarnings("NullAway.Init") // the pipeline sets it before anything else happens
  private ChannelHandlerContext ctx;

  private State state = State.OPENING;
  private boolean isCounted; // by the pool
  private long openedNanos;
  private long idleSinceNanos;
  private long served;
  private boolean inRead;
  private boolean closeNotified;

  // One request
  private @Nullable UpstreamCall call;
  private @Nullable ChannelFuture bodyWritten;
  private @Nullable Throwable writeFailure;
  private int interims;
  private boolean keepsAlive;
  private boolean endsWithConnection;
  private boolean delivered;
  private @Nullable Inflation inflation;

  UpstreamConnection(
      ConnectionPool pool, Provider provider, AnswerDecoder decoder, SilenceWheel wheel) {
    this.pool = pool;
    this.wheel = wheel;
    this.decoder = decoder;
    this.address = provider.address();
    this.isSecure = provider.tls() != null;
  }

  // From the pool

  void opened(long nowNanos) {
    state = State.IDLE;
    isCounted = true;
    openedNanos = nowNanos;
    idleSinceNanos = nowNanos;
    wheel.watch(deadline, pool.retireAtNanos(openedNanos, idleSinceNanos));
  }

  boolean mayCarry(long nowNanos) {
    return state == State.IDLE
        && ctx.channel().isActive()
        && nowNanos < pool.retireAtNanos(openedNanos, idleSinceNanos);
  }

  long openedNanos() {
    return openedNanos;
  }

  /** Sends the request, now or after one turn of the loop. */
  void carry(UpstreamCall next, long nowNanos) {
    assert state == State.IDLE && call == null;
    call = next;
    next.travelsBy(this);
    if (next.isPaused()) {
      ctx.channel().config().setAutoRead(false);
    }
    if (served > 0 && nowNanos - idleSinceNanos >= FRESH_NANOS) {
      state = State.RESERVED;
      // Not execute(): such a task may run before the loop polls again. A scheduled one, even
      // without delay, is fetched after the next poll.
      ctx.channel().eventLoop().schedule(this::sendReserved, 0, TimeUnit.NANOSECONDS);
    } else {
      send(next);
    }
  }

  private void sendReserved() {
    if (state != State.RESERVED) {
      return;
    }
    UpstreamCall reserved = call;
    if (reserved == null) { // cancelled meanwhile
      backToPool();
    } else {
      send(reserved);
    }
  }

  private void send(UpstreamCall sending) {
    state = State.AWAITING;
    served++;
    interims = 0;
    writeFailure = null;
    delivered = false;
    decoder.expectAnswerTo(sending.head().method());
    sending.writing();
    ByteBuf body = sending.bodyToSend();
    HeadWritten headWritten = new HeadWritten(sending);
    ChannelProgressivePromise promise = ctx.newProgressivePromise();
    promise.addListener(headWritten);
    ctx.write(sending.head(), promise);
    ChannelFuture written =
        ctx.writeAndFlush(
            body == null
                ? LastHttpContent.EMPTY_LAST_CONTENT
                : new DefaultLastHttpContent(body, EmptyHttpHeaders.INSTANCE));
    bodyWritten = written;
    if (!written.isSuccess()) {
      written.addListener(done -> writeEnded(sending, done.cause()));
    }
  }

  /** Tells a request of which the kernel took nothing from one that may have been received. */
  private final class HeadWritten implements ChannelProgressiveFutureListener {
    private final UpstreamCall sending;
    private boolean someTaken;

    HeadWritten(UpstreamCall sending) {
      this.sending = sending;
    }

    @Override
    public void operationProgressed(ChannelProgressiveFuture future, long progress, long total) {
      someTaken |= progress > 0;
    }

    @Override
    public void operationComplete(ChannelProgressiveFuture future) {
      if (future.isSuccess()) {
        sending.accepted();
      } else if (call == sending
          && state == State.AWAITING
          && future.cause() instanceof IOException
          && !isSecure // progress is not told through TLS
          && !someTaken
          && !decoder.bytesSeen()) {
        replace();
      }
    }
  }

  private void writeEnded(UpstreamCall sending, @Nullable Throwable cause) {
    if (cause == null || call != sending || state != State.AWAITING) {
      return;
    }
    // A provider that refuses a large request answers, and closes while it is still being written:
    // the answer is in our kernel, and reading tells more than writing.
    writeFailure = cause;
    if (cause instanceof IOException && ctx.channel().isActive()) {
      wheel.watch(deadline, wheel.nanoTime() + LAST_WORDS_NANOS);
    } else {
      lost("connection_lost_in_request", "was lost while the request was written", cause);
    }
  }

  /** The call is given up: nothing more is delivered to it. */
  void abandon(UpstreamCall abandoned) {
    if (call != abandoned) {
      return;
    }
    call = null;
    if (state != State.RESERVED) { // else nothing was written, and the turn will give it back
      close();
    }
  }

  void paceChanged(UpstreamCall paced) {
    if (call != paced) {
      return;
    }
    if (paced.isPaused()) {
      ctx.channel().config().setAutoRead(false);
    } else if (inflation != null) {
      // Not on the caller's stack, which may be a delivery of ours.
      ctx.channel().eventLoop().execute(this::resumeInflated);
    } else {
      ctx.channel().config().setAutoRead(true);
    }
  }

  private void resumeInflated() {
    UpstreamCall resumed = call;
    if (state != State.BODY || resumed == null || resumed.isPaused()) {
      return;
    }
    Inflation source = inflation;
    if (source != null) {
      inflate(source);
    }
    if (state == State.BODY && call == resumed) {
      endBatch();
    }
    if (state == State.BODY && !resumed.isPaused()) {
      ctx.channel().config().setAutoRead(true);
    }
  }

  void close() {
    leave();
    state = State.CLOSED;
    dropInflation();
    ctx.channel().close();
  }

  /** Out of the pool, once. */
  private void leave() {
    if (isCounted) {
      isCounted = false;
      wheel.forget(deadline);
      pool.gone(this, null);
    }
  }

  /** Nothing of the request has been accepted: another connection carries it. */
  private void replace() {
    UpstreamCall moved = call;
    call = null;
    boolean wasWritten = state == State.AWAITING;
    if (moved != null) {
      if (wasWritten) {
        moved.detached();
      } else {
        moved.unreserved();
      }
    }
    if (isCounted) {
      isCounted = false;
      wheel.forget(deadline);
      pool.gone(this, moved);
    }
    close();
  }

  /** Idle and too old or unused for too long; looked at lazily. */
  private final class Deadline extends SilenceWheel.Entry {
    @Override
    protected long onDeadline(long nowNanos) {
      Throwable cause = writeFailure;
      if (cause != null && state == State.AWAITING) {
        lost("connection_lost_in_request", "was lost while the request was written", cause);
        return SilenceWheel.NEVER;
      }
      long retireAt = pool.retireAtNanos(openedNanos, idleSinceNanos);
      if (nowNanos < retireAt) {
        return retireAt;
      }
      if (state == State.IDLE) {
        close();
        return SilenceWheel.NEVER;
      }
      return nowNanos + pool.idleMaxNanos();
    }
  }

  // From the channel

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    this.ctx = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    inRead = true;
    switch (state) {
      case AWAITING, BODY -> {
        if (message instanceof HttpResponse head) {
          onHead(head);
        } else if (message instanceof HttpContent content) {
          onContent(content);
        } else {
          ReferenceCountUtil.release(message);
        }
      }
      case RESERVED -> {
        ReferenceCountUtil.release(message);
        replace();
      }
      case IDLE, SETTLING -> {
        ReferenceCountUtil.release(message);
        log.debug("{} sent bytes that belong to no answer; connection closed", address);
        close();
      }
      case OPENING, CLOSED -> ReferenceCountUtil.release(message);
    }
  }

  private void onHead(HttpResponse head) {
    if (head.decoderResult().isFailure()) {
      ReferenceCountUtil.release(head);
      fail(badHead(head.decoderResult().cause()));
      return;
    }
    int status = head.status().code();
    if (status < 200) {
      onInterim(status);
      return;
    }
    HttpHeaders headers = head.headers();
    String coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
    boolean isChunked = coding != null;
    if (isChunked && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)) {
      fail(garbage("transfer_coding_unknown", "sent a transfer coding other than chunked", false));
      return;
    }
    if (status > 599 || !isKnown(head.protocolVersion())) {
      fail(
          garbage(
              "not_http",
              "sent %s with status %d".formatted(head.protocolVersion(), status),
              false));
      return;
    }
    UpstreamCall answered = call;
    if (answered == null) {
      return;
    }
    state = State.BODY;
    boolean isHead = answered.head().method().equals(HttpMethod.HEAD);
    boolean isBodiless = status == 204 || status == 304;
    long length = isBodiless ? 0 : isChunked ? -1 : HttpUtil.getContentLength(head, -1L);
    keepsAlive = head.protocolVersion().equals(HttpVersion.HTTP_1_1) && HttpUtil.isKeepAlive(head);
    endsWithConnection = !isBodiless && !isHead && !isChunked && length < 0;
    if (!isBodiless && !isHead && length != 0 && status != 206) {
      inflation =
          Inflation.of(headers.get(HttpHeaderNames.CONTENT_ENCODING), ctx.channel().alloc());
      if (inflation != null) {
        headers.remove(HttpHeaderNames.CONTENT_ENCODING);
        headers.remove(HttpHeaderNames.CONTENT_LENGTH);
        length = -1;
      }
    }
    delivered = true;
    answered.head(status, headers, length);
  }

  private void onInterim(int status) {
    if (status == 101) {
      fail(garbage("protocol_switched", "switched protocols without being asked", false));
    } else if (++interims > INTERIM_MAX) {
      fail(
          garbage("too_many_interim", "sent more than " + INTERIM_MAX + " interim answers", false));
    }
  }

  private void onContent(HttpContent content) {
    if (content.decoderResult().isFailure()) {
      content.release();
      fail(garbage("bad_body_framing", reason(content.decoderResult().cause()), true));
      return;
    }
    UpstreamCall answered = call;
    if (state == State.AWAITING || answered == null) { // the empty end of an interim answer
      content.release();
      return;
    }
    boolean isLast = content instanceof LastHttpContent;
    Inflation source = inflation;
    if (source != null) {
      source.append(content.content());
      if (isLast) {
        source.inputEnds();
      }
      inflate(source);
      return;
    }
    if (content.content().isReadable()) {
      delivered = true;
      answered.body(content.content());
    } else {
      content.release();
    }
    if (isLast && state == State.BODY) {
      whole();
    }
  }

  /** Delivers plain bytes until none are left or the call is paused. */
  private void inflate(Inflation source) {
    try {
      for (UpstreamCall answered = call;
          state == State.BODY && answered != null && !answered.isPaused();
          answered = call) {
        ByteBuf plain = source.take();
        if (plain != null) {
          delivered = true;
          answered.body(plain);
          continue;
        }
        if (source.inputEnded()) {
          if (source.isWhole()) {
            whole();
          } else {
            fail(
                new UpstreamFailure.BrokenOff(
                    "compression_cut_short", address + " ended a compressed body too early"));
          }
        }
        return;
      }
    } catch (DecompressionException e) {
      fail(garbage("bad_compression", reason(e), true));
    }
  }

  /** The answer is whole by its framing. */
  private void whole() {
    if (endsWithConnection && isSecure && !closeNotified) {
      // RFC 9112, 9.8: without the closing alert anyone on the way may have cut it.
      fail(
          new UpstreamFailure.BrokenOff(
              "connection_closed_in_body", address + " closed without saying so in TLS"));
      return;
    }
    UpstreamCall done = call;
    call = null;
    dropInflation();
    boolean requestLeft = bodyWritten != null && bodyWritten.isSuccess();
    if (keepsAlive && !endsWithConnection && requestLeft && ctx.channel().isActive()) {
      state = State.SETTLING;
      if (!inRead) {
        settle();
      }
    } else {
      close();
    }
    if (done != null) {
      done.end();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    inRead = false;
    if (state == State.BODY) {
      endBatch();
    } else if (state == State.SETTLING) {
      settle();
    }
  }

  private void endBatch() {
    if (delivered && call != null) {
      delivered = false;
      call.batchEnd();
    }
  }

  private void settle() {
    if (decoder.hasLeftover()) {
      log.debug("{} sent more than it announced; connection closed", address);
      close();
    } else {
      backToPool();
    }
  }

  private void backToPool() {
    state = State.IDLE;
    bodyWritten = null;
    idleSinceNanos = wheel.nanoTime();
    ctx.channel().config().setAutoRead(true); // else its closing would not be seen
    pool.release(this, idleSinceNanos);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event == SslCloseCompletionEvent.SUCCESS) {
      closeNotified = true;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    switch (state) {
      case RESERVED -> replace();
      case AWAITING ->
          lost("connection_closed_before_head", "closed the connection before the head", null);
      case BODY -> {
        if (isWholeButUndelivered()) {
          leave();
        } else {
          lost("connection_closed_in_body", "closed the connection inside the body", null);
        }
      }
      case OPENING, IDLE, SETTLING, CLOSED -> close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    switch (state) {
      case RESERVED -> replace();
      case AWAITING, BODY -> {
        if (state == State.BODY && isWholeButUndelivered()) {
          leave();
        } else if (cause instanceof IOException) {
          boolean inBody = state == State.BODY;
          lost(
              inBody ? "connection_reset_in_body" : "connection_reset_before_head",
              inBody ? "reset the connection inside the body" : "reset the connection",
              cause);
        } else if (cause.getCause() instanceof SSLException) {
          lost("tls_broken", "broke TLS", cause.getCause());
        } else {
          log.error("a connection to {} failed in state {}", address, state, cause);
          lost("internal_error", "was given up after an error of our own", cause);
        }
      }
      // OPENING: the handshake's future tells why.
      case OPENING, CLOSED -> log.debug("{} while {}: {}", address, state, reason(cause));
      case IDLE, SETTLING -> close();
    }
  }

  /** A paused reader still has to take what was read; the connection is not needed for it. */
  private boolean isWholeButUndelivered() {
    return inflation != null && inflation.inputEnded();
  }

  private void lost(String code, String what, @Nullable Throwable cause) {
    UpstreamCall answered = call;
    if (state == State.AWAITING
        && answered != null
        && served > 1
        && answered.mayBeSentAgain()
        && !decoder.bytesSeen()) {
      replace();
      return;
    }
    String detail = address + " " + what + (cause == null ? "" : ": " + reason(cause));
    fail(
        state == State.BODY
            ? new UpstreamFailure.BrokenOff(code, detail)
            : new UpstreamFailure.NoAnswer(code, detail));
  }

  private void fail(UpstreamFailure failure) {
    UpstreamCall failed = call;
    call = null;
    close();
    if (failed != null) {
      failed.fail(failure);
    }
  }

  private void dropInflation() {
    Inflation dropped = inflation;
    if (dropped != null) {
      inflation = null;
      dropped.close();
    }
  }

  private UpstreamFailure badHead(Throwable cause) {
    if (cause instanceof PrematureChannelClosureException) {
      return new UpstreamFailure.NoAnswer(
          "connection_closed_in_head", address + " closed the connection inside the head");
    }
    if (cause instanceof TooLongFrameException) {
      return garbage(
          "head_too_large",
          "sent a head beyond "
              + AnswerDecoder.HEAD_MAX_BYTES
              + " bytes, or a status line beyond "
              + AnswerDecoder.STATUS_LINE_MAX_BYTES,
          false);
    }
    return garbage("not_http", reason(cause), false);
  }

  private UpstreamFailure garbage(String code, String what, boolean headSeen) {
    return new UpstreamFailure.Garbage(code, address + " " + what, headSeen);
  }

  private static boolean isKnown(HttpVersion version) {
    return version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0);
  }

  /** The kind of error only: what a decoder says may quote what the provider sent. */
  private static String reason(Throwable cause) {
    return cause instanceof IOException && cause.getMessage() != null
        ? cause.getMessage().toLowerCase(Locale.ROOT)
        : cause.getClass().getSimpleName();
  }
}
