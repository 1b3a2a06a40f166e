package dev.sluice.admin.api;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The second port. It has an event loop and threads of its own, so that nothing that is asked here
 * can hold a loop that serves clients: the loop only moves bytes, endpoints run on virtual threads.
 *
 * <p>{@link #start} once, then {@link #close}; both from any thread.
 */
public final class AdminServer implements AutoCloseable {

  /** Bounds of this port. Constants: no user has a reason to change one. */
  record Limits(
      int connectionsMax,
      int lineMaxBytes,
      int headMaxBytes,
      int bodyMaxBytes,
      long firstRequestMillis,
      long nextRequestMillis,
      long handlerMillis,
      long writeMillis) {

    /**
     * A next request may take as long as the slowest usual scrape interval, a minute, and a bit.
     */
    static final Limits USUAL =
        new Limits(64, 4 << 10, 16 << 10, Endpoint.BODY_USUAL, 10_000, 75_000, 30_000, 30_000);
  }

  private final String address;
  private final int port;
  private final AdminRoutes routes;
  private final Limits limits;
  private @Nullable EventLoopGroup loop;
  private @Nullable ExecutorService threads;

  /**
   * @param port 0 for any free one
   * @param callers who may ask, and what
   * @param endpoints methods and paths differ
   */
  public AdminServer(String address, int port, Callers callers, List<Endpoint> endpoints) {
    this(address, port, callers, endpoints, Limits.USUAL);
  }

  AdminServer(String address, int port, Callers callers, List<Endpoint> endpoints, Limits limits) {
    this.address = address;
    this.port = port;
    this.routes = new AdminRoutes(endpoints, callers);
    this.limits = limits;
  }

  /**
   * Listens.
   *
   * @return the port that was bound
   * @throws IOException if the address cannot be bound; nothing is left behind
   */
  public synchronized int start() throws IOException {
    if (loop != null) {
      throw new IllegalStateException("The admin port was started already.");
    }
    var group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("admin", true), NioIoHandler.newFactory());
    var executor =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("admin-call-", 0).factory());
    loop = group;
    threads = executor;
    var connections = new AdminConnections(limits.connectionsMax());
    var bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            // One request at a time per connection: the next is read when the last is answered.
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    if (!connections.enter(channel)) {
                      return;
                    }
                    channel
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(
                                new HttpDecoderConfig()
                                    .setMaxInitialLineLength(limits.lineMaxBytes())
                                    .setMaxHeaderSize(limits.headMaxBytes())))
                        .addLast(new AdminBodyLimit(routes, limits.bodyMaxBytes()))
                        .addLast(
                            new HttpObjectAggregator(
                                routes.bodyMaxBytes(limits.bodyMaxBytes()), true))
                        .addLast(new AdminHandler(routes, executor, limits));
                  }
                });
    ChannelFuture bound = bootstrap.bind(address, port).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      close();
      throw new IOException(
          "Cannot listen on "
              + address
              + ":"
              + port
              + " (admin). Free the port, or choose another.",
          bound.cause());
    }
    return ((InetSocketAddress) bound.channel().localAddress()).getPort();
  }

  /** Stops listening and cuts what is open. Harmless when repeated. */
  @Override
  public synchronized void close() {
    if (loop != null) {
      loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
    if (threads != null) {
      threads.shutdownNow();
    }
  }
}
