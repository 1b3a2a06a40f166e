package dev.sluice.core.flow;

import dev.sluice.core.identity.IndexedCall;
import dev.sluice.sse.journal.Cursor;
import dev.sluice.sse.journal.CursorSink;
import dev.sluice.sse.journal.LoopBridge;
import io.netty.util.concurrent.EventExecutor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client at a paid call: what it asked, and how its bytes get to it. Made on the client's loop;
 * from then on confined to the call's loop, but for the final fields.
 */
final class Seat {

  private final boolean isFirst;
  final Request request;
  final IndexedCall<PaidCall> entry;

  /** Between the two loops; null where they are one. */
  final @Nullable LoopBridge bridge;

  final CursorSink sink;

  /** {@code live, joined, adopted} or {@code replayed}; the words of {@code Sluice-Replay}. */
  String how;

  @Nullable Cursor cursor;
  boolean isOver;

  Seat(Request request, IndexedCall<PaidCall> entry, String how, EventExecutor clientLoop) {
    this.request = request;
    this.entry = entry;
    this.how = how;
    this.isFirst = how.equals(Audience.LIVE);
    this.bridge =
        entry.loop().inEventLoop() ? null : new LoopBridge(request.port, clientLoop, entry.loop());
    this.sink = bridge == null ? request.port : bridge;
  }

  /** Whether this client's request is the one that is paid for. Any loop. */
  boolean isFirst() {
    return isFirst;
  }

  /** On the client's loop. */
  void clientWritable() {
    if (bridge != null) {
      bridge.clientWritable();
    } else if (cursor != null) {
      cursor.writabilityChanged();
    }
  }

  /** Does something on the call's loop. */
  void onCall(Consumer<PaidCall> step) {
    Loops.on(
        entry.loop(),
        () -> {
          PaidCall paid = entry.held();
          if (paid != null) {
            step.accept(paid);
          }
        });
  }
}
