package dev.sluice.admin.api;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.ReferenceCountUtil;

/**
 * Refuses a body that is longer than its endpoint takes, before it is gathered: a long one is taken
 * only where somebody who may has asked for it. What still comes of it is read and dropped until
 * the client has the answer and closes: closing a socket with unread bytes in it resets it, and the
 * answer may be lost (RFC 9112 section 9.6). Confined to one connection, whose deadline goes on.
 */
final class AdminBodyLimit extends ChannelInboundHandlerAdapter {

  /** Of what is dropped; who sends more is cut. */
  private static final long DROPPED_MAX_BYTES = 8L << 20;

  private final AdminRoutes routes;
  private final int usualMaxBytes;
  private long max;
  private long left;
  private boolean isRefused;
  private long dropped;

  AdminBodyLimit(AdminRoutes routes, int usualMaxBytes) {
    this.routes = routes;
    this.usualMaxBytes = usualMaxBytes;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (isRefused) {
      drop(ctx, message);
      return;
    }
    if (message instanceof HttpRequest request && request.decoderResult().isSuccess()) {
      max = max(request);
      left = max - HttpUtil.getContentLength(request, 0L);
      if (left < 0) {
        refuse(ctx, message);
        return;
      }
      left = max;
    }
    if (message instanceof HttpContent content) {
      left -= content.content().readableBytes();
      if (left < 0) {
        refuse(ctx, message);
        return;
      }
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (isRefused) {
      ctx.read(); // nobody behind asks for it any more
    } else {
      ctx.fireChannelReadComplete();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // nobody is left who could be told
  private void drop(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HttpContent content) {
      dropped += content.content().readableBytes();
    }
    ReferenceCountUtil.release(message);
    if (dropped > DROPPED_MAX_BYTES) {
      ctx.close();
    }
  }

  private int max(HttpRequest request) {
    String target = request.uri();
    int mark = target.indexOf('?');
    return routes.bodyMaxBytes(
        request.method().name(),
        mark < 0 ? target : target.substring(0, mark),
        request.headers().get(HttpHeaderNames.AUTHORIZATION),
        usualMaxBytes);
  }

  private void refuse(ChannelHandlerContext ctx, Object message) {
    isRefused = true;
    ReferenceCountUtil.release(message);
    AdminHandler.writeLast(
        ctx,
        AdminAnswer.problem(
            413,
            "Content Too Large",
            "body_too_large",
            "The body is longer than " + max + " bytes. Send less."));
  }
}
