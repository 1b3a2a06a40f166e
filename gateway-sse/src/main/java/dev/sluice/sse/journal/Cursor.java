package dev.sluice.sse.journal;

import dev.sluice.sse.codec.EventNumberer;
import dev.sluice.sse.codec.SseWriter;
import dev.sluice.sse.keepalive.KeepAlive;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One client's reading of a journal: how far it is, what was sent to it, its pace, and its
 * keep-alive clock. Confined to the exchange's loop; what it writes to may belong to another,
 * behind a {@link LoopBridge}.
 *
 * <p><b>Position.</b> A cursor is either up with the journal, and is then handed what comes, or it
 * is behind: because it joined late, or because it is slower than another reader. One that is
 * behind fetches what is held, as long as its sink takes it, until it is up again. It queues
 * nothing of its own.
 *
 * <p><b>Silence.</b> Every byte that is written restarts the clock, by a timestamp alone. When the
 * time drawn for this silence is over, and nothing came, a keep-alive is written and flushed. The
 * silence that a sink sees is therefore at most {@code interval × (1 + jitter)} plus one tick of
 * the wheel, plus what the loop is late. A keep-alive that cannot be written when it is due, since
 * the client takes nothing or is inside a long event, is caught up with as soon as it can be.
 *
 * <p><b>Misled.</b> A client whose {@code 200} was sent early, and whose provider then answered
 * something else, cannot be shown that answer. It gets nothing more of the body, and is told at the
 * end, in the form of the body that it was promised.
 */
public final class Cursor {

  private static final int BOM_BYTES = 3;

  /** What is fetched at a time of what is held. */
  private static final int FETCH_BYTES = 16 * 1024;

  // Given.
  private final Journal journal;
  private final SilenceWheel wheel;
  private final RandomGenerator jitter;
  private final CursorSink sink;
  private final Reading reading;
  private final KeepAlive keepAlive;
  private @Nullable EventNumberer numberer;
  private final SilenceWheel.Entry clock = new Clock();

  // How far it is.
  private long position;
  private boolean isFetching;

  // What was sent.
  private boolean isCommitted;
  private boolean isCommittedEarly;
  private boolean isMisled;
  private boolean isUnflushed;
  private long bytesWritten;
  private long keepAlives;

  // The silence: when it began, how long it may last, and whether it has lasted longer already.
  private long lastWriteNanos;
  private long patienceNanos;
  private long longestSilenceNanos;
  private boolean isOverdue;

  private boolean isBlocked;
  private boolean isOver;
  private boolean isEnded;
  private long overNanos;

  Cursor(
      Journal journal,
      SilenceWheel wheel,
      RandomGenerator jitter,
      CursorSink sink,
      Reading reading,
      long nowNanos) {
    this.journal = journal;
    this.wheel = wheel;
    this.jitter = jitter;
    this.sink = sink;
    this.reading = reading;
    this.keepAlive = reading.keepAlive();
    this.numberer =
        reading.isNumbered() || reading.afterEvent() > 0
            ? new EventNumberer(reading.afterEvent(), reading.isNumbered())
            : null;
    this.lastWriteNanos = nowNanos;
  }

