package dev.sluice.admin.api;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;

/** Makes requests whole; one that is too long is answered with a problem document. */
final class AdminAggregator extends HttpObjectAggregator {

  private final int bodyMaxBytes;

  AdminAggregator(int bodyMaxBytes) {
    super(bodyMaxBytes, true);
    this.bodyMaxBytes = bodyMaxBytes;
  }

  @Override
  protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
    AdminHandler.writeLast(
        ctx,
        AdminAnswer.problem(
            413,
            "Content Too Large",
            "body_too_large",
            "The body is longer than " + bodyMaxBytes + " bytes. Send less."));
  }
}
