package dev.sluice.sse.journal;

import static dev.sluice.sse.journal.JournalRig.EVENTS;
import static dev.sluice.sse.journal.JournalRig.JSON;
import static dev.sluice.sse.journal.JournalRig.KEEP_ALIVE;
import static dev.sluice.sse.journal.JournalRig.OPAQUE;
import static dev.sluice.sse.journal.JournalRig.PLAIN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a journal passes on, holds back, leaves out, and how it ends. */
class JournalTest {

  private static final String NOTICE = "event: error\ndata: {}\n\n";
  private static final Ending.Complete COMPLETE = new Ending.Complete();

  private final JournalRig rig = JournalRig.begun();
  private final Journal journal = rig.journal;

  @AfterEach
  void nothingIsLeftBehind() {
    journal.close();
    assertThat(rig.usedBytes()).as("bytes of buffers that nobody released").isZero();
    assertThat(rig.wheel.size()).as("deadlines that nobody forgot").isZero();
  }

  @Test
  void aBufferOfWholeEventsIsPassedOnItself() {
    ByteBuf read = rig.bytes("data: 1\n\ndata: 2\n\n");
    journal.append(read);
    assertThat(rig.sink.received(read)).isTrue();
    assertThat(rig.sink.log).endsWith("data: 1\n\ndata: 2\n\n");
    assertThat(rig.observer.events).containsExactly("data: 1\n\n", "data: 2\n\n");
  }

  @Test
  void aBatchIsFlushedOnceAndOnlyIfSomethingWasWritten() {
    rig.sink.log.clear();
    rig.read("data: 1\n\n", "data: 2\n\n");
    rig.read();
    rig.read("data: hal");
    assertThat(rig.sink.log).containsExactly("data: 1\n\n", "data: 2\n\n", "flush");
  }

  @Test
  void theHeadIsWrittenBeforeTheBody() {
    rig.read("data: 1\n\n");
    assertThat(rig.sink.log).containsExactly("head 200 EVENTS", "flush", "data: 1\n\n", "flush");
    assertThat(rig.cursor().isCommitted()).isTrue();
    assertThat(journal.isBegun()).isTrue();
  }

  @Test
  void aSwallowedEventIsLeftOutExactly() {
    rig.read("data: 1\n\ndata: swallow\n\ndata: 2\n\ndata: swa", "llow\r\n\r", "\ndata: 3\n\n");
    assertThat(rig.written()).isEqualTo("data: 1\n\ndata: 2\n\ndata: 3\n\n");
    assertThat(journal.eventsPassed()).isEqualTo(3);
  }

  @Test
  void anLfThatBelongsToASwallowedBlockIsSwallowedWithIt() {
    rig.read("data: swallow\r\r", "\ndata: 1\r\n\r\n");
    assertThat(rig.written()).isEqualTo("data: 1\r\n\r\n");
  }

  @Test
  void anIncompleteEventIsHeldBackAndThenPassedOnWhole() {
    rig.read("data: 1\n\ndata: ");
    rig.read("2");
    assertThat(rig.written()).isEqualTo("data: 1\n\n");
    rig.read("\n\ndata: 3\n\n");
    assertThat(rig.written()).isEqualTo("data: 1\n\ndata: 2\n\ndata: 3\n\n");
    assertThat(rig.observer.events).containsExactly("data: 1\n\n", "data: 2\n\n", "data: 3\n\n");
  }

  @Test
  void aWholeAnswerEndsWithAllItsBytes() {
    rig.read("data: 1\n\ndata: 2");
    journal.end(COMPLETE);
    assertThat(rig.written()).isEqualTo("data: 1\n\ndata: 2");
    assertThat(rig.sink.log).endsWith("data: 2", "end Complete");
    assertThat(rig.observer.events).endsWith("data: 2");
    assertThat(rig.cursor().isEnded()).isTrue();
    assertThat(journal.isEnded()).isTrue();
  }

  @Test
  void aFailureIsToldInPlaceOfTheHalfEvent() {
    rig.read("data: 1\n\ndata: ha");
    journal.end(new Ending.Failed("upstream_reset", NOTICE.getBytes(US_ASCII)));
    assertThat(rig.written()).isEqualTo("data: 1\n\n" + NOTICE);
    assertThat(rig.sink.log).endsWith("end Failed");
  }

  @Test
  void aFailureDoesNotDropAnEventThatOnlyLacksItsLf() {
    rig.read("data: 1\r\n\r");
    journal.end(new Ending.Failed("upstream_reset", NOTICE.getBytes(US_ASCII)));
    assertThat(rig.written()).isEqualTo("data: 1\r\n\r" + NOTICE);
  }

