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
 * only where somebody who may has asked for it. Confined to one connection.
 */
final class AdminBodyLimit extends ChannelInboundHandlerAdapter {

  private final AdminRoutes routes;
  private final int usualMaxBytes;
  private long max;
  private long left;
  private boolean isRefused;

  AdminBodyLimit(AdminRoutes routes, int usualMaxBytes) {
    this.routes = routes;
    this.usualMaxBytes = usualMaxBytes;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (isRefused) {
      ReferenceCountUtil.release(message);
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
