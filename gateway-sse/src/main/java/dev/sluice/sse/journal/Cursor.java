package dev.sluice.sse.journal;

import dev.sluice.sse.codec.SseWriter;
import dev.sluice.sse.keepalive.KeepAlive;
import dev.sluice.sse.keepalive.KeepAliveForm;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One client's reading of a journal: what was sent to it, its pace, and its keep-alive clock.
 * Confined to the exchange's loop.
 *
 * <p><b>Silence.</b> Every byte that is written restarts the clock, by a timestamp alone. When the
 * time drawn for this silence is over, and nothing came, a keep-alive is written and flushed. The
 * silence that a sink sees is therefore at most {@code interval × (1 + jitter)} plus one tick of
 * the wheel, plus what the loop is late. A keep-alive that cannot be written when it is due, since
 * the client takes nothing or is inside a long event, is caught up with as soon as it can be.
 *
 * <p><b>Pace.</b> A cursor queues nothing. What is written goes to the sink; if the sink is not
 * writable when a batch has been flushed, the provider is paused until it is.
 */
public final class Cursor {

  private static final int BOM_BYTES = 3;

  // Given.
  private final Journal journal;
  private final JournalOwner owner;
  private final SilenceWheel wheel;
  private final RandomGenerator jitter;
  private final CursorSink sink;
  private final KeepAlive keepAlive;
  private final KeepAliveForm form;
  private final @Nullable JournalHead earlyHead;
  private final SilenceWheel.Entry clock = new Clock();

  // What was sent.
  private boolean isCommitted;
  private boolean isCommittedEarly;
  private boolean isUnflushed;
  private long bytesWritten;
  private long keepAlives;

  // The silence: when it began, how long it may last, and whether it has lasted longer already.
  private long lastWriteNanos;
  private long patienceNanos;
  private long longestSilenceNanos;
  private boolean isOverdue;

  private boolean isPaused;
  private boolean isOver;
  private boolean isEnded;
  private long overNanos;

  Cursor(
      Journal journal,
      JournalOwner owner,
      SilenceWheel wheel,
      RandomGenerator jitter,
      CursorSink sink,
      KeepAlive keepAlive,
      KeepAliveForm form,
      @Nullable JournalHead earlyHead,
      long nowNanos) {
    this.journal = journal;
    this.owner = owner;
    this.wheel = wheel;
    this.jitter = jitter;
    this.sink = sink;
    this.keepAlive = keepAlive;
    this.form = form;
    this.earlyHead = earlyHead;
    this.lastWriteNanos = nowNanos;
  }

  /**
   * The client has gone: nothing more is written, and the provider is read on for whoever else
   * wants to know. Harmless when repeated or late.
   */
  public void detach() {
    if (isOver) {
      return;
    }
    leave(wheel.nanoTime());
    journal.detached(this);
    if (isPaused) {
      isPaused = false;
      owner.resume();
    }
  }

  /** The sink's writability may have changed. Called by the sink's owner, on the loop. */
  public void writabilityChanged() {
    if (isOver || !sink.isWritable()) {
      return;
    }
    if (isOverdue) {
      isOverdue = false;
      wheel.watch(clock, lastWriteNanos);
    }
    if (isPaused) {
      isPaused = false;
      owner.resume();
    }
  }

  /** Whether a head was written to this client: from then on its status is what it is. */
  public boolean isCommitted() {
    return isCommitted;
  }

  /** Whether the answer has ended while this client was attached. */
  public boolean isEnded() {
    return isEnded;
  }

  /** Body bytes written to the client, keep-alives and notices included. */
  public long bytesWritten() {
    return bytesWritten;
  }

  /** Comments, native events or white space written into silences. */
  public long keepAlives() {
    return keepAlives;
  }

  /** Longest time without a write, once a head was written; the present silence included. */
  public long longestSilenceNanos() {
    return isCommitted ? Math.max(longestSilenceNanos, silenceNanos()) : 0;
  }

  /**
   * Age of the last write, or of the attaching where nothing was written; it grows no more once the
   * answer has ended or the client has gone.
   */
  public long silenceNanos() {
    return (isOver ? overNanos : wheel.nanoTime()) - lastWriteNanos;
  }

  // For the journal.

  @Nullable JournalHead earlyHead() {
    return earlyHead;
  }

  /** The clock starts; before the provider's head it only runs towards the early one. */
  void start() {
    if (mayCommitEarly()) {
      wheel.watch(clock, lastWriteNanos + keepAlive.firstByteAfter().toNanos());
    }
  }

  void begin(JournalHead head, long nowNanos) {
    if (isCommitted) {
      JournalHead early = earlyHead;
      assert early != null && early.form() == head.form() && head.status() == early.status()
          : "a head that differs from the one sent early: " + head.status() + " " + head.form();
    } else {
      commit(head, nowNanos);
    }
    watchSilence(head.form());
  }

