package dev.sluice.sse.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random appends, slices and drops, beside one plain text. */
class JournalPagesPropertyTest {

  private static final int SEEDS = 1_500;
  private static final int STEPS = 60;

  /** A slice, and what it said when it was made. */
  private record Slice(ByteBuf bytes, String text) {}

  @Test
  void aSliceIsWhatWasAppendedAndWhatIsCountedIsWhatIsHeld() {
    for (long seed = 0; seed < SEEDS; seed++) {
      new Play(seed).run();
    }
  }

  private static final class Play {
    private final String replay;
    private final Random random;
    private long nanos;
    private final SilenceWheel wheel = new SilenceWheel(() -> nanos);
    private final InspectedMemory allocator = new InspectedMemory();
    private final JournalBudget budget;
    private final JournalPages pages;
    private final StringBuilder text = new StringBuilder();
    private final int origin;
    private int first;
    private final Deque<Slice> slices = new ArrayDeque<>();

    Play(long seed) {
      replay = "seed " + seed;
      random = new Random(seed);
      int perCall = random.nextInt(3) == 0 ? 4_000 : 1 << 20;
      budget = new JournalBudget(perCall, random.nextInt(4) == 0 ? 2_500 : 1 << 24);
      origin = random.nextInt(3) * 100;
      pages = new JournalPages(new PageMemory(budget, allocator, wheel), origin);
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(6)) {
          case 0, 1, 2 -> append();
          case 3 -> slice();
          case 4 -> release();
          default -> drop();
        }
        nanos += random.nextInt(2) * SilenceWheel.TICK_NANOS;
        wheel.advance();
        check();
      }
      pages.wipe();
      while (!slices.isEmpty()) {
        release();
      }
      nanos += SilenceWheel.TICK_NANOS;
      wheel.advance();
      assertThat(budget.heldBytes()).as(replay).isZero();
      assertThat(allocator.pieces).as(replay).allMatch(piece -> piece.isGivenBack);
      assertThat(allocator.pieces).as(replay).allMatch(InspectedMemory.Piece::isZeroed);
    }

    private void append() {
      int length = 1 + random.nextInt(1 << random.nextInt(15));
      StringBuilder more = new StringBuilder();
      for (int i = 0; i < length; i++) {
        more.append((char) (1 + random.nextInt(255)));
      }
      ByteBuf bytes = Unpooled.copiedBuffer("-" + more + "-", ISO_8859_1);
      bytes.setIndex(1, 1 + length);
      boolean fits = pages.append(bytes);
      if (!fits) {
        pages.truncate(end());
        if (random.nextBoolean()) {
          pages.appendRegardless(bytes);
          fits = true;
        }
      }
      if (fits) {
        text.append(more);
      }
      assertThat(bytes.readableBytes()).as("only looked at").isEqualTo(length);
    }

    private void slice() {
      if (first < text.length()) {
        int from = first + random.nextInt(text.length() - first);
        int max = 1 + random.nextInt(20_000);
        ByteBuf bytes = pages.slice(origin + from, max);
        assertThat(bytes.readableBytes()).as(replay).isBetween(1, max);
        slices.add(new Slice(bytes, text.substring(from, Math.min(text.length(), from + max))));
      }
    }

    private void release() {
      Slice oldest = slices.poll();
      if (oldest != null) {
        assertThat(oldest.text()).as(replay).startsWith(oldest.bytes().toString(ISO_8859_1));
        oldest.bytes().release();
      }
    }

    private void drop() {
      if (random.nextInt(3) == 0) {
        first = Math.min(text.length(), first + random.nextInt(10_000));
        pages.dropBefore(origin + first);
      }
    }

    private void check() {
      assertThat(pages.first()).as(replay).isEqualTo(origin + first);
      assertThat(budget.heldBytes()).as(replay).isEqualTo(allocator.usedBytes());
      StringBuilder all = new StringBuilder();
      while (first + all.length() < text.length()) {
        ByteBuf bytes = pages.slice(origin + first + all.length(), 1 << 20);
        assertThat(bytes.isReadable()).as(replay).isTrue();
        all.append(bytes.toString(ISO_8859_1));
        bytes.release();
      }
      assertThat(all.toString().equals(text.substring(first))).as(replay).isTrue();
    }

    private long end() {
      return (long) origin + text.length();
    }
  }
}
