package dev.sluice.sse.journal;

import static dev.sluice.sse.journal.JournalRig.EVENTS;
import static dev.sluice.sse.journal.JournalRig.JSON;
import static dev.sluice.sse.journal.JournalRig.KEEP_ALIVE;
import static dev.sluice.sse.journal.JournalRig.PLAIN;
import static dev.sluice.sse.journal.JournalRig.reading;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sse.journal.JournalObserver.Verdict;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many readers of one answer: early, late, slow, numbered, misled, and gone in the middle. */
class SharedJournalTest {

  private static final String NOTICE = "event: error\ndata: {}\n\n";
  private static final Ending.Complete COMPLETE = new Ending.Complete();
  private static final Ending.Failed FAILED = new Ending.Failed("x", NOTICE.getBytes(US_ASCII));
  private static final Reading AS_IT_IS = reading(0, false);
  private static final JournalHead FAILURE = new JournalHead(500, List.of(), EVENTS.form(), -1);
  private static final int PER_CALL = 1 << 20;

  private final JournalBudget budget = new JournalBudget(PER_CALL, 2 * PER_CALL);
  private final JournalRig rig = new JournalRig(budget);
  private final Journal journal = rig.journal;
  private final JournalRig.Sink one = rig.sink;
  private final JournalRig.Sink two = rig.new Sink();

  @AfterEach
  void nothingIsLeftBehind() {
    journal.close();
    rig.pass(1);
    assertThat(rig.usedBytes()).as("bytes of buffers that nobody released").isZero();
    assertThat(budget.heldBytes()).as("bytes that are still counted").isZero();
    assertThat(rig.wheel.size()).as("deadlines that nobody forgot").isZero();
  }

  // Numbers.

  @Test
  void aNumberedReaderGetsALastEventThatOnlyLacksItsLfBeforeItIsToldOfAFailure() {
    rig.attach(one, reading(0, true));
    journal.begin(EVENTS);
    rig.read("data: 1\r\n\r");
    journal.end(FAILED);
    assertThat(rig.written()).isEqualTo("data: 1\r\nid: 1\n\r" + NOTICE);
  }

  @Test
  void aBodyThatIsNoEventStreamIsNeitherNumberedNorLeftOut() {
    String envelope = "{\"error\":\n\n\"data\"}\n";
    rig.attach(one, reading(3, true));
    journal.begin(new JournalHead(429, List.of(), JSON.form(), envelope.length()));
    rig.read(envelope);
    journal.end(COMPLETE);
    assertThat(rig.written()).isEqualTo(envelope);
  }

  @Test
  void aByteOrderMarkThatIsLeftOutWithItsEventTakesNothingElseAlong() {
    rig.attach(one, new Reading(KEEP_ALIVE, PLAIN, EVENTS, List.of(), 1, false));
    rig.pass(11);
    journal.begin(EVENTS);
    rig.read("\u00EF\u00BB\u00BFdata: 1\n\ndata: 2\n\n");
    assertThat(rig.written()).isEqualTo(": keep-alive\n\ndata: 2\n\n");
  }

  @Test
  void aBlockWithoutItsBlankLineIsNoEventThatAnybodyHasANumberOf() {
    rig.attach(one, reading(0, true));
    journal.begin(EVENTS);
    rig.read("data: 1\n\ndata: 2\n");
    journal.end(COMPLETE);
    assertThat(rig.written()).isEqualTo("data: 1\nid: 1\n\ndata: 2\n");
    assertThat(journal.eventsPassed()).isEqualTo(1);
  }

  @Test
  void aLongEventThatIsLeftOutDoesNotEndTheKeepAlives() {
    rig.attach(one, reading(1, false));
    journal.begin(EVENTS);
    rig.read("data: " + "x".repeat(70_000));
    rig.pass(20);
    rig.read("\n\n");
    rig.pass(100);
    assertThat(one.cursor().keepAlives()).isBetween(5L, 9L);
    assertThat(one.cursor().longestSilenceNanos()).isLessThan(40_000_000_000L);
  }