  @Test
  void aFailureInsideALongEventIsCutAndTellsNothing() {
    String half = "data: " + "x".repeat(70_000);
    rig.read(half);
    assertThat(journal.atBoundary()).isFalse();
    journal.end(new Ending.Failed("upstream_reset", NOTICE.getBytes(US_ASCII)));
    assertThat(rig.written()).isEqualTo(half);
    assertThat(rig.sink.ending).isEqualTo(new Ending.Cut("upstream_reset", null));
  }

  @Test
  void aLongEventThatOnlyLacksItsLfIsWhole() {
    String event = "data: " + "x".repeat(70_000) + "\r\n\r";
    rig.read(event);
    journal.end(new Ending.Failed("upstream_reset", NOTICE.getBytes(US_ASCII)));
    assertThat(rig.written()).isEqualTo(event + NOTICE);
    assertThat(rig.observer.longEvents).isEqualTo(1);
    assertThat(journal.eventsPassed()).isEqualTo(1);
  }

  @Test
  void aCutTellsItsNoticeOnlyBetweenEvents() {
    rig.read("data: 1\n\ndata: ha");
    journal.end(new Ending.Cut("idle", NOTICE.getBytes(US_ASCII)));
    assertThat(rig.written()).isEqualTo("data: 1\n\n" + NOTICE);
    assertThat(rig.sink.log).endsWith("end Cut");
  }

  @Test
  void aCutInsideALongEventTellsNothing() {
    String half = "data: " + "x".repeat(70_000);
    rig.read(half);
    journal.end(new Ending.Cut("idle", NOTICE.getBytes(US_ASCII)));
    assertThat(rig.written()).isEqualTo(half);
    assertThat(rig.sink.log).endsWith("end Cut");
  }

  @Test
  void theLastEventAndTheEndLeaveTogether() {
    rig.read("data: 1\n\ndata: [DONE]\n\n");
    assertThat(rig.written()).isEqualTo("data: 1\n\n");
    rig.read("\n");
    rig.sink.log.clear();
    journal.end(COMPLETE);
    assertThat(rig.sink.log).containsExactly("data: [DONE]\n\n", "\n", "end Complete");
    assertThat(rig.owner.log).isEmpty();
  }

  @Test
  void aLastEventThatStraddlesBuffersIsHeldTheSame() {
    rig.read("data: 1\n\ndata: [DO", "NE]\n\nrest");
    assertThat(rig.written()).isEqualTo("data: 1\n\n");
    journal.end(COMPLETE);
    assertThat(rig.written()).isEqualTo("data: 1\n\ndata: [DONE]\n\nrest");
    assertThat(rig.observer.events).containsExactly("data: 1\n\n", "data: [DONE]\n\n");
  }

  @Test
  void theLastEventDoesNotWaitForAProviderThatDoesNotEnd() {
    rig.read("data: 1\n\ndata: [DONE]\n\n");
    rig.sink.log.clear();
    rig.pass(Duration.ofMillis(250));
    assertThat(rig.sink.log).containsExactly("data: [DONE]\n\n", "end Complete");
    assertThat(rig.owner.log).containsExactly("wholeByMarker");
    assertThat(journal.isEnded()).isTrue();

    rig.read("data: late\n\n");
    journal.end(new Ending.Cut("upstream_reset", null));
    assertThat(rig.sink.log).containsExactly("data: [DONE]\n\n", "end Complete");
    assertThat(rig.owner.log).containsExactly("wholeByMarker");
  }

  @Test
  void aFailureAfterTheLastEventIsNone() {
    rig.read("data: [DONE]\n\n");
    journal.end(new Ending.Failed("upstream_reset", NOTICE.getBytes(US_ASCII)));
    assertThat(rig.written()).isEqualTo("data: [DONE]\n\n");
    assertThat(rig.sink.log).endsWith("end Complete");
  }

  @Test
  void whatFollowsTheLastEventIsHeldOnlyUpToABound() {
    rig.read("data: [DONE]\n\n");
    for (int i = 0; i < 100; i++) {
      rig.read("x".repeat(10_000));
    }
    assertThat(journal.isEnded()).isTrue();
    assertThat(rig.owner.log).containsExactly("wholeByMarker");
    assertThat(rig.usedBytes()).isZero();
  }