  /**
   * The client has gone: nothing more is written, and the provider is read on for whoever else
   * wants to know. Harmless when repeated or late.
   */
  public void detach() {
    if (!isOver) {
      leave(wheel.nanoTime());
      sink.detached();
      journal.detached(this);
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
    if (isBlocked) {
      isBlocked = false;
      if (isBehind()) {
        fetch();
      }
      journal.paceChanged();
    }
  }

  /** Whether a head was written to this client: from then on its status is what it is. */
  public boolean isCommitted() {
    return isCommitted;
  }

  /** Whether the head that was written to this client is another than the answer's. */
  public boolean isMisled() {
    return isMisled;
  }

  /** Whether the answer has ended while this client was attached, and it got all of it. */
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

  JournalHead.@Nullable Form earlyForm() {
    JournalHead early = reading.earlyHead();
    return early == null ? null : early.form();
  }

  /** Position in the answer of the next byte that this client needs. */
  long position() {
    return position;
  }

  boolean isBehind() {
    return !isMisled && position < journal.length();
  }

  /** Whether it wants more, and its sink did not take what was last written. */
  boolean isBlocked() {
    return isBlocked && !isMisled;
  }

  /** Whether nothing more is written: it was sent the end, or has gone. */
  boolean isOver() {
    return isOver;
  }

  /** The clock starts; before the provider's head it only runs towards the early one. */
  void start() {
    if (mayCommitEarly()) {
      wheel.watch(clock, lastWriteNanos + keepAlive.firstByteAfter().toNanos());
    }
  }

  void begin(JournalHead head, long nowNanos) {
    if (isOver) {
      return; // it went when another was sent this head
    }
    if (head.form() != JournalHead.Form.EVENTS) {
      numberer = null;
    }
    JournalHead early = reading.earlyHead();
    if (isCommitted) {
      isMisled = early == null || head.status() != early.status() || head.form() != early.form();
    } else {
      commit(numberer == null ? head : head.withoutLength(), nowNanos);
    }
    watchSilence(isMisled && early != null ? early.form() : head.form());
  }

  /**
   * Body bytes that have just come, if this client has all before them. Ownership passes.
   *
   * @param at position in the answer of the first of them
   */
  void write(ByteBuf bytes, long at, long nowNanos) {
    if (isOver || isMisled || position != at || (isBlocked && journal.isHolding())) {
      bytes.release();
      return;
    }
    writeNext(bytes, nowNanos);
  }

  private void writeNext(ByteBuf bytes, long nowNanos) {
    boolean isFirst = position == 0;
    position += bytes.readableBytes();
    EventNumberer own = numberer;
    ByteBuf out = own == null ? bytes : own.number(bytes);
    if (isFirst
        && bytesWritten > 0
        && reading.afterEvent() == 0
        && journal.beginsWithBom()
        && out.readableBytes() >= BOM_BYTES) {
      out.skipBytes(BOM_BYTES);
    }
    boolean isSomething = out.isReadable();
    if (isSomething) {
      wrote(nowNanos);
      bytesWritten += out.readableBytes();
    }
    if (isOverdue) {
      isOverdue = false;
      wheel.watch(clock, lastWriteNanos + patienceNanos);
    }
    if (isSomething) {
      sink.writeBody(out);
    } else {
      out.release();
    }
  }

  /** Something of the dialect's own, behind everything that came. */
  void tell(byte[] notice, long nowNanos) {
    if (!isOver && isCommitted) {
      wrote(nowNanos);
      bytesWritten += notice.length;
      sink.writeBody(Unpooled.wrappedBuffer(notice));
    }
  }

  void flush() {
    if (isUnflushed && !isOver) {
      isUnflushed = false;
      sink.flush();
    }
    if (!isOver && isCommitted && !sink.isWritable()) {
      isBlocked = true;
    }
  }

  /** Fetches what is held, until the sink takes no more or this client is up with the journal. */
  void fetch() {
    if (isFetching) {
      return; // a sink that becomes writable from within a flush
    }
    isFetching = true;
    try {
      while (!isOver && isBehind() && !isBlocked) {
        if (!sink.isWritable()) {
          flush();
          continue;
        }
        writeNext(journal.held(position, FETCH_BYTES), wheel.nanoTime());
      }
      flush();
    } finally {
      isFetching = false;
    }
    if (!isOver && !isBehind()) {
      journal.caughtUp(this);
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
    sink.writeHead(head.plus(reading.ownFields()));
  }

  private void wrote(long nowNanos) {
    longestSilenceNanos = Math.max(longestSilenceNanos, nowNanos - lastWriteNanos);
    lastWriteNanos = nowNanos;
    isUnflushed = true;
  }

  // Keep-alive.

  private boolean mayCommitEarly() {
    JournalHead early = reading.earlyHead();
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
    JournalHead early = reading.earlyHead();
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
      if (!sink.isWritable() || !atBoundary() || journal.isEnding()) {
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

  /** Where something may be put in: this client has only whole events, and all that came. */
  private boolean atBoundary() {
    return isMisled || (!isBehind() && journal.atBoundary());
  }

  private void writeKeepAlive(long nowNanos) {
    ByteBuf bytes = keepAliveBytes();
    keepAlives++;
    wrote(nowNanos);
    bytesWritten += bytes.readableBytes();
    sink.writeBody(bytes);
    flush();
    journal.paceChanged();
  }

  private ByteBuf keepAliveBytes() {
    if (isJson()) {
      return SseWriter.whiteSpace();
    }
    byte[] nativeEvent = reading.form().nativeEvent();
    if (keepAlive.style() == KeepAlive.Style.NATIVE && nativeEvent != null) {
      return Unpooled.wrappedBuffer(nativeEvent);
    }
    return reading.form().bareCommentAfterId() && (reading.isNumbered() || journal.hasId())
        ? SseWriter.bareComment()
        : SseWriter.comment();
  }

  private boolean isJson() {
    return isCommittedEarly && earlyForm() == JournalHead.Form.JSON;
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
