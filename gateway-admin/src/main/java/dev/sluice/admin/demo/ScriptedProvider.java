package dev.sluice.admin.demo;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A provider on 127.0.0.1 that answers by script: OpenAI chat, responses, embeddings and models,
 * Anthropic messages and token counts, Gemini generateContent, as whole answers and as streams. It
 * needs no key and no network, keeps its own invoice ({@code GET /scripted/invoice}; {@code GET
 * /scripted/calls}, call by call: {@code id model tier uncached cached written5m written30m
 * written1h output}, the id being the request's {@code x-call}), and remembers what it received. A
 * script can give it a prompt cache, whose books are at {@code GET /scripted/cache}, a request a
 * line: {@code entry id model tokens cached written arrived whole begun over}, see {@link
 * CacheBook.Use}.
 *
 * <p>Which script a request gets: its {@code x-script} header; else the next one of those queued by
 * {@link #next}; else the default. Every answer of one script is the same, byte for byte, but for
 * the number of the request in {@code x-request-id}.
 *
 * <p>One event loop; ten thousand streams are few. Methods may be called from any thread.
 */
public final class ScriptedProvider implements AutoCloseable {

  private static final int HEAD_MAX = 256 * 1024;

  private final EventLoopGroup group;
  private final ChannelGroup connections;
  private final ScriptedState state;
  private final int port;

  private ScriptedProvider(
      EventLoopGroup group, ChannelGroup connections, ScriptedState state, int port) {
    this.group = group;
    this.connections = connections;
    this.state = state;
    this.port = port;
  }

  /** As for the demo: {@link Script#DEMO}. */
  public static ScriptedProvider start(int port) {
    return start(port, Script.DEMO);
  }

  /**
   * Binds and serves.
   *
   * @param port 0 for any free one
   */
  public static ScriptedProvider start(int port, Script script) {
    IoHandlerFactory io =
        Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, io);
    Class<? extends ServerSocketChannel> type =
        Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    ScriptedState state = new ScriptedState(script);
    ChannelFuture bound =
        new ServerBootstrap()
            .group(group)
            .channel(type)
            .option(ChannelOption.SO_BACKLOG, 16 * 1024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(64 * 1024, 256 * 1024))
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    connections.add(channel);
                    channel
                        .pipeline()
                        .addLast(
                            new HttpRequestDecoder(
                                new HttpDecoderConfig()
                                    .setMaxInitialLineLength(HEAD_MAX)
                                    .setMaxHeaderSize(HEAD_MAX)
                                    .setValidateHeaders(false)))
                        .addLast(new ScriptedConnection(state));
                  }
                })
            .bind("127.0.0.1", port)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw new IllegalStateException(
          "The scripted provider cannot bind 127.0.0.1:" + port + ".", bound.cause());
    }
    Channel server = bound.channel();
    connections.add(server);
    int actual = ((InetSocketAddress) server.localAddress()).getPort();
    return new ScriptedProvider(group, connections, state, actual);
  }

  /** The bound port. */
  public int port() {
    return port;
  }

  /** Scheme, host and port, without a trailing slash. */
  public URI baseUrl() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** What is played where nothing else is asked for; also decides about faults at accept. */
  public void script(Script script) {
    state.script = script;
  }

  /** Scripts for the next requests that carry none, one each, before the default. */
  public void next(Script... scripts) {
    for (Script script : scripts) {
      state.queue.add(script);
    }
  }

  /**
   * The oldest request that was not taken yet; of those waiting, the last thousand are kept.
   *
   * @return null if none came in time
   */
  public @Nullable ReceivedRequest take(Duration patience) throws InterruptedException {
    return state.received.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Forgets which requests came, and the queued scripts. The invoice stays. */
  public void forget() {
    state.received.clear();
    state.queue.clear();
  }

  /** Requests received since the start, also those that were not kept. */
  public long requests() {
    return state.requests.get();
  }

  /** Connections accepted since the start. */
  public int connectionsAccepted() {
    return state.accepted.get();
  }

  /** Connections that are open now. */
  public int connectionsOpen() {
    return state.open.get();
  }

  /** What would be billed. */
  public Invoice invoice() {
    return state.invoice;
  }

  /** What the prompt cache was asked. */
  public CacheBook cacheBook() {
    return state.cacheBook;
  }

  /** Closes all connections and stops; returns when that is done. */
  @Override
  public void close() {
    connections.close().awaitUninterruptibly();
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