  @Test
  void anEventOfAHundredMegabytesIsNotBuffered() {
    rig.observer.keepsLongEvents = false;
    String piece = "x".repeat(16 * 1024);
    long read = 0;
    long most = 0;
    rig.read("data: 1\n\ndata: ");
    while (read < 100_000_000) {
      rig.read(piece);
      read += piece.length();
      most = Math.max(most, rig.usedBytes());
      rig.sink.body.setLength(0);
    }
    rig.read("\n\ndata: 2\n\n");
    assertThat(most).isLessThan(2L * Journal.EVENT_HELD_MAX);
    assertThat(rig.cursor().bytesWritten()).isEqualTo(9 + 6 + read + 2 + 9);
    assertThat(rig.observer.longBytes).isEqualTo(6 + read + 2);
    assertThat(rig.observer.longEvents).isEqualTo(1);
    assertThat(rig.observer.events).containsExactly("data: 1\n\n", "data: 2\n\n");
    assertThat(journal.eventsPassed()).isEqualTo(3);
    assertThat(journal.atBoundary()).isTrue();
  }

  @Test
  void aLongEventIsShownInPiecesHoweverItArrives() {
    String event = "data: " + "y".repeat(Journal.EVENT_HELD_MAX) + "\n\n";
    rig.read(event);
    assertThat(rig.observer.longEvent.toString()).isEqualTo(event);
    rig.read("data: ", "y".repeat(Journal.EVENT_HELD_MAX - 1), "y\n", "\n");
    assertThat(rig.observer.longEvent.toString()).isEqualTo(event + event);
    assertThat(rig.observer.longEvents).isEqualTo(2);
    assertThat(rig.observer.events).isEmpty();
    assertThat(rig.written()).isEqualTo(event + event);
  }

  @Test
  void anEventAsLongAsTheBoundIsStillOneEvent() {
    String event = "data: " + "y".repeat(Journal.EVENT_HELD_MAX - 8) + "\n\n";
    rig.read(event.substring(0, 10), event.substring(10, 40_000), event.substring(40_000));
    assertThat(rig.observer.events).containsExactly(event);
    assertThat(rig.written()).isEqualTo(event);
  }

  @Test
  void aSlowClientPausesTheProviderOncePerBatchAndResumesItWhenItTakesBytes() {
    rig.sink.isWritable = false;
    rig.read("data: 1\n\n", "data: 2\n\n");
    rig.read("data: 3\n\n");
    assertThat(rig.owner.log).containsExactly("pause");
    rig.cursor().writabilityChanged();
    assertThat(rig.owner.log).containsExactly("pause");

    rig.sink.isWritable = true;
    rig.cursor().writabilityChanged();
    rig.cursor().writabilityChanged();
    assertThat(rig.owner.log).containsExactly("pause", "resume");
  }

  @Test
  void aClientThatGoesNoLongerHoldsTheProviderBack() {
    rig.sink.isWritable = false;
    rig.read("data: 1\n\n");
    rig.cursor().detach();
    assertThat(rig.owner.log).containsExactly("pause", "resume");
    rig.read("data: 2\n\n");
    assertThat(rig.owner.log).containsExactly("pause", "resume");
  }

  @Test
  void whatComesAfterTheClientHasGoneIsSeenAndReleased() {
    rig.read("data: 1\n\nda");
    rig.cursor().detach();
    rig.cursor().detach();
    rig.read("ta: 2\n\ndata: 3\n\n");
    assertThat(rig.written()).isEqualTo("data: 1\n\n");
    assertThat(rig.observer.events).containsExactly("data: 1\n\n", "data: 2\n\n", "data: 3\n\n");
    assertThat(rig.usedBytes()).isZero();
    journal.end(COMPLETE);
    assertThat(rig.sink.ending).isNull();
    assertThat(rig.cursor().isEnded()).isFalse();
  }

  @Test
  void aClientMayGoWhileItIsWrittenTo() {
    rig.sink.onWrite = () -> rig.cursor().detach();
    rig.read("data: 1\n\ndata: swallow\n\ndata: 2\n\ndata: half");
    assertThat(rig.written()).isEqualTo("data: 1\n\n");
    assertThat(rig.observer.events).hasSize(3);
  }

  @Test
  void aJournalMayBeEndedAndClosedWhileItWrites() {
    rig.sink.onWrite =
        () -> {
          journal.end(new Ending.Cut("client_gone", null));
          journal.close();
        };
    rig.read("data: 1\n\ndata: swallow\n\ndata: 2\n\ndata: [DONE]\n\nhalf");
    assertThat(rig.written()).isEqualTo("data: 1\n\n");
    assertThat(rig.sink.log).endsWith("end Cut");
    assertThat(rig.usedBytes()).isZero();
  }

