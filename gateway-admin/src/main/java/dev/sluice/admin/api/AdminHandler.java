package dev.sluice.admin.api;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of the admin port: a request, its answer, the next request. Always under exactly
 * one deadline, which dripping bytes do not move. Confined to the port's loop.
 */
final class AdminHandler extends ChannelInboundHandlerAdapter {

  private static final Logger LOG = LoggerFactory.getLogger(AdminHandler.class);

  /** Of requests that wait: no client sends more ahead, and they are held in memory. */
  private static final int WAITING_MAX = 64;

  private static final int WAITING_MAX_BYTES = 1 << 20;

  private final AdminRoutes routes;
  private final ExecutorService threads;
  private final AdminServer.Limits limits;
  private @Nullable Future<?> deadline;

  /** Counts requests, so that an answer that comes after its deadline is dropped. */
  private long requests;

  private boolean isAnswered = true;

  /** From a request's turn until its answer has left. */
  private boolean isBusy;

  /**
   * Pipelined requests that wait for their turn: those of one read buffer, and those that came
   * while the body of the last was gathered. Netty's FlowControlHandler is no help: where a request
   * comes in pieces it forgets that one was wanted.
   */
  private final Deque<FullHttpRequest> waiting = new ArrayDeque<>();

  private int waitingBytes;

  AdminHandler(AdminRoutes routes, ExecutorService threads, AdminServer.Limits limits) {
    this.routes = routes;
    this.threads = threads;
    this.limits = limits;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    within(ctx, limits.firstRequestMillis(), () -> close(ctx));
    ctx.read();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (deadline != null) {
      deadline.cancel(false);
    }
    waiting.forEach(FullHttpRequest::release);
    waiting.clear();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var request = (FullHttpRequest) message;
    waiting.add(request);
    waitingBytes += request.content().readableBytes();
    if (!isBusy) {
      next(ctx);
    } else if (waiting.size() > WAITING_MAX || waitingBytes > WAITING_MAX_BYTES) {
      close(ctx);
    }
  }

  /** The next request's turn; more is read only where none waits. */
  private void next(ChannelHandlerContext ctx) {
    FullHttpRequest request = waiting.poll();
    isBusy = request != null;
    if (request == null) {
      ctx.read();
      return;
    }
    waitingBytes -= request.content().readableBytes();
    try {
      requests++;
      isAnswered = false;
      if (request.decoderResult().isFailure()) {
        answer(ctx, malformed(request.decoderResult().cause()), false, false);
      } else if (request.protocolVersion().equals(HttpVersion.HTTP_1_1)
          && !request.headers().contains(HttpHeaderNames.HOST)) {
        answer(ctx, malformed("A request of HTTP/1.1 must name a Host."), false, false);
      } else {
        ask(ctx, request);
      }
    } finally {
      request.release();
    }
  }

  private void ask(ChannelHandlerContext ctx, FullHttpRequest request) {
    long number = requests;
    boolean isHead = request.method().name().equals("HEAD");
    boolean keepAlive = HttpUtil.isKeepAlive(request);
    String target = request.uri();
    int mark = target.indexOf('?');
    var asked =
        new AdminRequest(
            request.method().name(),
            mark < 0 ? target : target.substring(0, mark),
            mark < 0 ? "" : target.substring(mark + 1),
            request.headers(),
            ByteBufUtil.getBytes(request.content()));
    try {
      var work =
          threads.submit(
              () -> {
                AdminAnswer answer = routes.answer(asked);
                ctx.executor()
                    .execute(
                        () -> {
                          if (number == requests) {
                            answer(ctx, answer, isHead, keepAlive);
                          }
                        });
              });
      within(
          ctx,
          limits.handlerMillis(),
          () -> {
            work.cancel(true);
            answer(ctx, tooSlow(), isHead, false);
          });
    } catch (RejectedExecutionException e) {
      // The port is being closed.
      close(ctx);
    }
  }

  private void answer(
      ChannelHandlerContext ctx, AdminAnswer answer, boolean isHead, boolean keepAlive) {
    if (isAnswered || !ctx.channel().isActive()) {
      return;
    }
    isAnswered = true;
    within(ctx, limits.writeMillis(), () -> close(ctx));
    var written = ctx.writeAndFlush(response(answer, isHead, keepAlive));
    written.addListener(
        done -> {
          if (keepAlive && done.isSuccess()) {
            within(ctx, limits.nextRequestMillis(), () -> close(ctx));
            next(ctx);
          } else {
            close(ctx);
          }
        });
  }

  /**
   * Answers and sends nothing more, from a handler that stands before this one and goes on reading
   * until the client closes.
   */
  @SuppressWarnings("FutureReturnValueIgnored") // nobody is left who could be told
  static void writeLast(ChannelHandlerContext ctx, AdminAnswer answer) {
    var written = ctx.writeAndFlush(response(answer, false, false));
    written.addListener(
        done -> {
          if (done.isSuccess() && ctx.channel() instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
          } else {
            ctx.close();
          }
        });
  }

  private static DefaultFullHttpResponse response(
      AdminAnswer answer, boolean isHead, boolean keepAlive) {
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            isHead ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body()));
    HttpHeaders headers = response.headers();
    if (answer.status() != 204) { // which has neither (RFC 9110 section 8.6)
      headers.set(HttpHeaderNames.CONTENT_TYPE, answer.contentType());
      headers.set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
    }
    headers.set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    headers.set("X-Content-Type-Options", "nosniff");
    answer.headers().forEach(headers::set);
    headers.set(
        HttpHeaderNames.CONNECTION,
        keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
    return response;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // nobody is left who could be told
  private static void close(ChannelHandlerContext ctx) {
    ctx.close();
  }

  private void within(ChannelHandlerContext ctx, long millis, Runnable otherwise) {
    if (deadline != null) {
      deadline.cancel(false);
    }
    deadline = ctx.executor().schedule(otherwise, millis, TimeUnit.MILLISECONDS);
  }

  private static AdminAnswer malformed(Throwable cause) {
    return switch (cause) {
      case io.netty.handler.codec.http.TooLongHttpLineException e ->
          AdminAnswer.problem(
              414, "URI Too Long", "line_too_long", "The request line is too long.");
      case io.netty.handler.codec.http.TooLongHttpHeaderException e ->
          AdminAnswer.problem(
              431,
              "Request Header Fields Too Large",
              "head_too_large",
              "The header fields are too long.");
      // What the decoder says may quote the request; a key in it would come back.
      default -> malformed("This is not a request of HTTP/1.1.");
    };
  }

  private static AdminAnswer malformed(String detail) {
    return AdminAnswer.problem(400, "Bad Request", "malformed_request", detail);
  }

  private static AdminAnswer tooSlow() {
    return AdminAnswer.problem(
        503, "Service Unavailable", "handler_timeout", "This took too long. Ask again later.");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // A client that goes in the middle of its body is nothing to worry about either.
    if (cause instanceof IOException || cause instanceof PrematureChannelClosureException) {
      LOG.debug("a connection of the admin port failed: {}", cause.toString());
    } else {
      LOG.warn("a connection of the admin port failed", cause);
    }
    close(ctx);
  }
}
