package dev.sluice.sse.journal;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A client on one loop, as a journal on another sees it: the only crossing between loops that bytes
 * take. What a cursor writes is handed over in batches, in order, one at each flush; what the
 * client's loop has passed to its connection is acknowledged. While more than {@link
 * #IN_FLIGHT_MAX} bytes are on their way, or the client takes nothing, the sink is not writable.
 *
 * <p>{@link CursorSink}'s methods and {@link #readBy} belong to the journal's loop; {@link
 * #clientWritable} to the client's.
 */
public final class LoopBridge implements CursorSink {

  /** Bytes handed over and not yet written to the connection. */
  static final int IN_FLIGHT_MAX = 64 * 1024;

  private final CursorSink client;
  private final EventExecutor clientLoop;
  private final EventExecutor journalLoop;

  // Of the journal's loop.
  private List<Object> batch = new ArrayList<>(4);
  private long batchBytes;
  private long inFlightBytes;
  private boolean takes = true;
  private boolean isClientGone;
  private @Nullable Cursor cursor;

  /**
   * @param client written to on its own loop only
   */
  public LoopBridge(CursorSink client, EventExecutor clientLoop, EventExecutor journalLoop) {
    this.client = client;
    this.clientLoop = clientLoop;
    this.journalLoop = journalLoop;
  }

  /** Which cursor is told when the client takes something again. */
  public void readBy(Cursor reader) {
    cursor = reader;
    if (isClientGone) {
      reader.detach();
    }
  }

  @Override
  public void writeHead(JournalHead head) {
    batch.add(head);
  }

  @Override
  public void writeBody(ByteBuf bytes) {
    batch.add(bytes);
    batchBytes += bytes.readableBytes();
    inFlightBytes += bytes.readableBytes();
  }

  @Override
  public void flush() {
    if (!batch.isEmpty()) {
      handOver(null);
    }
  }

  @Override
  public boolean isWritable() {
    return takes && inFlightBytes < IN_FLIGHT_MAX;
  }

  @Override
  public void end(Ending ending) {
    handOver(ending);
  }

  @Override
  public void detached() {
    batch.forEach(ReferenceCountUtil::release);
    batch.clear();
  }

  private void handOver(@Nullable Ending ending) {
    assert journalLoop.inEventLoop() : "not on the journal's loop";
    List<Object> full = batch;
    long bytes = batchBytes;
    batch = new ArrayList<>(4);
    batchBytes = 0;
    try {
      clientLoop.execute(() -> write(full, bytes, ending));
    } catch (RejectedExecutionException closed) {
      // The client's loop has ended, and its connections with it.
      full.forEach(ReferenceCountUtil::release);
      takes = false;
      isClientGone = true;
      Cursor reader = cursor;
      if (reader != null) {
        reader.detach();
      }
    }
  }

  private void write(List<Object> full, long bytes, @Nullable Ending ending) {
    int next = 0;
    try {
      while (next < full.size()) {
        Object part = full.get(next++);
        if (part instanceof JournalHead head) {
          client.writeHead(head);
        } else {
          client.writeBody((ByteBuf) part);
        }
      }
    } finally {
      full.subList(next, full.size()).forEach(ReferenceCountUtil::release);
    }
    if (ending != null) {
      client.end(ending);
      return;
    }
    client.flush();
    report(bytes);
  }

  /** The client's writability may have changed. On the client's loop. */
  public void clientWritable() {
    report(0);
  }

  private void report(long written) {
    boolean isWritable = client.isWritable();
    try {
      journalLoop.execute(
          () -> {
            inFlightBytes -= written;
            takes = isWritable;
            Cursor reader = cursor;
            if (reader != null) {
              reader.writabilityChanged();
            }
          });
    } catch (RejectedExecutionException closed) {
      // The journal's loop has ended, and this call with it: the connection closes on its own.
      assert closed != null;
    }
  }
}