  /**
   * Body bytes. Ownership passes.
   *
   * @param beginWithBom whether these are the first of a stream that begins with a byte order mark
   */
  void write(ByteBuf bytes, boolean beginWithBom, long nowNanos) {
    if (isOver) {
      bytes.release();
      return;
    }
    if (beginWithBom && bytesWritten > 0 && bytes.readableBytes() >= BOM_BYTES) {
      bytes.skipBytes(BOM_BYTES);
    }
    wrote(nowNanos);
    bytesWritten += bytes.readableBytes();
    if (isOverdue) {
      isOverdue = false;
      wheel.watch(clock, nowNanos + patienceNanos);
    }
    sink.writeBody(bytes);
  }

  void flush() {
    if (isUnflushed && !isOver) {
      isUnflushed = false;
      sink.flush();
    }
    if (!isOver && isCommitted && !isPaused && !sink.isWritable()) {
      isPaused = true;
      owner.pause();
    }
  }

  void end(Ending ending, long nowNanos) {
    if (isOver) {
      return;
    }
    isEnded = true;
    leave(nowNanos);
    if (isCommitted) {
      sink.end(ending);
    }
  }

  private void leave(long nowNanos) {
    if (isCommitted) {
      longestSilenceNanos = Math.max(longestSilenceNanos, nowNanos - lastWriteNanos);
    }
    isOver = true;
    overNanos = nowNanos;
    wheel.forget(clock);
  }

  private void commit(JournalHead head, long nowNanos) {
    isCommitted = true;
    lastWriteNanos = nowNanos;
    isUnflushed = true;
    sink.writeHead(head);
  }

  private void wrote(long nowNanos) {
    longestSilenceNanos = Math.max(longestSilenceNanos, nowNanos - lastWriteNanos);
    lastWriteNanos = nowNanos;
    isUnflushed = true;
  }

  // Keep-alive.

  private boolean mayCommitEarly() {
    JournalHead early = earlyHead;
    return keepAlive.enabled()
        && early != null
        && (early.form() == JournalHead.Form.EVENTS
            || (early.form() == JournalHead.Form.JSON && keepAlive.jsonWhitespace()));
  }

  /** From the head on, the clock runs wherever something may be put into the body. */
  private void watchSilence(JournalHead.Form bodyForm) {
    boolean mayFill =
        keepAlive.enabled()
            && switch (bodyForm) {
              case EVENTS -> true;
              // Only a head that was sent early has left open how long the body will be.
              case JSON -> isCommittedEarly;
              case OPAQUE -> false;
            };
    isOverdue = false;
    if (mayFill && !isOver) {
      patienceNanos = drawPatience();
      wheel.watch(clock, lastWriteNanos + patienceNanos);
    } else {
      wheel.forget(clock);
    }
  }

  private long onDeadline(long nowNanos) {
    JournalHead early = earlyHead;
    if (!isCommitted && early != null) {
      if (!sink.isWritable()) {
        isOverdue = true;
        return SilenceWheel.NEVER;
      }
      isCommittedEarly = true;
      commit(early, nowNanos);
    } else {
      long due = lastWriteNanos + patienceNanos;
      if (nowNanos < due) {
        return due;
      }
      if (!sink.isWritable() || !journal.atBoundary() || journal.isEnding()) {
        isOverdue = true;
        return SilenceWheel.NEVER;
      }
    }
    if (!isOver) {
      writeKeepAlive(nowNanos);
    }
    if (isOver) {
      return SilenceWheel.NEVER;
    }
    patienceNanos = drawPatience();
    return nowNanos + patienceNanos;
  }

  private void writeKeepAlive(long nowNanos) {
    ByteBuf bytes = keepAliveBytes();
    keepAlives++;
    wrote(nowNanos);
    bytesWritten += bytes.readableBytes();
    sink.writeBody(bytes);
    flush();
  }

  private ByteBuf keepAliveBytes() {
    if (isJson()) {
      return SseWriter.whiteSpace();
    }
    byte[] nativeEvent = form.nativeEvent();
    if (keepAlive.style() == KeepAlive.Style.NATIVE && nativeEvent != null) {
      return Unpooled.wrappedBuffer(nativeEvent);
    }
    return form.bareCommentAfterId() && journal.hasId()
        ? SseWriter.bareComment()
        : SseWriter.comment();
  }

  private boolean isJson() {
    JournalHead early = earlyHead;
    return isCommittedEarly && early != null && early.form() == JournalHead.Form.JSON;
  }

  private long drawPatience() {
    long interval = keepAlive.interval().toNanos();
    long spread = interval / 100 * keepAlive.jitterPercent();
    return interval - spread + jitter.nextLong(2 * spread + 1);
  }

  /** Kept apart, so that nobody else can put a cursor into a wheel. */
  private final class Clock extends SilenceWheel.Entry {
    @Override
    protected long onDeadline(long nowNanos) {
      return Cursor.this.onDeadline(nowNanos);
    }
  }
}
