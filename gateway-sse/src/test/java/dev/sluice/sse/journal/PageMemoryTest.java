package dev.sluice.sse.journal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.journal.InspectedMemory.Piece;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pages: counted exactly, wiped when nobody reads them any more, never before. */
class PageMemoryTest {

  private static final int TOTAL = 4_096;

  private long nanos;
  private final SilenceWheel wheel = new SilenceWheel(() -> nanos);
  private final JournalBudget budget = new JournalBudget(TOTAL, TOTAL);
  private final InspectedMemory allocator = new InspectedMemory();
  private final PageMemory memory = new PageMemory(budget, allocator, wheel);

  @AfterEach
  void everythingWasGivenBackAndIsZero() {
    assertThat(budget.heldBytes()).isZero();
    assertThat(allocator.pieces).allMatch(piece -> piece.isGivenBack && piece.isZeroed());
    assertThat(wheel.size()).isZero();
  }

  @Test
  void aPageIsZeroedBeforeItIsGivenBack() {
    ByteBuf page = written(512);
    assertThat(budget.heldBytes()).isEqualTo(512);
    assertThat(piece(0).isZeroed()).isFalse();
    memory.wipe(page);
    assertThat(piece(0).isZeroed()).isTrue();
    assertThat(piece(0).isGivenBack).isTrue();
  }

  @Test
  void aPageThatIsStillOnItsWayToAClientIsNeitherZeroedNorGivenBack() {
    ByteBuf page = written(512);
    ByteBuf first = page.retainedSlice(10, 20);
    ByteBuf second = page.retainedSlice(100, 400);
    memory.wipe(page);
    tick();
    first.release();
    tick();
    assertThat(piece(0).isZeroed()).isFalse();
    assertThat(second.getByte(0)).isEqualTo((byte) 'x');
    assertThat(budget.heldBytes()).as("still counted").isEqualTo(512);
    second.release();
    assertThat(piece(0).isGivenBack).isFalse();
    tick();
    assertThat(piece(0).isGivenBack).isTrue();
  }

  @Test
  void manyPagesThatWaitAreWipedEachInItsTime() {
    List<ByteBuf> slices = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      ByteBuf page = written(512);
      slices.add(page.retainedSlice(0, 1));
      memory.wipe(page);
    }
    for (int i = 0; i < 8; i++) {
      slices.get(i * 3 % 8).release();
      tick();
      assertThat(budget.heldBytes()).isEqualTo(512L * (7 - i));
      assertThat(allocator.usedBytes()).isEqualTo(budget.heldBytes());
    }
  }

  @Test
  void whatWasTakenBackOfAnAnswerIsWipedToo() {
    JournalPages pages = new JournalPages(memory, 0);
    ByteBuf bytes = Unpooled.copiedBuffer(new byte[400]).setZero(0, 400);
    for (int i = 0; i < 400; i++) {
      bytes.setByte(i, 's');
    }
    assertThat(pages.append(bytes)).isTrue();
    pages.truncate(100);
    for (int i = 100; i < 512; i++) {
      assertThat(piece(0).memory.get(i)).isZero();
    }
    pages.wipe();
  }

  @Test
  void thereIsNoPageBeyondTheBoundUnlessSomethingWouldBeLost() {
    ByteBuf page = written(TOTAL);
    assertThat(memory.page(1)).isNull();
    assertThat(memory.isOverfull()).isFalse();
    assertThat(budget.heldBytes()).as("a refusal counts nothing").isEqualTo(TOTAL);
    ByteBuf more = memory.pageRegardless(1);
    assertThat(memory.isOverfull()).isTrue();
    assertThat(budget.heldBytes()).isEqualTo(TOTAL + 1);
    memory.wipe(page);
    memory.wipe(more);
  }

  @Test
  void whoCanGiveUpSomethingIsAskedUntilThereIsRoom() {
    List<ByteBuf> others = new ArrayList<>(List.of(written(TOTAL / 2), written(TOTAL / 2)));
    memory.relieveBy(
        () -> {
          if (others.isEmpty()) {
            return false;
          }
          memory.wipe(others.removeFirst());
          return true;
        });
    ByteBuf page = requireNonNull(memory.page(TOTAL / 2 + 1));
    assertThat(others).isEmpty();
    assertThat(memory.page(TOTAL)).isNull();
    memory.wipe(page);
  }

  private ByteBuf written(int bytes) {
    ByteBuf page = requireNonNull(memory.page(bytes));
    while (page.isWritable()) {
      page.writeByte('x');
    }
    return page;
  }

  private Piece piece(int index) {
    return allocator.pieces.get(index);
  }

  private void tick() {
    nanos += SilenceWheel.TICK_NANOS;
    wheel.advance();
  }
}
