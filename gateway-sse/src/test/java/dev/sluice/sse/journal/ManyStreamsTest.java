package dev.sluice.sse.journal;

import static dev.sluice.sse.journal.JournalRig.EVENTS;
import static dev.sluice.sse.journal.JournalRig.KEEP_ALIVE;
import static dev.sluice.sse.journal.JournalRig.PLAIN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Ten thousand streams on one wheel, five minutes of virtual time, a loop that is late at times.
 */
class ManyStreamsTest {

  private static final int STREAMS = 10_000;
  private static final long MINUTES = 5;
  private static final long BOUND_NANOS =
      TimeUnit.SECONDS.toNanos(15) * 12 / 10 + TimeUnit.MILLISECONDS.toNanos(500);

  private long nanos = -5_000_000_000L; // the clock of a machine may well begin below zero

  @Test
  void noneOfTenThousandIdleStreamsIsEverSilentLongerThanIntervalTimesOnePointTwoPlusHalfASecond() {
    Random random = new Random(42);
    SilenceWheel wheel = new SilenceWheel(() -> nanos);
    List<Journal> journals = new ArrayList<>();
    List<Stopwatch> sinks = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      Journal journal = new Journal(new JournalRig.Owner(), new Blind(), wheel, random, null);
      Stopwatch sink = new Stopwatch();
      var _ = journal.attach(sink, Reading.whole(KEEP_ALIVE, PLAIN, EVENTS));
      journals.add(journal);
      sinks.add(sink);
      if (i % 2 == 0) {
        journal.begin(EVENTS);
        journal.flush();
      }
    }

    long end = nanos + TimeUnit.MINUTES.toNanos(MINUTES);
    long mostAtOnce = 0;
    while (nanos < end) {
      nanos += SilenceWheel.TICK_NANOS + random.nextLong(TimeUnit.MILLISECONDS.toNanos(150));
      long before = keepAlives;
      wheel.advance();
      if (nanos > end - TimeUnit.MINUTES.toNanos(1)) {
        mostAtOnce = Math.max(mostAtOnce, keepAlives - before);
      }
      Journal speaker = journals.get(random.nextInt(STREAMS));
      if (speaker.isBegun()) {
        speaker.append(Unpooled.copiedBuffer(new byte[] {'d', 'a', 't', 'a', '\n', '\n'}));
        speaker.flush();
      }
    }

    long longest = 0;
    for (Stopwatch sink : sinks) {
      longest = Math.max(longest, Math.max(sink.longestNanos, nanos - sink.lastNanos));
    }
    assertThat(longest).as("longest silence, ns").isLessThanOrEqualTo(BOUND_NANOS);
    assertThat(keepAlives).isBetween(STREAMS * MINUTES * 60 / 18, STREAMS * MINUTES * 60 / 12);
    // Spread evenly over 15 s, a tick of 100 to 250 ms has 67 to 167 of them.
    assertThat(mostAtOnce).as("keep-alives in one tick").isLessThan(400);
    journals.forEach(Journal::close);
    assertThat(wheel.size()).isZero();
  }

  private long keepAlives;

  /** Measures the silence of one client, from its head on. */
  private final class Stopwatch implements CursorSink {
    private long lastNanos = Long.MIN_VALUE;
    private long longestNanos;

    @Override
    public void writeHead(JournalHead head) {
      lastNanos = nanos;
    }

    @Override
    public void writeBody(ByteBuf bytes) {
      longestNanos = Math.max(longestNanos, nanos - lastNanos);
      lastNanos = nanos;
      if (bytes.getByte(bytes.readerIndex()) == ':') {
        keepAlives++;
      }
      bytes.release();
    }

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void end(Ending ending) {}
  }

  /** Sees nothing. */
  private static final class Blind implements JournalObserver {
    @Override
    public Verdict onEvent(ByteBuf bytes, int start, int end) {
      return Verdict.PASS;
    }

    @Override
    public void onBytes(ByteBuf bytes) {}
  }
}
