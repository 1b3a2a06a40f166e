package dev.sluice.it.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Many clients that each ask once, at a time of its own, from one event loop. All are connected
 * before the first one asks, so that a herd is as sudden as it is said to be. May be used by one
 * thread.
 */
public final class Herd implements AutoCloseable {

  /**
   * One client's part.
   *
   * @param afterNanos when it asks, counted from the start
   * @param request as it is sent
   */
  public record Due(long afterNanos, byte[] request) {}

  private final EventLoopGroup group;
  private final EventLoop loop;

  public Herd() {
    group =
        new MultiThreadIoEventLoopGroup(
            1, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    loop = group.next();
  }

  /**
   * Plays all parts; blocks until every answer is over.
   *
   * @param patience from the start; what is not answered by then is cut and has a problem
   * @return in the order of the parts
   */
  public List<Heard> ask(int port, List<Due> parts, Duration patience) throws InterruptedException {
    Play play = new Play(port, parts, patience);
    loop.execute(play::connect);
    try {
      return play.result.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the herd could not be played", e.getCause());
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Confined to the loop. */
  private final class Play {
    private final int port;
    private final List<Due> parts;
    private final Duration patience;
    private final List<Client> clients = new ArrayList<>();
    private final CompletableFuture<List<Heard>> result = new CompletableFuture<>();
    private int connected;
    private int over;

    Play(int port, List<Due> parts, Duration patience) {
      this.port = port;
      this.parts = parts;
      this.patience = patience;
    }

    void connect() {
      for (Due part : parts) {
        Client client = new Client(this, part);
        clients.add(client);
        var _ =
            new Bootstrap()
                .group(loop)
                .channel(LoadClient.channelType())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 10_000)
                .handler(
                    new ChannelInitializer<SocketChannel>() {
                      @Override
                      protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(client);
                      }
                    })
                .connect("127.0.0.1", port)
                .addListener(
                    done -> {
                      if (!done.isSuccess()) {
                        client.over("cannot connect: " + done.cause());
                      }
                      connected++;
                      if (connected == parts.size()) {
                        start();
                      }
                    });
      }
      if (parts.isEmpty()) {
        result.complete(List.of());
      }
    }

    private void start() {
      long start = System.nanoTime();
      for (Client client : clients) {
        long left = start + client.part.afterNanos() - System.nanoTime();
        var _ = loop.schedule(client::send, left, TimeUnit.NANOSECONDS);
      }
      var _ =
          loop.schedule(
              () -> clients.forEach(client -> client.over("no whole answer in " + patience)),
              patience.toNanos(),
              TimeUnit.NANOSECONDS);
    }

    void isOver() {
      over++;
      if (over == parts.size()) {
        result.complete(clients.stream().map(Client::heard).toList());
      }
    }
  }

  private static final class Client extends ChannelInboundHandlerAdapter
      implements AnswerReader.Listener {
    private final Play play;
    private final Due part;
    private final AnswerReader reader = new AnswerReader(this);
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable ChannelHandlerContext context;
    private int status;
    private String head = "";
    private boolean isWhole;
    private boolean isOver;
    private long sentNanos;
    private long headNanos;
    private long endNanos;
    private String problem = "";

    Client(Play play, Due part) {
      this.play = play;
      this.part = part;
    }

    Heard heard() {
      return new Heard(
          status, head, body.toByteArray(), isWhole, sentNanos, headNanos, endNanos, problem);
    }

    void send() {
      ChannelHandlerContext here = context;
      if (here != null && !isOver) {
        sentNanos = System.nanoTime();
        var _ = here.writeAndFlush(Unpooled.wrappedBuffer(part.request()), here.voidPromise());
      }
    }

    void over(String why) {
      if (isOver) {
        return;
      }
      isOver = true;
      endNanos = System.nanoTime();
      problem = why;
      ChannelHandlerContext here = context;
      if (here != null) {
        var _ = here.close();
      }
      play.isOver();
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
      context = active;
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
      isWhole |= reader.endsByClose();
      over(isWhole ? "" : "closed before the end of the answer");
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object message) {
      try {
        reader.read((ByteBuf) message);
      } catch (RuntimeException e) {
        over(String.valueOf(e.getMessage()));
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext failing, Throwable cause) {
      over(String.valueOf(cause));
    }

    @Override
    public void onHead(int answered, String text) {
      status = answered;
      head = text;
      headNanos = System.nanoTime();
    }

    @Override
    public void onBody(ByteBuf bytes, int at, int length) {
      byte[] copy = new byte[length];
      bytes.getBytes(at, copy);
      body.write(copy, 0, length);
    }

    @Override
    public void onEnd() {
      isWhole = true;
      over("");
    }
  }
}
