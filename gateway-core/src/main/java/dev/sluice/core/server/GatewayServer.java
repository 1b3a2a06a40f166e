package dev.sluice.core.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client port: bind, accept, drain, close. Its methods may be called from any thread but an
 * event loop; the event loops belong to the caller.
 */
public final class GatewayServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(GatewayServer.class);

  /** A burst of connects that the loop has not accepted yet. */
  private static final int BACKLOG = 4096;

  /**
   * A cursor pauses with so much written and not taken, and goes on at half of it. Small, because
   * ten thousand slow readers may each hold it.
   */
  private static final WriteBufferWaterMark WRITE_MARKS =
      new WriteBufferWaterMark(32 * 1024, 64 * 1024);

  private final ServerSettings settings;
  private final Connections connections;
  private final ServerBootstrap bootstrap;
  private @Nullable Channel acceptor;

  /**
   * @param loops accept and serve; made, and shut down, by the caller
   * @param channelType fits the transport of {@code loops}
   * @param rooms the flow and the wheel of a loop; asked once per connection, on that loop
   */
  public GatewayServer(
      ServerSettings settings,
      EventLoopGroup loops,
      Class<? extends ServerChannel> channelType,
      Function<? super EventLoop, LoopRooms> rooms) {
    this.settings = settings;
    this.connections = new Connections(settings.connectionsMax());
    this.bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(channelType)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            // Flushes are batches already: waiting for more would only delay events.
            .childOption(ChannelOption.TCP_NODELAY, true)
            // Finds clients whose host is gone and that are owed nothing.
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITE_MARKS)
            // Always reading, so that a client that leaves is noticed at once.
            .childOption(ChannelOption.AUTO_READ, true)
            .childHandler(new ServerPipeline(settings, connections, rooms));
  }

  /**
   * Starts to accept.
   *
   * @return the bound address, with the real port
   * @throws IOException if the address cannot be had
   */
  public InetSocketAddress bind() throws IOException {
    ChannelFuture bound =
        bootstrap.bind(settings.address(), settings.port()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "Cannot listen on "
              + settings.address()
              + ":"
              + settings.port()
              + ". Free the port, or choose another.",
          bound.cause());
    }
    acceptor = bound.channel();
    return (InetSocketAddress) acceptor.localAddress();
  }

  /** Client connections that are open now. */
  public int openConnections() {
    return connections.open();
  }

  /** Connections that were closed at once because too many were open, or because of draining. */
  public long connectionsTurnedAway() {
    return connections.turnedAway();
  }

  /**
   * Stops accepting and closes idle connections; requests at hand are answered, with {@code
   * Connection: close} where the head had not left.
   *
   * @param limit how long to wait
   * @return completes, never exceptionally, with the number of connections that are left: 0 as soon
   *     as none is, else what is left at the limit
   */
  public CompletableFuture<Integer> drain(Duration limit) {
    CompletableFuture<Integer> drained = connections.drain();
    stopAccepting();
    onEach(RequestHandler::drain);
    return drained
        .copy()
        .orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionally(_ -> connections.open());
  }

  /** Stops accepting and closes every connection, whatever it does. Does not wait for them. */
  @Override
  public void close() {
    CompletableFuture<Integer> drained = connections.drain();
    stopAccepting();
    onEach(RequestHandler::close);
    log.debug("client port closed, drained={}", drained.isDone());
  }

  private void stopAccepting() {
    Channel open = acceptor;
    if (open != null) {
      open.close().awaitUninterruptibly();
    }
  }

  private void onEach(Consumer<RequestHandler<?>> step) {
    for (RequestHandler<?> connection : connections.all()) {
      connection.loop().execute(() -> step.accept(connection));
    }
  }
}
