package dev.sluice.admin.demo;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Plays one plan on one connection. Confined to the connection's loop. */
final class Playback {

  private final ChannelHandlerContext context;
  private final List<Step> steps;
  private final String number;
  private final Runnable onBegun;
  private final Consumer<Playback> onSettle;
  private final Consumer<ReceivedRequest.Outcome> onEnd;

  private int next;
  private int repeated;
  private int output;
  private boolean isHeadOut;
  private boolean isBegun;
  private boolean isWaiting;
  private boolean isSettled;
  private boolean isOver;
  private @Nullable Runnable wakeUp;

  /**
   * @param number of the request, for its head
   * @param onBegun hears once that the first byte of the body is about to leave
   * @param onSettle hears once of what was produced
   * @param onEnd hears once how it ended; not after {@link #peerGone}
   */
  Playback(
      ChannelHandlerContext context,
      List<Step> steps,
      String number,
      Runnable onBegun,
      Consumer<Playback> onSettle,
      Consumer<ReceivedRequest.Outcome> onEnd) {
    this.context = context;
    this.steps = steps;
    this.number = number;
    this.onBegun = onBegun;
    this.onSettle = onSettle;
    this.onEnd = onEnd;
  }

  /** Output tokens produced so far. */
  int output() {
    return output;
  }

  /** The connection has closed under it. */
  void peerGone() {
    isOver = true;
    settle();
  }

  /** Whether it was over before the connection was. */
  boolean isOver() {
    return isOver;
  }

  /** Plays on as far as possible; also called when the connection takes bytes again. */
  void run() {
    Channel channel = context.channel();
    while (!isOver && !isWaiting) {
      if (!channel.isWritable()) {
        context.flush();
        if (!channel.isWritable()) {
          return;
        }
      }
      if (next == steps.size()) {
        end(ReceivedRequest.Outcome.PLAYED);
        return;
      }
      play(steps.get(next++));
    }
  }

  private void play(Step step) {
    switch (step) {
      case Step.Head(byte[] before, byte[] after) -> {
        byte[] id = (number + "\r\nrequest-id: req_" + number).getBytes(StandardCharsets.US_ASCII);
        write(Unpooled.wrappedBuffer(before, id, after));
        isHeadOut = true;
      }
      case Step.Write(byte[] wire, int produced) -> {
        output = produced;
        if (wire.length > 0) {
          if (isHeadOut && !isBegun) {
            isBegun = true;
            onBegun.run();
          }
          write(Unpooled.wrappedBuffer(wire));
        }
      }
      case Step.Repeat(byte[] wire, int times) -> {
        if (repeated++ < times) {
          write(Unpooled.wrappedBuffer(wire));
          next--;
        } else {
          repeated = 0;
        }
      }
      case Step.Flush() -> context.flush();
      case Step.Yield() -> {
        context.flush();
        isWaiting = true;
        context.executor().execute(wakeUp());
      }
      case Step.Wait(long nanos) -> {
        context.flush();
        isWaiting = true;
        var _ = context.executor().schedule(wakeUp(), nanos, TimeUnit.NANOSECONDS);
      }
      case Step.Settle() -> settle();
      case Step.Reset() -> {
        // RST instead of FIN: unsent bytes are thrown away, as when a process dies.
        context.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        end(ReceivedRequest.Outcome.BROKEN);
        var _ = context.close();
      }
      case Step.Close() -> {
        end(ReceivedRequest.Outcome.PLAYED);
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      }
      case Step.Hang() -> isWaiting = true;
    }
  }

  /** Failures reach the connection's exceptionCaught. */
  private void write(ByteBuf bytes) {
    var _ = context.write(bytes, context.voidPromise());
  }

  private Runnable wakeUp() {
    Runnable wake = wakeUp;
    if (wake == null) {
      wake =
          () -> {
            isWaiting = false;
            run();
          };
      wakeUp = wake;
    }
    return wake;
  }

  private void settle() {
    if (!isSettled) {
      isSettled = true;
      onSettle.accept(this);
    }
  }

  private void end(ReceivedRequest.Outcome outcome) {
    isOver = true;
    settle();
    onEnd.accept(outcome);
  }
}