  // Pace.

  @Test
  void theFastestReaderSetsThePace() {
    rig.attach(one, AS_IT_IS);
    rig.attach(two, AS_IT_IS);
    journal.begin(EVENTS);
    one.isWritable = false;
    rig.read("data: 1\n\n");
    rig.read("data: 2\n\n");
    assertThat(rig.owner.log).isEmpty();
    two.isWritable = false;
    rig.read("data: 3\n\n");
    assertThat(rig.owner.log).containsExactly("pause");
    one.take(true);
    assertThat(rig.owner.log).containsExactly("pause", "resume");
    assertThat(rig.written()).isEqualTo("data: 1\n\ndata: 2\n\ndata: 3\n\n");
  }

  @Test
  void aReaderThatComesWhileNobodyTakesAnythingResumesTheProvider() {
    rig.attach(one, Reading.whole(KEEP_ALIVE, PLAIN, EVENTS));
    rig.pass(11);
    one.isWritable = false;
    rig.pass(20);
    journal.flush();
    assertThat(rig.owner.log).containsExactly("pause");
    rig.attach(two, AS_IT_IS);
    assertThat(rig.owner.log).containsExactly("pause", "resume");
  }

  @Test
  void aMisledReaderThatTakesNothingNeitherPausesTheProviderNorPinsTheAnswer() {
    rig.attach(two, Reading.whole(KEEP_ALIVE, PLAIN, EVENTS));
    rig.attach(one, AS_IT_IS);
    rig.pass(11);
    journal.begin(FAILURE);
    two.isWritable = false;
    rig.read("data: 1\n\n");
    journal.letGo();
    rig.read("data: 2\n\n".repeat(1_000));
    assertThat(budget.heldBytes()).isZero();
    assertThat(rig.owner.log).isEmpty();
    one.cursor().detach();
    rig.read("data: 3\n\n");
    assertThat(rig.owner.log).isEmpty();
    assertThat(two.body.toString()).isEqualTo(": keep-alive\n\n");
  }

  @Test
  void aMisledReaderDoesNotDriveTheProviderAheadOfTheOneThatReads() {
    rig.attach(two, Reading.whole(KEEP_ALIVE, PLAIN, EVENTS));
    rig.attach(one, AS_IT_IS);
    rig.pass(11);
    journal.begin(FAILURE);
    one.isWritable = false;
    rig.read("data: 1\n\n");
    assertThat(rig.owner.log).containsExactly("pause");
  }

  @Test
  void aSlowReaderBeyondTheBoundPausesTheProviderAlsoForTheOthersAndLosesNothing() {
    String event = "data: " + "x".repeat(1_000) + "\n\n";
    rig.attach(one, AS_IT_IS);
    rig.attach(two, AS_IT_IS);
    journal.begin(EVENTS);
    two.isWritable = false;
    int read = 0;
    while (rig.owner.log.isEmpty() && read < 10_000) {
      rig.read(event);
      read++;
    }
    assertThat(rig.owner.log).containsExactly("pause");
    assertThat(journal.isResumable()).isFalse();
    assertThat(budget.heldBytes()).isBetween(PER_CALL / 2L, PER_CALL + 2L * JournalPages.PAGE_MAX);
    two.take(true);
    assertThat(rig.owner.log).containsExactly("pause", "resume");
    assertThat(two.body).hasToString(event.repeat(read));
    assertThat(budget.heldBytes()).isZero();
  }

  @Test
  void whatIsTakenBackAtTheBoundIsHeldOnce() {
    // Pages of 1024 and 2048; the next, of 4096, only fits when the first has gone.
    JournalRig little = new JournalRig(new JournalBudget(6_400, PER_CALL));
    JournalRig.Sink slow = little.new Sink();
    little.attach(little.sink, AS_IT_IS);
    little.attach(slow, AS_IT_IS);
    little.journal.begin(EVENTS);
    little.read("data: " + "a".repeat(1_016) + "\n\n");
    slow.isWritable = false;
    little.read("data: " + "b".repeat(1_904) + "\n\n");
    little.read("data: " + "c".repeat(300) + "\n\n");
    assertThat(little.journal.isResumable()).isFalse();
    slow.take(true);
    assertThat(slow.body).hasToString(little.written());
    little.journal.close();
  }

