package dev.sluice.it.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Many streams that are open at the same time and wait. */
public final class IdleStreams implements AutoCloseable {

  private final ChannelGroup channels;
  private final AtomicInteger closed;

  private IdleStreams(ChannelGroup channels, AtomicInteger closed) {
    this.channels = channels;
    this.closed = closed;
  }

  static IdleStreams open(
      EventLoop loop,
      Class<? extends SocketChannel> type,
      LoadPlan plan,
      int perSecond,
      long patienceSeconds)
      throws InterruptedException {
    ChannelGroup channels = new DefaultChannelGroup(loop);
    CountDownLatch heads = new CountDownLatch(plan.connections());
    AtomicInteger closed = new AtomicInteger();
    ByteBuf wire = Unpooled.unreleasableBuffer(Unpooled.directBuffer().writeBytes(plan.wire()));
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(type)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_RCVBUF, 4096)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channels.add(channel);
                    channel.pipeline().addLast(new Waiting(wire, heads, closed));
                  }
                })
            .remoteAddress(plan.host(), plan.port());
    long apart = 1_000_000_000L / perSecond;
    for (int i = 0; i < plan.connections(); i++) {
      var _ =
          loop.schedule(
              () -> {
                var _ = bootstrap.connect();
              },
              i * apart,
              TimeUnit.NANOSECONDS);
    }
    IdleStreams streams = new IdleStreams(channels, closed);
    if (!heads.await(patienceSeconds, TimeUnit.SECONDS)) {
      streams.close();
      throw new IllegalStateException(
          heads.getCount() + " of " + plan.connections() + " streams never had a head");
    }
    return streams;
  }

  /** Streams that are over, however they ended. */
  public int closed() {
    return closed.get();
  }

  @Override
  public void close() {
    channels.close().awaitUninterruptibly();
  }

  private static final class Waiting extends ChannelInboundHandlerAdapter
      implements AnswerReader.Listener {
    private final ByteBuf wire;
    private final CountDownLatch heads;
    private final AtomicInteger closed;
    private final AnswerReader reader = new AnswerReader(this);

    Waiting(ByteBuf wire, CountDownLatch heads, AtomicInteger closed) {
      this.wire = wire;
      this.heads = heads;
      this.closed = closed;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      var _ = context.writeAndFlush(wire.duplicate(), context.voidPromise());
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      closed.incrementAndGet();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        reader.read((ByteBuf) message);
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      Channel channel = context.channel();
      var _ = channel.close();
    }

    @Override
    public void onHead(int status, String head) {
      if (status == 200) {
        heads.countDown();
      }
    }

    @Override
    public void onBody(ByteBuf bytes, int at, int length) {}

    @Override
    public void onEnd() {
      closed.incrementAndGet();
    }
  }
}
