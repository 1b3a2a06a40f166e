package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A client connection without a socket: the real pipeline, virtual time, counted memory. */
final class Wire implements AutoCloseable {

  /** What reaches the transport. */
  static final class Counter extends ChannelOutboundHandlerAdapter {
    int writes;
    int flushes;
    int flushesWithBytes;
    private int unflushed;

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise)
        throws Exception {
      if (message instanceof ByteBuf bytes && bytes.isReadable()) {
        writes++;
        unflushed++;
      }
      var _ = ctx.write(message, promise);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
      flushes++;
      if (unflushed > 0) {
        flushesWithBytes++;
        unflushed = 0;
      }
      ctx.flush();
    }

    void reset() {
      writes = 0;
      flushes = 0;
      flushesWithBytes = 0;
    }
  }

  /** A transport that takes as many buffers as it is told to. */
  private static final class Narrow extends EmbeddedChannel {
    private int takes = Integer.MAX_VALUE;

    Narrow() {
      super(false, false);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
      for (Object first = in.current(); first != null && takes > 0; first = in.current()) {
        takes--;
        outboundMessages().add(ReferenceCountUtil.retain(first));
        in.remove();
      }
    }
  }

  static final ServerSettings SETTINGS =
      new ServerSettings(
          "127.0.0.1",
          0,
          1,
          ServerSettings.Transport.NIO,
          8 * 1024,
          32 * 1024,
          100,
          Duration.ofSeconds(10),
          1_000,
          Duration.ofSeconds(60),
          Duration.ofSeconds(20),
          100,
          100_000);

  final RecordingFlow flow = new RecordingFlow();
  final Counter counter = new Counter();
  final EmbeddedChannel channel;
  final Connections connections;
  private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true);
  private final SilenceWheel wheel;
  private long now = 1_000_000_000L;

  Wire() {
    this(SETTINGS);
  }

  Wire(ServerSettings settings) {
    wheel = new SilenceWheel(() -> now);
    connections = new Connections(settings.connectionsMax());
    channel = new Narrow();
    channel.config().setAllocator(memory);
    channel.pipeline().addLast(counter);
    channel
        .pipeline()
        .addLast(new ServerPipeline(settings, connections, loop -> new LoopRooms(flow, wheel)));
    try {
      channel.register();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static ServerSettings settings(int requestsMax, long bodyRateMin) {
    ServerSettings s = SETTINGS;
    return new ServerSettings(
        s.address(),
        s.port(),
        s.eventLoops(),
        s.transport(),
        s.requestLineMaxBytes(),
        s.headMaxBytes(),
        s.headFieldsMax(),
        s.headTime(),
        bodyRateMin,
        s.clientIdle(),
        s.writeStall(),
        s.connectionsMax(),
        requestsMax);
  }

  Wire send(String bytes) {
    return send(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  Wire send(byte[] bytes) {
    if (channel.isOpen()) {
      channel.writeInbound(memory.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes));
    }
    return this;
  }

  Wire sendByteByByte(String bytes) {
    for (int i = 0; i < bytes.length() && channel.isOpen(); i++) {
      send(bytes.substring(i, i + 1));
    }
    return this;
  }

  void pass(Duration time) {
    now += time.toNanos();
    wheel.advance();
    channel.runPendingTasks();
  }

  /** From now on the client takes this many more buffers, and then none. */
  void takes(int buffers) {
    ((Narrow) channel).takes = buffers;
    channel.flush();
  }

  /** All that was sent to the client since the last call. */
  String received() {
    channel.runPendingTasks();
    StringBuilder text = new StringBuilder();
    for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
      text.append(bytes.toString(StandardCharsets.ISO_8859_1));
      bytes.release();
    }
    return text.toString();
  }

  boolean isOpen() {
    channel.runPendingTasks();
    return channel.isOpen();
  }

  int timers() {
    return wheel.size();
  }

  /** Closes, and fails if a byte of memory or a timer is still held. */
  @Override
  public void close() {
    channel.finishAndReleaseAll();
    assertThat(memory.metric().usedDirectMemory() + memory.metric().usedHeapMemory())
        .as("bytes still held")
        .isZero();
    assertThat(wheel.size()).as("timers still running").isZero();
    assertThat(connections.open()).as("connections still counted").isZero();
  }
}
