package dev.sluice.core.server;

import dev.sluice.core.flow.RequestEntry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import java.util.function.Function;

/**
 * The one place where the handlers of a client connection are put in order. There are two, because
 * each costs something per read and per write.
 */
final class ServerPipeline extends ChannelInitializer<Channel> {
  private final ServerSettings settings;
  private final ConnectionLimits limits;
  private final Connections connections;
  private final Function<? super EventLoop, LoopRooms> rooms;

  ServerPipeline(
      ServerSettings settings,
      Connections connections,
      Function<? super EventLoop, LoopRooms> rooms) {
    this.settings = settings;
    this.limits = new ConnectionLimits(settings);
    this.connections = connections;
    this.rooms = rooms;
  }

  @Override
  protected void initChannel(Channel channel) {
    if (!connections.admit()) {
      var _ = channel.close();
      return;
    }
    LoopRooms here = rooms.apply(channel.eventLoop());
    StrictRequestDecoder decoder = new StrictRequestDecoder(settings);
    // TLS will stand first, when it comes: everything below wants clear text. The choice between
    // HTTP/2 and HTTP/1.1 stands right after it, with the same tail behind both.
    // Bytes → requests, strictly; before the tail, which must never see anything ambiguous.
    channel.pipeline().addLast(decoder);
    // Requests → flow, and last, because every failure must end there. Answers are written by its
    // ResponseSink as bytes; there is no encoder.
    channel.pipeline().addLast(tail(here.flow(), here, decoder));
  }

  private <R> RequestHandler<R> tail(
      RequestEntry<R> flow, LoopRooms here, StrictRequestDecoder decoder) {
    return new RequestHandler<>(decoder, flow, here.wheel(), limits, connections);
  }
}
