package dev.sluice.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;

/** What a connection to a provider is made of. */
final class UpstreamPipeline {
  private UpstreamPipeline() {}

  /**
   * Puts the handlers in.
   *
   * @return done when requests may be sent: at once without TLS, else after the handshake
   */
  static Future<Channel> assemble(
      Channel channel, Provider provider, AnswerDecoder decoder, UpstreamConnection connection) {
    ChannelPipeline pipeline = channel.pipeline();
    Future<Channel> ready = channel.eventLoop().newSucceededFuture(channel);
    SslContext tls = provider.tls();
    if (tls != null) {
      // With host and port: the name that is asked for (SNI) and the one that must be certified.
      SslHandler handler = tls.newHandler(channel.alloc(), provider.host(), provider.port());
      handler.setHandshakeTimeoutMillis(0); // the connect deadline covers it
      pipeline.addLast(handler);
      ready = handler.handshakeFuture();
    }
    pipeline.addLast(decoder).addLast(new HttpRequestEncoder()).addLast(connection);
    return ready;
  }
}