  @Test
  void theBoundOfAllPausesTheProviderOfASlowReaderToo() {
    JournalBudget small = new JournalBudget(PER_CALL, 1_500);
    JournalRig little = new JournalRig(small);
    JournalRig.Sink slow = little.new Sink();
    little.attach(little.sink, AS_IT_IS);
    little.attach(slow, AS_IT_IS);
    little.journal.begin(EVENTS);
    slow.isWritable = false;
    little.read("data: 1\n\n");
    for (int i = 0; i < 1_000 && little.owner.log.isEmpty(); i++) {
      little.read("data: " + "x".repeat(1_000) + "\n\n");
    }
    assertThat(small.heldBytes()).isLessThan(10_000);
    assertThat(little.owner.log).containsExactly("pause");
    slow.take(true);
    assertThat(little.owner.log).containsExactly("pause", "resume");
    little.journal.close();
  }

  // Coming late.

  @Test
  void anAnswerThatEndedWithoutAHeadCannotBeRead() {
    journal.end(FAILED);
    assertThat(journal.isResumable()).isFalse();
    assertThatThrownBy(() -> rig.attach(one, AS_IT_IS)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void whoComesAfterTheEndGetsTheSameAnswerWithItsEnding() {
    rig.attach(one, AS_IT_IS);
    journal.begin(EVENTS);
    rig.read("data: 1\n\ndata: swallow\n\ndata: 2\n\nda");
    journal.end(FAILED);
    rig.attach(two, reading(1, true));
    assertThat(two.body).hasToString("data: 2\nid: 2\n\n" + NOTICE);
    assertThat(two.log)
        .containsExactly("head 200 EVENTS", "data: 2\nid: 2\n\n", "flush", NOTICE, "end Failed");
    assertThat(rig.owner.readToTheEnd).containsExactly(one.cursor(), two.cursor());
  }

  @Test
  void aReaderThatIsBehindGetsNoCommentInTheMiddleOfAnEvent() {
    String event = "data: " + "x".repeat(60_000) + "\n\n";
    rig.attach(one, AS_IT_IS);
    journal.begin(EVENTS);
    rig.read(event);
    two.onWrite = () -> two.isWritable = false;
    rig.attach(two, AS_IT_IS);
    assertThat(two.body.length()).isBetween(1, event.length() - 1);
    two.onWrite = () -> {};
    two.isWritable = true; // and not told yet
    rig.pass(20);
    assertThat(two.cursor().keepAlives()).isZero();
    two.take(true);
    assertThat(two.body).hasToString(event);
    rig.pass(20);
    assertThat(two.body).hasToString(event + ": keep-alive\n\n");
  }

  // From within a write.

  @Test
  void aReaderThatGoesWhileItIsToldOfAFailureHasNotReadToTheEnd() {
    rig.attach(one, AS_IT_IS);
    journal.begin(EVENTS);
    one.onWrite = () -> one.cursor().detach();
    journal.end(FAILED);
    assertThat(one.cursor().isEnded()).isFalse();
    assertThat(rig.owner.readToTheEnd).isEmpty();
  }

  @Test
  void aReaderThatGoesWhileAnotherGetsTheHeadGetsNone() {
    rig.attach(one, AS_IT_IS);
    rig.attach(two, AS_IT_IS);
    one.onHead = () -> two.cursor().detach();
    journal.begin(EVENTS);
    rig.read("data: 1\n\n");
    assertThat(two.log).isEmpty();
  }

  @Test
  void whatComesBehindAnEndFromWithinAWriteIsNotPartOfTheAnswer() {
    rig.attach(one, AS_IT_IS);
    journal.begin(EVENTS);
    one.onWrite = this::endOnce;
    rig.read("data: 1\n\ndata: swallow\n\ndata: 2\n\nda");
    rig.attach(two, AS_IT_IS);
    assertThat(two.body).hasToString("data: 1\n\n" + NOTICE);
    assertThat(rig.written()).isEqualTo(two.body.toString());
  }

  @Test
  void anEndFromWithinAWriteReachesThoseWhoWereYetToGetTheseBytes() {
    rig.attach(one, AS_IT_IS);
    rig.attach(two, AS_IT_IS);
    journal.begin(EVENTS);
    one.onWrite = this::endOnce;
    rig.read("data: 1\r\n\r\ndata: 2\r\n\r");
    assertThat(two.body).hasToString(rig.written());
    assertThat(two.ending).isEqualTo(FAILED);
    assertThat(rig.owner.readToTheEnd).containsExactlyInAnyOrder(one.cursor(), two.cursor());
  }

  @Test
  void theSameHoldsWhereTheAnswerIsNotHeld() {
    rig.attach(one, AS_IT_IS);
    rig.attach(two, AS_IT_IS);
    journal.letGo();
    journal.begin(EVENTS);
    one.onWrite = this::endOnce;
    rig.read("data: 1\r\n\r\ndata: 2\r\n\r");
    assertThat(two.body).hasToString(rig.written());
    assertThat(two.ending).isEqualTo(FAILED);
  }

  private void endOnce() {
    one.onWrite = () -> {};
    journal.end(FAILED);
  }

  @Test
  void aWholeAnswerStaysWholeWhenAClientGoesWithItsLastBytes() {
    rig.attach(one, AS_IT_IS);
    rig.attach(two, AS_IT_IS);
    journal.begin(EVENTS);
    rig.read("data: [DONE]\n\n", "\n", "\n");
    one.onWrite =
        () -> {
          one.cursor().detach();
          journal.end(new Ending.Cut("client_gone", null));
        };
    journal.end(COMPLETE);
    assertThat(two.body).hasToString("data: [DONE]\n\n\n\n");
    assertThat(two.ending).isEqualTo(COMPLETE);
  }

  @Test
  void aCutFromWithinALongEventIsNotToldInItsMiddle() {
    rig.observer.verdict = text -> Verdict.PASS;
    rig.attach(one, AS_IT_IS);
    journal.begin(EVENTS);
    one.onWrite = this::endOnce;
    rig.read("data: " + "x".repeat(40_000));
    rig.read("y".repeat(40_000));
    assertThat(one.ending).isEqualTo(new Ending.Cut("x", null));
  }

  @Test
  void aReaderThatTakesAgainWhileAnotherIsWrittenToMissesNothing() {
    rig.attach(one, AS_IT_IS);
    rig.attach(two, AS_IT_IS);
    journal.letGo();
    journal.begin(EVENTS);
    one.isWritable = false;
    two.isWritable = false;
    rig.read("data: 1\n\n");
    assertThat(rig.owner.log).containsExactly("pause");
    one.onWrite = () -> two.take(true);
    rig.read("data: 2\n\n"); // was read already when the provider was paused
    one.take(true);
    rig.read("data: 3\n\n");
    assertThat(two.body).hasToString("data: 1\n\ndata: 2\n\ndata: 3\n\n");
    assertThat(one.body).hasToString(two.body.toString());
  }

  @Test
  void aSinkThatIsEmptiedByItsFlushIsFilledOn() {
    rig.attach(one, AS_IT_IS);
    journal.begin(EVENTS);
    String events = ("data: " + "x".repeat(1_000) + "\n\n").repeat(100);
    rig.read(events);
    two.onWrite = () -> two.isWritable = false;
    two.onFlush = () -> two.isWritable = true;
    rig.attach(two, AS_IT_IS);
    assertThat(two.body).hasToString(events);
    assertThat(rig.owner.log).isEmpty();
  }
}
