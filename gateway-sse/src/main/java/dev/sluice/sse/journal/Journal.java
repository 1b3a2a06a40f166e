package dev.sluice.sse.journal;

import dev.sluice.sse.codec.SseScanner;
import dev.sluice.sse.journal.JournalObserver.Verdict;
import dev.sluice.sse.keepalive.KeepAlive;
import dev.sluice.sse.keepalive.KeepAliveForm;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The append-only answer of one paid call: head, then events or bytes, then an ending. Confined to
 * the exchange's loop.
 *
 * <p><b>The picture.</b> The provider's bytes go in at one side; at the other side stands a {@link
 * Cursor}, which is one client's view of them; an observer sees every event on the way, whether or
 * not a client is still there. The journal decides what is part of the answer and where an event
 * ends. The cursor decides when a silence is filled, and owns everything that concerns one client.
 *
 * <p><b>Invariants.</b>
 *
 * <ul>
 *   <li>What a cursor's sink gets are the provider's bytes, in order and unchanged, without exactly
 *       those blocks that the observer swallowed. (One exception: a byte order mark that is no
 *       longer at the beginning, because a comment was sent before it, is left out. There it would
 *       spoil the name of the first field.)
 *   <li>Of an event stream only complete blocks are passed on, so a client is always between two
 *       events, and a comment or an error can be put there at any time, however slowly an event
 *       trickles in. What is held back of an incomplete block is at most {@link #EVENT_HELD_MAX}; a
 *       longer block is passed on in pieces as it comes, and until it ends nothing is put in.
 *   <li>A body that broke off is never ended as if it were whole.
 *   <li>Nothing is queued: all that is decided goes to the sink at once, and a sink that does not
 *       keep up pauses the provider at the end of the read batch.
 * </ul>
 *
 * <p><b>Cost.</b> A buffer of whole events is passed on itself: no slice, no copy, one look at its
 * bytes. Where it ends in the middle of an event, that rest is copied into a small buffer of the
 * journal, and again when the next piece completes it. Keeping a slice of the rest instead was
 * considered: nearly every rest is completed by another buffer, so that it would have to be copied
 * then, to be shown as one piece; and a stream that stalls inside an event would pin a whole
 * receive buffer.
 *
 * <p><b>The last event.</b> After the dialect's end marker the block and everything behind it is
 * held until the provider ends the body, but not longer than {@link #LAST_HELD_NANOS}, so that the
 * marker and the end of the body leave in one write. Clients that see {@code [DONE]} without the
 * last chunk throw the connection away: ten streams of openai-node 7 used ten connections when the
 * two were 2 ms apart, and one or two when they came together.
 */
public final class Journal {

  /** Longest incomplete block that is held back, in bytes. */
  public static final int EVENT_HELD_MAX = 64 * 1024;

  /** How long the last event waits for the provider's end of the body. */
  public static final long LAST_HELD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final int HELD_MIN = 512; // most events fit, and grow into nothing larger
  private static final int LAST_HELD_MAX = 2 * EVENT_HELD_MAX;
  private static final int LAST_HELD_BUFFERS_MAX = 64;

  private final JournalOwner owner;
  private final JournalObserver observer;
  private final SilenceWheel wheel;
  private final RandomGenerator jitter;

  private final SseScanner scanner = new SseScanner();

  private @Nullable Cursor cursor;
  private @Nullable JournalHead head;
  private boolean isEnded;
  private boolean isEndedByMarker;
  private boolean isClosed;

  // What was passed on; the body has begun also where its beginning was swallowed.
  private boolean hasBody;
  private boolean hasId;
  private long eventsPassed;
  private long lastActivityNanos;

  // The block in progress: its bytes so far, or that it is too long to be held.
  private @Nullable ByteBuf held;
  private boolean isInLongEvent;
  private Verdict verdict = Verdict.PASS;

  // From the last event on: everything, in order.
  private @Nullable ArrayDeque<ByteBuf> last;
  private int lastBytes;
  private SilenceWheel.@Nullable Entry lastTimer;

  /**
   * @param observer sees everything, before it is passed on
   * @param wheel of the loop to which this journal is confined
   * @param jitter spreads keep-alives; used on the loop only
   */
  public Journal(
      JournalOwner owner, JournalObserver observer, SilenceWheel wheel, RandomGenerator jitter) {
    this.owner = owner;
    this.observer = observer;
    this.wheel = wheel;
    this.jitter = jitter;
    this.lastActivityNanos = wheel.nanoTime();
  }

  /**
   * Gives a client a cursor, before the first body byte. From now on its silence is watched.
   *
   * @param earlyHead what is sent if the provider's head has not come after {@link
   *     KeepAlive#firstByteAfter}, of form {@code EVENTS}, or {@code JSON}, which is only used with
   *     {@link KeepAlive#jsonWhitespace}; null: nothing is sent early
   * @throws IllegalStateException if another client is attached, or the body has begun
   */
  public Cursor attach(
      CursorSink sink, KeepAlive keepAlive, KeepAliveForm form, @Nullable JournalHead earlyHead) {
    if (cursor != null || hasBody || isEnded || isClosed) {
      throw new IllegalStateException(
          "no cursor can be attached now: attached=%s bodyBegun=%s ended=%s; attach one, before the body"
              .formatted(cursor != null, hasBody, isEnded || isClosed));
    }
    Cursor attached =
        new Cursor(this, owner, wheel, jitter, sink, keepAlive, form, earlyHead, wheel.nanoTime());
    cursor = attached;
    attached.start();
    JournalHead begun = head;
    if (begun != null) {
      attached.begin(begun, wheel.nanoTime());
    }
    return attached;
  }

  /**
   * The provider's head, once. Where a cursor has sent its early head, this one must be of the same
   * form with status 200, and is not sent again; what else a provider may answer then has been
   * turned into an ending by the caller.
   */
  public void begin(JournalHead head) {
    assert this.head == null && !isEnded : "begun twice, or after the end";
    if (isEnded) {
      return;
    }
    this.head = head;
    long now = wheel.nanoTime();
    lastActivityNanos = now;
    Cursor reader = cursor;
    if (reader != null) {
      reader.begin(head, now);
    }
  }

  /**
   * The provider's bytes, in order. Ownership passes. After the end they are released and ignored.
   */
  public void append(ByteBuf bytes) {
    JournalHead begun = head;
    assert begun != null || isEnded || isClosed : "bytes before the head";
    if (isEnded || isClosed || begun == null || !bytes.isReadable()) {
      bytes.release();
      return;
    }
    if (last != null) {
      keepLast(bytes);
      return;
    }
    long now = wheel.nanoTime();
    if (begun.form() == JournalHead.Form.EVENTS) {
      appendEvents(bytes, now);
    } else {
      appendBytes(bytes, now);
    }
  }

  /** The provider's read batch is over: one flush, if something was written; then the pace. */
  public void flush() {
    Cursor reader = cursor;
    if (reader != null) {
      reader.flush();
    }
  }

  /**
   * No more will come. Once. A cursor to which no head was sent is left alone: nothing stands on
   * the wire yet, so whoever attached it still can, and must, answer in full.
   *
   * <p>An answer whose last event was seen is whole, whatever is said here. A {@link Ending.Failed}
   * whose notice cannot be told, because the client is inside a long event or the body is no event
   * stream, becomes a {@link Ending.Cut}: ended cleanly, it would pass for a whole answer.
   */
  public void end(Ending ending) {
    if (isEnded) {
      assert isEndedByMarker : "ended twice";
      return;
    }
    if (isClosed) {
      return;
    }
    long now = wheel.nanoTime();
    if (last != null) {
      passLast(now);
      finish(new Ending.Complete(), now);
      return;
    }
    finish(
        switch (ending) {
          case Ending.Complete complete -> {
            passRest(now, true);
            yield complete;
          }
          case Ending.Failed(String code, byte[] notice) -> {
            passRest(now, false);
            yield tell(notice, now) ? ending : new Ending.Cut(code, null);
          }
          case Ending.Cut(String code, byte @Nullable [] notice) -> {
            passRest(now, false);
            if (notice != null) {
              var _ = tell(notice, now);
            }
            yield ending;
          }
        },
        now);
  }

  /** Whether the provider's head has come. */
  public boolean isBegun() {
    return head != null;
  }

  /** Whether the answer has ended, by {@link #end} or by its own end marker. */
  public boolean isEnded() {
    return isEnded;
  }

  /** Whether the answer's own last event has been seen: it is whole, however its body ends. */
  public boolean isWhole() {
    return last != null || isEndedByMarker;
  }

  /**
   * When the provider last said something, in the wheel's nanoseconds: its head, or body bytes that
   * were neither comments nor blank lines.
   */
  public long lastActivityNanos() {
    return lastActivityNanos;
  }

  /** How many events with data were passed on. */
  public long eventsPassed() {
    return eventsPassed;
  }

  /**
   * Whether something may be put in now: all that was passed on of an event stream were complete
   * blocks, or of a JSON text nothing yet.
   */
  public boolean atBoundary() {
    JournalHead begun = head;
    return switch (begun == null ? JournalHead.Form.EVENTS : begun.form()) {
      case EVENTS -> !isInLongEvent;
      case JSON -> !hasBody;
      case OPAQUE -> false;
    };
  }

  /**
   * Lets go of everything that is still held: buffers, deadlines, and the cursor, whose sink hears
   * nothing more. For journals that may not have ended; harmless when repeated.
   */
  public void close() {
    isClosed = true;
    dropHeld();
    dropLast();
    Cursor reader = cursor;
    if (reader != null) {
      reader.detach();
    }
  }

  // For the cursor.

  /** Whether an {@code id} line has been passed on. */
  boolean hasId() {
    return hasId;
  }

  /** Whether the end is near, and held back only to leave together with the last event. */
  boolean isEnding() {
    return last != null || isEnded;
  }

  void detached(Cursor gone) {
    if (cursor == gone) {
      cursor = null;
    }
  }

  // Bodies that are no event stream.

  private void appendBytes(ByteBuf bytes, long now) {
    boolean isPassed = false;
    try {
      lastActivityNanos = now;
      observer.onBytes(bytes);
      isPassed = true;
      pass(bytes, now);
    } finally {
      if (!isPassed) {
        bytes.release();
      }
    }
  }

  // Event streams.

  /**
   * Walks over the blocks of one buffer. {@code block} is where the block in progress begins in it,
   * {@code run} the first byte that is neither passed on nor held nor swallowed: what stands
   * between the two leaves in one piece.
   */
  private void appendEvents(ByteBuf bytes, long now) {
    boolean isMine = true;
    try {
      int run = bytes.readerIndex();
      int to = bytes.writerIndex();
      int block = run;
      long contentBefore = scanner.contentBytes();
      int end;
      while (isOpen() && (end = scanner.scan(bytes, block, to)) >= 0) {
        if (isInLongEvent || heldBytes() + end - block > EVENT_HELD_MAX) {
          passHeldPiece(now);
          observer.onLongEvent(bytes, block, end, true);
          isInLongEvent = false;
          verdict = Verdict.PASS;
          countPassed();
        } else if (held != null) {
          hold(bytes, block, end);
          judgeHeld(now);
          run = end;
        } else {
          if (!scanner.isRestOfLineEnd()) {
            verdict = observer.onEvent(bytes, block, end);
            countPassed();
          }
          if (verdict != Verdict.PASS) {
            passSlice(bytes, run, block, now);
            hasBody = true;
            run = verdict == Verdict.SWALLOW ? end : block;
          }
          if (verdict == Verdict.LAST && isOpen()) {
            startLast(now);
          }
        }
        block = end;
      }
      if (scanner.contentBytes() != contentBefore) {
        lastActivityNanos = now;
      }
      int passed = last != null ? to : holdTail(bytes, block, to, now);
      if (run < passed) {
        bytes.setIndex(run, passed);
        isMine = false;
        if (last != null) {
          keepLast(bytes);
        } else {
          pass(bytes, now);
        }
      }
    } finally {
      if (isMine) {
        bytes.release();
      }
    }
  }

  /**
   * Holds back the incomplete block at the end of a buffer, or decides that it is too long for
   * that.
   *
   * @return up to where the buffer is passed on
   */
  private int holdTail(ByteBuf bytes, int block, int to, long now) {
    if (block == to || !isOpen()) {
      return to;
    }
    if (!isInLongEvent) {
      if (heldBytes() + to - block <= EVENT_HELD_MAX) {
        hold(bytes, block, to);
        return block;
      }
      passHeldPiece(now);
      isInLongEvent = true;
    }
    observer.onLongEvent(bytes, block, to, false);
    return to;
  }

  /** False too where a sink's owner has ended or closed the journal from within a write. */
  private boolean isOpen() {
    return last == null && !isEnded && !isClosed;
  }

  private int heldBytes() {
    ByteBuf bytes = held;
    return bytes == null ? 0 : bytes.readableBytes();
  }

  private void hold(ByteBuf bytes, int from, int to) {
    ByteBuf whole = held;
    if (whole == null) {
      int length = to - from;
      whole =
          bytes
              .alloc()
              .buffer(Math.min(Math.max(HELD_MIN, 2 * length), EVENT_HELD_MAX), EVENT_HELD_MAX);
      held = whole;
    }
    whole.writeBytes(bytes, from, to - from);
  }

  /** The held block is complete. */
  private void judgeHeld(long now) {
    ByteBuf whole = held;
    if (whole == null) {
      return;
    }
    verdict = observer.onEvent(whole, whole.readerIndex(), whole.writerIndex());
    held = null;
    countPassed();
    switch (verdict) {
      case PASS -> pass(whole, now);
      case SWALLOW -> {
        hasBody = true;
        whole.release();
      }
      case LAST -> {
        startLast(now);
        keepLast(whole);
      }
    }
  }

  /** What was held turns out to be the beginning of a long block. */
  private void passHeldPiece(long now) {
    ByteBuf piece = held;
    if (piece != null) {
      observer.onLongEvent(piece, piece.readerIndex(), piece.writerIndex(), false);
      held = null;
      pass(piece, now);
    }
  }

  private void countPassed() {
    if (verdict != Verdict.SWALLOW) {
      hasId |= scanner.hasId();
      if (scanner.hasData()) {
        eventsPassed++;
      }
    }
  }

  private void passSlice(ByteBuf bytes, int from, int to, long now) {
    if (from < to) {
      pass(bytes.retainedSlice(from, to - from), now);
    }
  }

  /** Hands bytes to whoever reads. Ownership passes. */
  private void pass(ByteBuf bytes, long now) {
    Cursor reader = cursor;
    boolean isFirst = !hasBody;
    hasBody = true;
    if (reader == null) {
      bytes.release();
    } else {
      reader.write(bytes, isFirst && scanner.beganWithBom(), now);
    }
  }

  // The end.

  /**
   * The block in progress, when no more will come. It is dropped where the answer broke off: half
   * an event is nothing to a client. In a whole answer it is the client that decides what a last
   * block without its blank line is worth.
   */
  private void passRest(long now, boolean isWhole) {
    if (isWhole || scanner.isWholeButForLineFeed()) {
      judgeHeld(now);
      passLast(now);
    } else {
      dropHeld();
    }
  }

  /** Tells the client, if there is one, unless there is no place or no form for it. */
  private boolean tell(byte[] notice, long now) {
    Cursor reader = cursor;
    JournalHead begun = head != null || reader == null ? head : reader.earlyHead();
    if (isInLongEvent || (begun != null && begun.form() != JournalHead.Form.EVENTS)) {
      return false;
    }
    if (reader != null && reader.isCommitted()) {
      reader.write(Unpooled.wrappedBuffer(notice), false, now);
    }
    return true;
  }

  private void finish(Ending ending, long now) {
    isEnded = true;
    Cursor reader = cursor;
    cursor = null;
    if (reader != null) {
      reader.end(ending, now);
    }
  }

  private void startLast(long now) {
    last = new ArrayDeque<>(2);
    SilenceWheel.Entry timer =
        new SilenceWheel.Entry() {
          @Override
          protected long onDeadline(long nowNanos) {
            endByMarker();
            return SilenceWheel.NEVER;
          }
        };
    lastTimer = timer;
    wheel.watch(timer, now + LAST_HELD_NANOS);
  }

  private void keepLast(ByteBuf bytes) {
    ArrayDeque<ByteBuf> kept = last;
    if (kept == null) {
      bytes.release();
      return;
    }
    kept.add(bytes);
    lastBytes += bytes.readableBytes();
    if (lastBytes > LAST_HELD_MAX || kept.size() > LAST_HELD_BUFFERS_MAX) {
      endByMarker();
    }
  }

  private void endByMarker() {
    isEndedByMarker = true;
    long now = wheel.nanoTime();
    passLast(now);
    finish(new Ending.Complete(), now);
    owner.wholeByMarker();
  }

  private void passLast(long now) {
    ArrayDeque<ByteBuf> kept = takeLast();
    if (kept != null) {
      for (ByteBuf bytes = kept.poll(); bytes != null; bytes = kept.poll()) {
        pass(bytes, now);
      }
    }
  }

  private @Nullable ArrayDeque<ByteBuf> takeLast() {
    ArrayDeque<ByteBuf> kept = last;
    last = null;
    SilenceWheel.Entry timer = lastTimer;
    if (timer != null) {
      wheel.forget(timer);
      lastTimer = null;
    }
    return kept;
  }

  private void dropHeld() {
    ByteBuf bytes = held;
    held = null;
    if (bytes != null) {
      bytes.release();
    }
  }

  private void dropLast() {
    ArrayDeque<ByteBuf> kept = takeLast();
    if (kept != null) {
      for (ByteBuf bytes = kept.poll(); bytes != null; bytes = kept.poll()) {
        bytes.release();
      }
    }
  }
}
