package dev.sluice.sse.replay;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.journal.Cursor;
import dev.sluice.sse.journal.Ending;
import dev.sluice.sse.journal.Journal;
import dev.sluice.sse.journal.JournalBudget;
import dev.sluice.sse.journal.JournalHead;
import dev.sluice.sse.journal.JournalObserver;
import dev.sluice.sse.journal.JournalOwner;
import dev.sluice.sse.journal.PageMemory;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which finished answers stay, for how long, and which is given up first. */
class LocalJournalsTest {

  private static final int PAGE = 1024;
  private static final JournalHead HEAD =
      new JournalHead(200, List.of(), JournalHead.Form.EVENTS, -1);

  private long nanos = 1;
  private final SilenceWheel wheel = new SilenceWheel(() -> nanos);
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
  private final JournalBudget budget = new JournalBudget(1 << 20, 8L * PAGE);
  private final PageMemory memory = new PageMemory(budget, allocator, wheel);
  private final LocalJournals journals = new LocalJournals(wheel, memory);
  private final List<String> gone = new ArrayList<>();

  @AfterEach
  void nothingIsHeldInTheEnd() {
    journals.clear();
    pass(3_000);
    assertThat(journals.size()).isZero();
    assertThat(budget.heldBytes()).isZero();
    assertThat(allocator.metric().usedDirectMemory()).isZero();
    assertThat(wheel.size()).isZero();
  }

  @Test
  void anAnswerIsGivenUpWhenItsTimeIsOverAndNotBefore() {
    keep("first", 5_000, false);
    keep("second", 9_000, false);
    pass(4_900);
    assertThat(gone).isEmpty();
    assertThat(journals.size()).isEqualTo(2);
    pass(1_300);
    assertThat(gone).containsExactly("first");
    assertThat(budget.heldBytes()).isEqualTo(PAGE);
    pass(4_000);
    assertThat(gone).containsExactly("first", "second");
  }

  @Test
  void theOldestSpareAnswerGoesFirstAndWantedOnesOnlyThen() {
    keep("wanted 1", 60_000, false);
    keep("spare 1", 60_000, true);
    keep("wanted 2", 60_000, false);
    keep("spare 2", 60_000, true);
    List<Journal> more = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      more.add(journal());
    }
    assertThat(gone).isEmpty();
    for (int i = 0; i < 3; i++) {
      more.add(journal());
    }
    assertThat(gone).containsExactly("spare 1", "spare 2", "wanted 1");
    assertThat(more).allMatch(Journal::isResumable);
    assertThat(budget.heldBytes()).isEqualTo(8L * PAGE);
    more.forEach(Journal::close);
  }

  @Test
  void anAnswerThatNobodyCanMakeRoomForIsNotHeldAndHarmsNobody() {
    List<Journal> running = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      running.add(journal());
    }
    Journal oneTooMany = journal();
    assertThat(oneTooMany.isResumable()).isFalse();
    assertThat(running).allMatch(Journal::isResumable);
    running.forEach(Journal::close);
    oneTooMany.close();
  }

  @Test
  void anAnswerThatWasDroppedIsToldOnceAndCountsNoMore() {
    LocalJournals.Held held = keep("it", 60_000, true);
    held.drop();
    held.drop();
    assertThat(gone).containsExactly("it");
    assertThat(journals.size()).isZero();
    assertThat(budget.heldBytes()).isZero();
    pass(70_000);
    assertThat(gone).containsExactly("it");
  }

  @Test
  void noMoreSpareAnswersAreHeldThanTheBound() {
    Journal empty = new Journal(new Nobody(), new Nobody(), wheel, new Random(1), memory);
    keep("wanted", 60_000, false);
    keep("spare 0", 60_000, true).drop();
    for (int i = 1; i <= LocalJournals.SPARE_MAX + 2; i++) {
      String name = "spare " + i;
      var _ = journals.keep(empty, nanos + 1, true, () -> gone.add(name));
      assertThat(journals.size()).isLessThanOrEqualTo(1 + LocalJournals.SPARE_MAX);
    }
    assertThat(gone).containsExactly("spare 0", "spare 1", "spare 2");
  }

  @Test
  void whoeverIsToldMayGiveUpAndKeepOthers() {
    var _ =
        journals.keep(
            journal(),
            until(1_000),
            false,
            () -> {
              gone.add("first");
              journals.clear();
              keep("late", 60_000, false);
            });
    keep("second", 1_000, false);
    keep("third", 60_000, false);
    pass(2_500);
    assertThat(gone).containsExactly("first", "second", "third");
    assertThat(journals.size()).isEqualTo(1);
    pass(60_000);
    assertThat(gone).endsWith("late");
  }

  private LocalJournals.Held keep(String name, long millis, boolean isSpare) {
    Journal journal = journal();
    journal.end(new Ending.Complete());
    return journals.keep(journal, until(millis), isSpare, () -> gone.add(name));
  }

  /** An answer of one page. */
  private Journal journal() {
    Journal journal = new Journal(new Nobody(), new Nobody(), wheel, new Random(1), memory);
    journal.begin(HEAD);
    journal.append(Unpooled.copiedBuffer("data: 1\n\n", US_ASCII));
    journal.flush();
    return journal;
  }

  private long until(long millis) {
    return nanos + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private void pass(long millis) {
    for (long until = until(millis); nanos < until; ) {
      nanos += SilenceWheel.TICK_NANOS;
      wheel.advance();
    }
  }

  /** Reads and sees nothing. */
  private static final class Nobody implements JournalOwner, JournalObserver {
    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public void wholeByMarker() {}

    @Override
    public void readToTheEnd(Cursor reader) {}

    @Override
    public Verdict onEvent(ByteBuf bytes, int start, int end) {
      return Verdict.PASS;
    }

    @Override
    public void onBytes(ByteBuf bytes) {}
  }
}