  @Test
  void anObserverThatFailsLosesNoBuffer() {
    rig.observer.verdict =
        text -> {
          throw new IllegalArgumentException("observer");
        };
    assertThatThrownBy(() -> rig.read("data: 1\n\n")).isInstanceOf(IllegalArgumentException.class);
    rig.read("data: ha");
    assertThatThrownBy(() -> rig.read("lf\n\ndata: 2\n\n"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void commentsAreNoSignOfLife() {
    long begun = rig.nanos();
    rig.pass(5);
    rig.read(": keep-alive\n\n", "\n", ": half a com");
    assertThat(journal.lastActivityNanos()).isEqualTo(begun);
    rig.pass(5);
    rig.read("ment\ndata: pie");
    assertThat(journal.lastActivityNanos()).isEqualTo(rig.nanos());
  }

  @Test
  void eventsWithoutDataAreNotCounted() {
    rig.read(": comment\n\n\nid: 7\n\ndata: 1\n\ndata: swallow\n\n");
    assertThat(journal.eventsPassed()).isEqualTo(1);
  }

  @Test
  void bodiesThatAreNoEventStreamPassStraightThrough() {
    JournalRig json = new JournalRig();
    json.attach(KEEP_ALIVE, PLAIN, null);
    json.journal.begin(JSON);
    ByteBuf read = json.bytes("{\"swallow\":");
    json.journal.append(read);
    json.pass(3);
    json.read("\"[DONE]\"}");
    assertThat(json.sink.received(read)).isTrue();
    assertThat(json.written()).isEqualTo("{\"swallow\":\"[DONE]\"}");
    assertThat(json.observer.bytes.toString()).isEqualTo(json.written());
    assertThat(json.journal.lastActivityNanos()).isEqualTo(json.nanos());
    json.journal.end(COMPLETE);
    assertThat(json.sink.log).endsWith("end Complete");
    assertThat(json.usedBytes()).isZero();
  }

  @Test
  void aFailureOfABodyThatIsNoEventStreamIsACut() {
    JournalRig opaque = new JournalRig();
    opaque.attach(KEEP_ALIVE, PLAIN, null);
    opaque.journal.begin(OPAQUE);
    opaque.read("half");
    opaque.journal.end(new Ending.Failed("upstream_reset", NOTICE.getBytes(US_ASCII)));
    assertThat(opaque.written()).isEqualTo("half");
    assertThat(opaque.sink.ending).isEqualTo(new Ending.Cut("upstream_reset", null));
  }

  @Test
  void aClientThatWasSentNoHeadIsLeftToItsOwner() {
    JournalRig early = new JournalRig();
    early.attach();
    early.journal.end(new Ending.Failed("upstream_refused", NOTICE.getBytes(US_ASCII)));
    assertThat(early.sink.log).isEmpty();
    assertThat(early.cursor().isCommitted()).isFalse();
    assertThat(early.wheel.size()).isZero();
  }

  @Test
  void anAnswerThatIsNotHeldHasOneClientAtATimeAndOnlyBeforeItsBody() {
    assertThatThrownBy(rig::attach).isInstanceOf(IllegalStateException.class);
    rig.cursor().detach();
    rig.attach();
    assertThat(rig.sink.log).endsWith("head 200 EVENTS", "flush");
    rig.read("data: 1\n\n");
    rig.cursor().detach();
    assertThatThrownBy(rig::attach)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("bodyBegun=true");
  }

  @Test
  void closingReleasesWhatIsHeldAndTellsTheClientNothing() {
    rig.read("data: ha");
    assertThat(rig.usedBytes()).isPositive();
    journal.close();
    journal.close();
    rig.read("lf\n\n");
    journal.end(COMPLETE);
    assertThat(rig.usedBytes()).isZero();
    assertThat(rig.sink.log).containsExactly("head 200 EVENTS", "flush");
  }

  @Test
  void closingReleasesALastEventThatWasHeld() {
    rig.read("data: [DONE]\n\n");
    journal.close();
    rig.pass(1);
    assertThat(rig.owner.log).isEmpty();
    assertThat(rig.written()).isEmpty();
  }

  @Test
  void aByteOrderMarkPassesUnlessSomethingWasSentBeforeIt() {
    rig.read("\u00EF\u00BB\u00BFdata: 1\n\n");
    assertThat(rig.written()).isEqualTo("\u00EF\u00BB\u00BFdata: 1\n\n");

    JournalRig late = new JournalRig();
    late.attach();
    late.pass(11);
    late.journal.begin(EVENTS);
    late.read("\u00EF\u00BB", "\u00BFdata: 1\n\n");
    assertThat(late.written()).isEqualTo(": keep-alive\n\ndata: 1\n\n");
    late.journal.close();
  }
}
