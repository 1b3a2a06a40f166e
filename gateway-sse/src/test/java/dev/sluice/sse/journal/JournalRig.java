package dev.sluice.sse.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import dev.sluice.sse.keepalive.KeepAlive;
import dev.sluice.sse.keepalive.KeepAliveForm;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One journal between a provider, a client and a clock that are all in the test's hand. */
final class JournalRig {

  static final JournalHead EVENTS =
      new JournalHead(
          200,
          List.of(Map.entry("content-type", "text/event-stream")),
          JournalHead.Form.EVENTS,
          -1);
  static final JournalHead JSON =
      new JournalHead(
          200, List.of(Map.entry("content-type", "application/json")), JournalHead.Form.JSON, -1);
  static final JournalHead OPAQUE = new JournalHead(200, List.of(), JournalHead.Form.OPAQUE, -1);

  static final KeepAlive KEEP_ALIVE =
      new KeepAlive(
          true, Duration.ofSeconds(15), 20, KeepAlive.Style.AUTO, Duration.ofSeconds(10), false);
  static final KeepAliveForm PLAIN = new KeepAliveForm(null, false);

  private final UnpooledByteBufAllocator allocator =
      new UnpooledByteBufAllocator(false, true); // counts; leak tracking would slow it down
  private long nanos = 1_000_000_000_000L;

  final SilenceWheel wheel = new SilenceWheel(() -> nanos);
  final Sink sink = new Sink();
  final Owner owner = new Owner();
  final Observer observer = new Observer();
  final Journal journal;
  private @Nullable Cursor cursor;

  private JournalRig(long seed, @Nullable JournalBudget budget) {
    PageMemory memory = budget == null ? null : new PageMemory(budget, allocator, wheel);
    journal = new Journal(owner, observer, wheel, new Random(seed), memory);
  }

  JournalRig(long seed) {
    this(seed, null);
  }

  /** A journal that is held, within such bounds. */
  JournalRig(JournalBudget budget) {
    this(1, budget);
  }

  JournalRig() {
    this(1);
  }

  Cursor attach(KeepAlive keepAlive, KeepAliveForm form, @Nullable JournalHead earlyHead) {
    Cursor attached = journal.attach(sink, Reading.whole(keepAlive, form, earlyHead));
    cursor = attached;
    return attached;
  }

  /** One more client. */
  Cursor attach(Sink other, Reading reading) {
    Cursor attached = journal.attach(other, reading);
    other.cursor = attached;
    return attached;
  }

  /** Reads events as they are, and is promised nothing. */
  static Reading reading(long afterEvent, boolean isNumbered) {
    return new Reading(KEEP_ALIVE, PLAIN, null, List.of(), afterEvent, isNumbered);
  }

  Cursor attach() {
    return attach(KEEP_ALIVE, PLAIN, EVENTS);
  }

  /** A journal of events that has begun, with a cursor. */
  static JournalRig begun() {
    JournalRig rig = new JournalRig();
    rig.attach();
    rig.journal.begin(EVENTS);
    rig.journal.flush();
    return rig;
  }

  Cursor cursor() {
    Cursor attached = cursor;
    if (attached == null) {
      throw new AssertionError("attach first");
    }
    return attached;
  }

  ByteBuf bytes(String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    return allocator.heapBuffer(bytes.length).writeBytes(bytes);
  }

  /** One read of the provider's connection. */
  void read(String... texts) {
    for (String text : texts) {
      journal.append(bytes(text));
    }
    journal.flush();
  }

  /** Lets time go by in steps of a tick. */
  void pass(Duration time) {
    long until = nanos + time.toNanos();
    while (nanos < until) {
      nanos = Math.min(until, nanos + SilenceWheel.TICK_NANOS);
      wheel.advance();
    }
  }

  void pass(long seconds) {
    pass(Duration.ofSeconds(seconds));
  }

  long nanos() {
    return nanos;
  }

  /** Bytes of all buffers that someone still holds. */
  long usedBytes() {
    return allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
  }

