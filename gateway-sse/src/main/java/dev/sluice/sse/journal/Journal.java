package dev.sluice.sse.journal;

import static java.util.Objects.requireNonNull;

import dev.sluice.sse.codec.SseScanner;
import dev.sluice.sse.journal.JournalObserver.Verdict;
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
 * <p><b>The picture.</b> The provider's bytes go in at one side; at the other side stand {@link
 * Cursor}s, each one client's view of them; an observer sees every event on the way, whether or not
 * a client is still there. The journal decides what is part of the answer and where an event ends.
 * A cursor decides when a silence is filled, and owns everything that concerns one client.
 *
 * <p><b>What is held.</b> From its first byte on, an answer is copied into pages, so that a cursor
 * can begin late, also after the end. That ends when it grows past a bound, or somebody says so: it
 * is then no longer <em>resumable</em>, and stays so. Only what a reader that is behind another
 * still needs is held on; if even that grows past the bound, the provider is paused for the slow
 * one. Nothing is ever left out.
 *
 * <p><b>Invariants.</b>
 *
 * <ul>
 *   <li>What every cursor's sink gets are the provider's bytes, in order and unchanged, without
 *       exactly those blocks that the observer swallowed. (One exception: a byte order mark that is
 *       no longer at the beginning, because a comment was sent before it, is left out. There it
 *       would spoil the name of the first field.)
 *   <li>Of an event stream only complete blocks are passed on, so a client is always between two
 *       events, and a comment or an error can be put there at any time, however slowly an event
 *       trickles in. What is held back of an incomplete block is at most {@link #EVENT_HELD_MAX}; a
 *       longer block is passed on in pieces as it comes, and until it ends nothing is put in.
 *   <li>A body that broke off is never ended as if it were whole.
 *   <li>Nothing is queued for a client: all that is decided goes at once to those that are up with
 *       the journal. When no client takes anything, the provider is paused at the end of the read
 *       batch.
 * </ul>
 *
 * <p><b>Cost.</b> A buffer of whole events is passed on itself: no slice, no copy but the one that
 * is held, one look at its bytes. Where it ends in the middle of an event, that rest is copied into
 * a small buffer of the journal, and again when the next piece completes it. Keeping a slice of the
 * rest instead was considered: nearly every rest is completed by another buffer, so that it would
 * have to be copied then, to be shown as one piece; and a stream that stalls inside an event would
 * pin a whole receive buffer.
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
  private final @Nullable PageMemory memory;
  private final Readers readers;

  private final SseScanner scanner = new SseScanner();

  private @Nullable JournalHead head;
  private @Nullable Ending ending;
  private boolean isEnded;
  private boolean isEndedByMarker;
  private boolean isClosed;

  // What was passed on; the body has begun also where its beginning was swallowed.
  private boolean hasBody;
  private boolean beginsWithBom;
  private long length;
  private boolean hasId;
  private long eventsPassed;
  private long lastActivityNanos;

  // What is held of it: all from the first byte, or what those need who are behind, or nothing.
  private boolean isResumable;
  private boolean isOverfull;
  private @Nullable JournalPages pages;
  private boolean isPassing;

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
   * @param memory of the same loop, in which the answer is held; null: it is not held, and one
   *     client reads it
   */
  public Journal(
      JournalOwner owner,
      JournalObserver observer,
      SilenceWheel wheel,
      RandomGenerator jitter,
      @Nullable PageMemory memory) {
    this.owner = owner;
    this.observer = observer;
    this.wheel = wheel;
    this.jitter = jitter;
    this.memory = memory;
    this.readers = new Readers(owner);
    this.isResumable = memory != null;
    this.lastActivityNanos = wheel.nanoTime();
  }

  /**
   * Gives a client a cursor. Its silence is watched from now on, and what has come already is sent
   * to it, also where the answer has ended.
   *
   * @throws IllegalStateException if the answer is not held from its first byte, and its body has
   *     begun, or it has ended, or somebody reads it already
   */
  public Cursor attach(CursorSink sink, Reading reading) {
    if (isClosed || ((hasBody || isEnded || readers.size() > 0) && !isResumable)) {
      throw new IllegalStateException(
          "no cursor can be attached now: closed=%s bodyBegun=%s ended=%s; ask isResumable before"
              .formatted(isClosed, hasBody, isEnded));
    }
    Cursor attached = new Cursor(this, wheel, jitter, sink, reading, wheel.nanoTime());
    readers.add(attached);
    attached.start();
    JournalHead begun = head;
    if (begun != null) {
      attached.begin(begun, wheel.nanoTime());
      attached.fetch();
    }
    paceChanged();
    return attached;
  }

  /**
   * Whether an answer of this length will be held, as far as can be known; asked before the head is
   * made. If not, it is not held from now on.
   *
   * @param contentLength announced bytes of the body, or -1
   */
  public boolean mayHold(long contentLength) {
    PageMemory own = memory;
    if (own == null || !isResumable || contentLength > own.perCallMaxBytes() || !own.hasRoom()) {
      letGo();
    }
    return isResumable;
  }

  /**
   * Whether everything from the answer's first byte is held, so that a cursor can be attached at
   * any time.
   */
  public boolean isResumable() {
    return isResumable && !isClosed;
  }

  /**
   * No cursor will be attached any more: what is held is wiped, but for what those who still read
   * have yet to get. Harmless when repeated.
   */
  public void letGo() {
    isResumable = false;
    dropWhatIsRead();
  }

  /** Clients that are reading now. */
  public int readers() {
    return readers.size();
  }

  /** Whether some client was promised another head than the answer's. */
  public boolean hasMisled() {
    for (Cursor reader : readers.all()) {
      if (reader.isMisled()) {
        return true;
      }
    }
    return false;
  }

  /** Bytes of the body that have been passed on. */
  public long length() {
    return length;
  }

  /** The answer's head; null before it has come. */
  public @Nullable JournalHead head() {
    return head;
  }

  /**
   * The provider's head, once. A cursor that has sent an early head does not send this one; if they
   * differ in status or form it is misled: see {@link Cursor}.
   */
  public void begin(JournalHead head) {
    assert this.head == null && !isEnded : "begun twice, or after the end";
    if (isEnded) {
      return;
    }
    this.head = head;
    long now = wheel.nanoTime();
    lastActivityNanos = now;
    for (Cursor reader : readers.all()) {
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
    for (Cursor reader : readers.all()) {
      reader.flush();
    }
    paceChanged();
  }

  /** No more will come, and nobody was promised anything else. */
  public void end(Ending ending) {
    end(ending, ending);
  }

  /**
   * No more will come. Once. A cursor to which no head was sent is left alone: nothing stands on
   * the wire yet, so whoever attached it still can, and must, answer in full.
   *
   * <p>An answer whose last event was seen is whole, whatever is said here. A {@link Ending.Failed}
   * whose notice cannot be told, because the client is inside a long event or the body is no event
   * stream, becomes a {@link Ending.Cut}: ended cleanly, it would pass for a whole answer.
   *
   * @param forMisled how it ends for those who were promised another head
   */
  public void end(Ending ending, Ending forMisled) {
    if (isEnded) {
      assert isEndedByMarker || this.ending == null : "ended twice";
      return;
    }
    if (isClosed) {
      return;
    }
    isEnded = true; // whoever says so again, from within one of the last writes, is too late
    long now = wheel.nanoTime();
    if (last != null) {
      passLast(now);
      finish(new Ending.Complete(), forMisled, now);
      return;
    }
    passRest(now, ending instanceof Ending.Complete);
    finish(canBeTold() ? ending : withoutNotice(ending), forMisled, now);
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

  /** How many events with data were passed on; a last block without its blank line is none. */
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
   * Lets go of everything that is still held: buffers, deadlines, and the cursors, which are
   * detached. For journals that may not have ended; harmless when repeated.
   */
  public void close() {
    isClosed = true;
    dropHeld();
    dropLast();
    for (Cursor reader : readers.all()) {
      reader.detach();
    }
    letGo();
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

  /** Whether the first bytes that were passed on are a byte order mark. */
  boolean beginsWithBom() {
    return beginsWithBom;
  }

  /** Whether what a reader does not take now can be had later. */
  boolean isHolding() {
    return pages != null || isResumable;
  }

  /** A piece of what is held. Ownership passes. */
  ByteBuf held(long from, int max) {
    return requireNonNull(pages, "a reader that is behind has something to fetch").slice(from, max);
  }

  void detached(Cursor gone) {
    readers.remove(gone);
    paceChanged();
  }

  /** A reader has all that came. */
  void caughtUp(Cursor reader) {
    Ending known = ending;
    if (known != null) {
      finish(reader, known, wheel.nanoTime());
    }
    paceChanged();
  }

  /** What some reader takes has changed. */
  void paceChanged() {
    if (!isResumable && memory != null && !isClosed) {
      if (pages == null && !isEnded && readers.size() > 1 && readers.isAnyBlocked()) {
        pages = new JournalPages(memory, length);
      }
      dropWhatIsRead();
    }
    if (!isEnded) {
      readers.setPace(!isOverfull);
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
          endLongEvent();
        } else if (held != null) {
          hold(bytes, block, end);
          judgeHeld(now, true);
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
      if (run < passed && !isEnded && !isClosed) {
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

  /**
   * The held block is complete, or no more of it will come.
   *
   * @param isEvent whether it has its blank line, without which no client dispatches it
   */
  private void judgeHeld(long now, boolean isEvent) {
    ByteBuf whole = held;
    if (whole == null) {
      return;
    }
    verdict = observer.onEvent(whole, whole.readerIndex(), whole.writerIndex());
    held = null;
    if (isEvent) {
      countPassed();
    }
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
      isInLongEvent = true;
      pass(piece, now);
    }
  }

  private void endLongEvent() {
    isInLongEvent = false;
    verdict = Verdict.PASS;
    countPassed();
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
    long at = length;
    beginsWithBom |= !hasBody && scanner.beganWithBom();
    hasBody = true;
    hold(bytes);
    length += bytes.readableBytes();
    if (isPassing) {
      readers.write(bytes, at, now);
      return;
    }
    isPassing = true;
    try {
      readers.write(bytes, at, now);
    } finally {
      isPassing = false;
    }
    if (ending != null) {
      // Ended from within a write, when some were yet to get these bytes.
      for (Cursor reader : readers.all()) {
        reader.fetch();
      }
    }
  }

  // What is held.

  private void hold(ByteBuf bytes) {
    JournalPages kept = pages;
    if (kept == null) {
      PageMemory own = memory;
      // Passed from within a pass, bytes come too early for those who are yet to get the others.
      boolean isEarly = isPassing && readers.size() > 1;
      if (own == null || !(isResumable || isEarly)) {
        return;
      }
      kept = new JournalPages(own, length);
      pages = kept;
    }
    if (kept.append(bytes)) {
      return;
    }
    kept.truncate(length);
    isResumable = false;
    dropWhatIsRead();
    if (pages != null && !kept.append(bytes)) {
      kept.truncate(length);
      kept.appendRegardless(bytes);
      isOverfull = true;
    }
  }

  /** Of an answer that nobody can join any more, only what those need who are behind stays. */
  private void dropWhatIsRead() {
    JournalPages kept = pages;
    if (isResumable || kept == null) {
      return;
    }
    long needed = readers.slowest();
    if (needed == Long.MAX_VALUE) {
      kept.wipe();
      pages = null;
      isOverfull = false;
    } else {
      kept.dropBefore(needed);
      isOverfull = isOverfull && kept.isOverfull();
    }
  }

  // The end.

  /**
   * The block in progress, when no more will come. It is dropped where the answer broke off: half
   * an event is nothing to a client. In a whole answer it is the client that decides what a last
   * block without its blank line is worth.
   */
  private void passRest(long now, boolean isWhole) {
    boolean isEvent = scanner.isWholeButForLineFeed();
    if (isEvent && isInLongEvent) {
      observer.onLongEvent(Unpooled.EMPTY_BUFFER, 0, 0, true);
      endLongEvent();
    }
    if (isWhole || isEvent) {
      judgeHeld(now, isEvent);
      passLast(now);
    } else {
      dropHeld();
    }
  }

  /** Whether there is a place and a form for a notice at the end. */
  private boolean canBeTold() {
    JournalHead begun = head;
    return !isInLongEvent && (begun == null || begun.form() == JournalHead.Form.EVENTS);
  }

  /** How something ends that has no room for a reason. */
  private static Ending withoutNotice(Ending ending) {
    return switch (ending) {
      case Ending.Complete complete -> complete;
      case Ending.Failed(String code, byte[] _) -> new Ending.Cut(code, null);
      case Ending.Cut(String code, byte @Nullable [] _) -> new Ending.Cut(code, null);
    };
  }

  private void finish(Ending ending, Ending forMisled, long now) {
    this.ending = ending;
    isResumable &= head != null; // without a head there is nothing to be read
    for (Cursor reader : readers.all()) {
      if (reader.isMisled() || head == null) {
        boolean isEvents = reader.earlyForm() == JournalHead.Form.EVENTS;
        finish(reader, isEvents ? forMisled : withoutNotice(forMisled), now);
      } else if (!reader.isBehind()) {
        finish(reader, ending, now);
      }
    }
    dropWhatIsRead();
  }

  private void finish(Cursor reader, Ending ending, long now) {
    if (reader.isOver()) {
      return;
    }
    switch (ending) {
      case Ending.Complete _ -> {}
      case Ending.Failed(String _, byte[] notice) -> reader.tell(notice, now);
      case Ending.Cut(String _, byte @Nullable [] notice) -> {
        if (notice != null) {
          reader.tell(notice, now);
        }
      }
    }
    readers.remove(reader);
    reader.end(ending, now);
    if (reader.isEnded()) {
      owner.readToTheEnd(reader);
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
    isEnded = true;
    long now = wheel.nanoTime();
    passLast(now);
    Ending whole = new Ending.Complete();
    finish(whole, whole, now);
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
