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
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Plays a {@link LoadPlan} from one event loop.
 *
 * <p>Open loop: requests are due at fixed times. One that finds no free connection waits, and its
 * latency counts from when it was due, so that a stalled server is not spared the requests that it
 * would have stalled (no coordinated omission).
 *
 * <p>A connection that breaks is replaced, and counted. A server that closes between two answers is
 * within its rights: that is not counted.
 */
public final class LoadClient implements AutoCloseable {

  private static final long HIGHEST_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final EventLoopGroup group;
  private final EventLoop loop;

  public LoadClient() {
    group =
        new MultiThreadIoEventLoopGroup(
            1, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    loop = group.next();
  }

  /** Plays the plan; blocks until its time is over and its connections are closed. */
  public LoadResult run(LoadPlan plan) throws InterruptedException {
    Run run = new Run(plan);
    loop.execute(run::begin);
    return run.result.join();
  }

  /**
   * Opens one stream per connection and leaves them open: each has its head, and then whatever the
   * server sends.
   *
   * @param perSecond how many are opened per second
   * @throws IllegalStateException if not all of them have a head in time
   */
  public IdleStreams open(LoadPlan plan, int perSecond, long patienceSeconds)
      throws InterruptedException {
    return IdleStreams.open(loop, channelType(), plan, perSecond, patienceSeconds);
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  static Class<? extends SocketChannel> channelType() {
    return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** One plan being played. Confined to the loop. */
  private final class Run {
    private final LoadPlan plan;
    private final ByteBuf wire;
    private final CompletableFuture<LoadResult> result = new CompletableFuture<>();
    private final List<Connection> connections = new ArrayList<>();
    private final ArrayDeque<Connection> free = new ArrayDeque<>();
    private final ArrayDeque<Long> due = new ArrayDeque<>();
    private final Histogram latencies = new Histogram(HIGHEST_NANOS, 3);
    private final Histogram firstBytes = new Histogram(HIGHEST_NANOS, 3);
    private final double nanosApart;
    private final Bootstrap bootstrap;
    private long started;
    private long countFrom;
    private long until;
    private long sent;
    private long answers;
    private long other;
    private long broken;
    private long events;
    private long bytes;
    private int connected;
    private boolean isOver;
    private String firstProblem = "";

    Run(LoadPlan plan) {
      this.plan = plan;
      this.wire = Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(plan.wire()));
      this.nanosApart = plan.ratePerSecond() > 0 ? 1e9 / plan.ratePerSecond() : 0;
      this.bootstrap =
          new Bootstrap()
              .group(loop)
              .channel(channelType())
              .option(ChannelOption.TCP_NODELAY, true)
              .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5_000)
              .handler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                      channel.pipeline().addLast(new Connection(Run.this));
                    }
                  })
              .remoteAddress(plan.host(), plan.port());
    }

    void begin() {
      for (int i = 0; i < plan.connections(); i++) {
        connect();
      }
    }

    private void connect() {
      var _ =
          bootstrap
              .connect()
              .addListener(
                  done -> {
                    if (!done.isSuccess() && !isOver) {
                      problem("cannot connect: " + done.cause());
                      broken++;
                      var _ = loop.schedule(this::connect, 100, TimeUnit.MILLISECONDS);
                    }
                  });
    }

    void up(Connection connection) {
      connections.add(connection);
      connected++;
      if (started == 0) {
        if (connected == plan.connections()) {
          start();
        }
      } else {
        ready(connection);
      }
    }

    private void start() {
      started = System.nanoTime();
      countFrom = started + plan.warmUp().toNanos();
      until = countFrom + plan.duration().toNanos();
      var _ = loop.schedule(this::finish, until - started, TimeUnit.NANOSECONDS);
      free.addAll(connections);
      if (nanosApart > 0) {
        tick();
      } else {
        for (Connection each = free.poll(); each != null; each = free.poll()) {
          each.send(System.nanoTime());
        }
      }
    }

    /** Open loop: everything that is due by now. */
    private void tick() {
      if (isOver) {
        return;
      }
      long now = System.nanoTime();
      for (long at = dueAt(sent); at <= now; at = dueAt(sent)) {
        sent++;
        Connection connection = free.poll();
        if (connection == null) {
          due.add(at);
        } else {
          connection.send(at);
        }
      }
      var _ = loop.schedule(this::tick, dueAt(sent) - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private long dueAt(long number) {
      return started + (long) (number * nanosApart);
    }

    void ready(Connection connection) {
      if (isOver) {
        return;
      }
      if (nanosApart == 0) {
        connection.send(System.nanoTime());
        return;
      }
      Long waiting = due.poll();
      if (waiting == null) {
        free.push(connection);
      } else {
        connection.send(waiting);
      }
    }

    void down(Connection connection, boolean wasAsking) {
      connections.remove(connection);
      free.remove(connection);
      connected--;
      if (!isOver) {
        if (wasAsking) {
          broken++;
          problem("a connection closed inside an answer");
        }
        connect();
      }
    }

    void problem(String what) {
      if (firstProblem.isEmpty()) {
        firstProblem = what;
      }
    }

    void answered(Connection connection) {
      long now = System.nanoTime();
      if (now >= countFrom && !isOver) {
        if (connection.status == 200) {
          answers++;
          latencies.recordValue(Math.min(HIGHEST_NANOS, now - connection.dueAt));
          firstBytes.recordValue(Math.min(HIGHEST_NANOS, connection.headAt - connection.dueAt));
        } else {
          other++;
          problem("status " + connection.status);
        }
      }
    }

    void body(ByteBuf content, int at, int length) {
      if (isOver || System.nanoTime() < countFrom) {
        return;
      }
      bytes += length;
      if (plan.isStream()) {
        // Two line ends in a row, LF only: what our own scripts send by default.
        for (int i = at; i < at + length; ) {
          int newline = content.indexOf(i, at + length, (byte) '\n');
          if (newline < 0) {
            break;
          }
          if (newline + 1 < at + length && content.getByte(newline + 1) == '\n') {
            events++;
          }
          i = newline + 2;
        }
      }
    }

    private void finish() {
      double seconds = (System.nanoTime() - countFrom) / 1e9;
      isOver = true;
      long unanswered = due.size() + connections.stream().filter(each -> each.isAsking).count();
      for (Connection connection : List.copyOf(connections)) {
        connection.close();
      }
      result.complete(
          new LoadResult(
              answers,
              other,
              broken,
              unanswered,
              events,
              bytes,
              seconds,
              latencies,
              firstBytes,
              firstProblem));
    }
  }

  /** One connection of a run. */
  private static final class Connection extends ChannelInboundHandlerAdapter
      implements AnswerReader.Listener {
    private final Run run;
    private final AnswerReader reader = new AnswerReader(this);
    private @Nullable ChannelHandlerContext context;
    private boolean isAsking;
    private long dueAt;
    private long headAt;
    private int status;

    Connection(Run run) {
      this.run = run;
    }

    void send(long due) {
      ChannelHandlerContext here = context;
      if (here == null || !here.channel().isActive()) {
        return;
      }
      isAsking = true;
      dueAt = due;
      var _ = here.writeAndFlush(run.wire.duplicate(), here.voidPromise());
    }

    void close() {
      ChannelHandlerContext here = context;
      if (here != null) {
        var _ = here.close();
      }
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
      context = active;
      run.up(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
      if (reader.endsByClose()) {
        run.answered(this);
        isAsking = false;
      }
      run.down(this, isAsking);
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object message) {
      try {
        reader.read((ByteBuf) message);
      } catch (RuntimeException e) {
        run.problem(String.valueOf(e.getMessage()));
        close();
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext failing, Throwable cause) {
      run.problem(String.valueOf(cause.getMessage()));
      close();
    }

    @Override
    public void onHead(int answered, String head) {
      status = answered;
      headAt = System.nanoTime();
    }

    @Override
    public void onBody(ByteBuf bytes, int at, int length) {
      run.body(bytes, at, length);
    }

    @Override
    public void onEnd() {
      isAsking = false;
      run.answered(this);
      run.ready(this);
    }
  }
}
