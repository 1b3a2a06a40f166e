package dev.sluice.it.prove;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A hop of the kind that started it all: relays TCP, and closes a connection on which the server
 * has sent nothing for a while. One loop.
 */
public final class IdleCutter implements AutoCloseable {

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Set<Relay> relays = new HashSet<>();
  private final AtomicInteger cut = new AtomicInteger();
  private final InetSocketAddress target;
  private final long limitNanos;
  private final int port;

  /**
   * @param targetPort on 127.0.0.1
   * @param limit longest silence from the server that is borne
   */
  public IdleCutter(int targetPort, Duration limit) {
    target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
    limitNanos = limit.toNanos();
    Channel server =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            // Nothing is read before there is somewhere to write it.
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel client) {
                    connect(client);
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
    port = ((InetSocketAddress) server.localAddress()).getPort();
    var _ = group.scheduleAtFixedRate(this::sweep, 50, 50, TimeUnit.MILLISECONDS);
  }

  public int port() {
    return port;
  }

  /** Connections that were cut for silence. */
  public int cut() {
    return cut.get();
  }

  private void connect(SocketChannel client) {
    Relay relay = new Relay(client);
    relays.add(relay);
    var _ =
        new Bootstrap()
            .group(client.eventLoop())
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel server) {
                    server.pipeline().addLast(new Pipe(client, relay, true));
                    client.pipeline().addLast(new Pipe(server, relay, false));
                  }
                })
            .connect(target)
            .addListener(
                (ChannelFutureListener)
                    connected -> {
                      if (connected.isSuccess()) {
                        client.config().setAutoRead(true);
                      } else {
                        var _ = client.close();
                      }
                    });
  }

  private void sweep() {
    group.next().execute(this::cutTheSilent);
  }

  private void cutTheSilent() {
    long now = System.nanoTime();
    for (Relay relay : Set.copyOf(relays)) {
      if (!relay.client.isActive()) {
        relays.remove(relay);
      } else if (now - relay.lastDown > limitNanos) {
        relays.remove(relay);
        cut.incrementAndGet();
        var _ = relay.client.close();
      }
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static final class Relay {
    private final Channel client;
    private long lastDown = System.nanoTime();

    Relay(Channel client) {
      this.client = client;
    }
  }

  private static final class Pipe extends ChannelInboundHandlerAdapter {
    private final Channel other;
    private final Relay relay;
    private final boolean isDown;

    Pipe(Channel other, Relay relay, boolean isDown) {
      this.other = other;
      this.relay = relay;
      this.isDown = isDown;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      if (isDown) {
        relay.lastDown = System.nanoTime();
      }
      var _ = other.writeAndFlush(bytes);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      var _ = other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }
}