  /** What was written, with nothing left behind. */
  String written() {
    return sink.body.toString();
  }

  static double seconds(long nanos) {
    return nanos / (double) TimeUnit.SECONDS.toNanos(1);
  }

  /** Keeps what it is sent. */
  final class Sink implements CursorSink {
    final List<String> log = new ArrayList<>();
    final StringBuilder body = new StringBuilder();
    final List<Long> writeNanos = new ArrayList<>();
    final List<Integer> keepAliveOffsets = new ArrayList<>();
    private final Set<ByteBuf> received = Collections.newSetFromMap(new IdentityHashMap<>());
    int keepAliveBytes;
    boolean isWritable = true;
    @Nullable Cursor cursor;
    @Nullable Ending ending;
    Runnable onHead = () -> {};
    Runnable onWrite = () -> {};
    Runnable onFlush = () -> {};

    @Override
    public void writeHead(JournalHead head) {
      log.add("head " + head.status() + " " + head.form());
      writeNanos.add(nanos);
      onHead.run();
    }

    @Override
    public void writeBody(ByteBuf bytes) {
      if (ending != null) {
        throw new AssertionError("a body after its end");
      }
      String text = bytes.toString(ISO_8859_1);
      received.add(bytes);
      bytes.release();
      if (text.equals(": keep-alive\n\n") || text.equals(": keep-alive\n")) {
        keepAliveOffsets.add(body.length() - keepAliveBytes);
        keepAliveBytes += text.length();
      }
      body.append(text);
      log.add(text.length() > 60 ? text.length() + " bytes" : text);
      writeNanos.add(nanos);
      onWrite.run();
    }

    @Override
    public void flush() {
      log.add("flush");
      onFlush.run();
    }

    Cursor cursor() {
      return requireNonNull(cursor, "attach first");
    }

    void take(boolean isWritable) {
      this.isWritable = isWritable;
      cursor().writabilityChanged();
    }

    @Override
    public boolean isWritable() {
      return isWritable;
    }

    @Override
    public void end(Ending ending) {
      this.ending = ending;
      log.add("end " + ending.getClass().getSimpleName());
    }

    boolean received(ByteBuf same) {
      return received.contains(same);
    }
  }

  /** Notes the pace that it is asked for. */
  static final class Owner implements JournalOwner {
    final List<String> log = new ArrayList<>();
    final List<Cursor> readToTheEnd = new ArrayList<>();

    @Override
    public void pause() {
      log.add("pause");
    }

    @Override
    public void resume() {
      log.add("resume");
    }

    @Override
    public void wholeByMarker() {
      log.add("wholeByMarker");
    }

    @Override
    public void readToTheEnd(Cursor reader) {
      readToTheEnd.add(reader);
    }
  }

  /** Swallows what says so, ends with the marker, and keeps all that it is shown. */
  static final class Observer implements JournalObserver {
    final List<String> events = new ArrayList<>();
    final StringBuilder longEvent = new StringBuilder();
    long longBytes;
    int longEvents;
    final StringBuilder bytes = new StringBuilder();
    boolean keepsLongEvents = true;
    Function<String, Verdict> verdict =
        text ->
            text.contains("swallow")
                ? Verdict.SWALLOW
                : text.contains("[DONE]") ? Verdict.LAST : Verdict.PASS;

    @Override
    public Verdict onEvent(ByteBuf bytes, int start, int end) {
      String text = bytes.toString(start, end - start, ISO_8859_1);
      events.add(text);
      return verdict.apply(text);
    }

    @Override
    public void onLongEvent(ByteBuf bytes, int start, int end, boolean isLast) {
      longBytes += end - start;
      if (keepsLongEvents) {
        longEvent.append(bytes.toString(start, end - start, ISO_8859_1));
      }
      if (isLast) {
        longEvents++;
      }
    }

    @Override
    public void onBytes(ByteBuf bytes) {
      this.bytes.append(bytes.toString(ISO_8859_1));
    }
  }
}
