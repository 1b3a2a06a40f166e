package dev.sluice.sse.journal;

import static dev.sluice.sse.journal.JournalRig.EVENTS;
import static dev.sluice.sse.journal.JournalRig.JSON;
import static dev.sluice.sse.journal.JournalRig.KEEP_ALIVE;
import static dev.sluice.sse.journal.JournalRig.OPAQUE;
import static dev.sluice.sse.journal.JournalRig.PLAIN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.keepalive.KeepAlive;
import dev.sluice.sse.keepalive.KeepAliveForm;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is written into a silence, when, and where never. Time is virtual. */
class KeepAliveTest {

  private static final String COMMENT = ": keep-alive\n\n";
  private static final String BARE = ": keep-alive\n";
  private static final String PING = "event: ping\ndata: {\"type\": \"ping\"}\n\n";

  @Test
  void aSilentStreamIsKeptAliveAtTheIntervalWithinItsJitter() {
    JournalRig rig = JournalRig.begun();
    rig.pass(600);
    List<Long> writes = rig.sink.writeNanos;
    assertThat(rig.cursor().keepAlives()).isBetween(33L, 50L);
    double shortest = 1e9;
    double longest = 0;
    for (int i = 1; i < writes.size(); i++) {
      double gap = JournalRig.seconds(writes.get(i) - writes.get(i - 1));
      shortest = Math.min(shortest, gap);
      longest = Math.max(longest, gap);
    }
    assertThat(shortest).isBetween(12.0, 13.0);
    assertThat(longest).isBetween(17.0, 18.1);
    assertThat(rig.cursor().longestSilenceNanos()).isEqualTo((long) (longest * 1e9));
    rig.journal.close();
  }

  @Test
  void everyKeepAliveIsFlushedByItself() {
    JournalRig rig = JournalRig.begun();
    rig.sink.log.clear();
    rig.pass(20);
    assertThat(rig.sink.log).containsExactly(COMMENT, "flush");
    rig.journal.close();
  }

  @Test
  void anyByteStartsTheSilenceAnew() {
    JournalRig rig = JournalRig.begun();
    for (int i = 0; i < 30; i++) {
      rig.pass(11);
      rig.read("data: 1\n\n");
    }
    assertThat(rig.cursor().keepAlives()).isZero();
    assertThat(rig.cursor().longestSilenceNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(11));
    rig.journal.close();
  }

  @Test
  void anEventThatTricklesInIsSilenceToTheClient() {
    JournalRig rig = JournalRig.begun();
    String event = "data: 0123456789\n\n";
    for (int i = 0; i < event.length(); i++) {
      rig.read(event.substring(i, i + 1));
      rig.pass(11);
    }
    assertThat(rig.cursor().keepAlives()).isGreaterThan(8);
    assertThat(rig.written().replace(COMMENT, "")).isEqualTo(event);
    assertThat(rig.sink.keepAliveOffsets).allMatch(at -> at == 0 || at == event.length());
    rig.journal.close();
  }

  @Test
  void nothingIsWrittenIntoALongEventUntilItEnds() {
    JournalRig rig = JournalRig.begun();
    rig.read("data: " + "x".repeat(70_000));
    rig.pass(100);
    assertThat(rig.cursor().keepAlives()).isZero();
    rig.read("\n\n");
    assertThat(rig.cursor().keepAlives()).isZero();
    rig.pass(Duration.ofMillis(18_500));
    assertThat(rig.cursor().keepAlives()).isEqualTo(1);
    rig.journal.close();
  }

  @Test
  void aSilentProviderMakesTheHeadGoOutEarlyWithACommentInOneFlush() {
    JournalRig rig = new JournalRig();
    Cursor cursor = rig.attach();
    rig.pass(Duration.ofMillis(9_900));
    assertThat(cursor.isCommitted()).isFalse();
    assertThat(cursor.longestSilenceNanos()).isZero();
    rig.pass(Duration.ofMillis(300));
    assertThat(cursor.isCommitted()).isTrue();
    assertThat(rig.sink.log).containsExactly("head 200 EVENTS", COMMENT, "flush");
    rig.pass(100);
    assertThat(cursor.keepAlives()).isBetween(6L, 9L);

    rig.journal.begin(EVENTS);
    rig.read("data: 1\n\n");
    assertThat(rig.sink.log).containsOnlyOnce("head 200 EVENTS");
    assertThat(rig.written()).endsWith("data: 1\n\n");
    rig.journal.close();
  }

  @Test
  void aProviderThatAnswersInTimeIsNotAnticipated() {
    JournalRig rig = new JournalRig();
    rig.attach();
    rig.pass(Duration.ofMillis(9_900));
    rig.journal.begin(EVENTS);
    rig.journal.flush();
    rig.pass(11);
    assertThat(rig.sink.log).containsExactly("head 200 EVENTS", "flush");
    rig.journal.close();
  }

  @Test
  void aFailureAfterTheEarlyHeadIsToldInTheStream() {
    JournalRig rig = new JournalRig();
    rig.attach();
    rig.pass(11);
    rig.journal.end(new Ending.Failed("upstream_500", "data: {}\n\n".getBytes(US_ASCII)));
    assertThat(rig.sink.log)
        .containsExactly("head 200 EVENTS", COMMENT, "flush", "data: {}\n\n", "end Failed");
    rig.pass(100);
    assertThat(rig.cursor().keepAlives()).isEqualTo(1);
  }

  @Test
  void withoutAnEarlyHeadNothingIsCommitted() {
    JournalRig rig = new JournalRig();
    rig.attach(KEEP_ALIVE, PLAIN, null);
    rig.pass(3600);
    assertThat(rig.sink.log).isEmpty();
    rig.journal.close();
  }

  @Test
  void switchedOffNothingIsEverWritten() {
    JournalRig rig = new JournalRig();
    rig.attach(settings(false, KeepAlive.Style.AUTO, true), PLAIN, EVENTS);
    rig.pass(60);
    rig.journal.begin(EVENTS);
    rig.pass(600);
    assertThat(rig.sink.log).containsExactly("head 200 EVENTS");
    assertThat(rig.wheel.size()).isZero();
    rig.journal.close();
  }

  @Test
  void jsonIsKeptAliveByWhiteSpaceBeforeItsFirstByteAndNeverAfter() {
    JournalRig rig = new JournalRig();
    rig.attach(settings(true, KeepAlive.Style.AUTO, true), PLAIN, JSON);
    rig.pass(40);
    assertThat(rig.sink.log).startsWith("head 200 JSON", "\n", "flush", "\n", "flush");
    rig.journal.begin(JSON);
    rig.pass(20);
    rig.read("{\"a\":");
    String before = rig.written();
    rig.pass(600);
    assertThat(rig.written()).isEqualTo(before);
    rig.read("1}");
    rig.pass(600);
    rig.journal.end(new Ending.Complete());
    assertThat(before).startsWith("\n\n\n");
    assertThat(rig.written().strip()).isEqualTo("{\"a\":1}");
    assertThat(rig.written()).endsWith("{\"a\":1}");
    assertThat(rig.sink.log).containsOnlyOnce("head 200 JSON");
  }

  @Test
  void jsonIsLeftAloneUnlessThatIsAskedFor() {
    JournalRig rig = new JournalRig();
    rig.attach(KEEP_ALIVE, PLAIN, JSON);
    rig.pass(600);
    assertThat(rig.sink.log).isEmpty();
    rig.journal.close();
  }

  @Test
  void jsonWhoseHeadCameFromTheProviderIsLeftAlone() {
    JournalRig rig = new JournalRig();
    rig.attach(settings(true, KeepAlive.Style.AUTO, true), PLAIN, JSON);
    rig.journal.begin(JSON);
    rig.pass(600);
    assertThat(rig.written()).isEmpty();
    assertThat(rig.wheel.size()).isZero();
    rig.journal.close();
  }

  @Test
  void aJsonFailureAfterWhiteSpaceIsACut() {
    JournalRig rig = new JournalRig();
    rig.attach(settings(true, KeepAlive.Style.AUTO, true), PLAIN, JSON);
    rig.pass(11);
    rig.journal.end(new Ending.Failed("upstream_500", "{}".getBytes(US_ASCII)));
    assertThat(rig.written()).isEqualTo("\n");
    assertThat(rig.sink.ending).isEqualTo(new Ending.Cut("upstream_500", null));
  }

  @Test
  void nothingIsPutIntoABodyOfUnknownForm() {
    JournalRig rig = new JournalRig();
    rig.attach(KEEP_ALIVE, PLAIN, EVENTS);
    rig.journal.begin(OPAQUE);
    assertThat(rig.wheel.size()).isZero();
    rig.pass(600);
    assertThat(rig.written()).isEmpty();
    rig.journal.close();
  }

  @Test
  void theNativeEventIsUsedWhereItIsWantedAndThereIsOne() {
    byte[] ping = PING.getBytes(US_ASCII);
    assertThat(firstKeepAlive(KeepAlive.Style.NATIVE, new KeepAliveForm(ping, false)))
        .isEqualTo(PING);
    assertThat(firstKeepAlive(KeepAlive.Style.NATIVE, PLAIN)).isEqualTo(COMMENT);
    assertThat(firstKeepAlive(KeepAlive.Style.AUTO, new KeepAliveForm(ping, false)))
        .isEqualTo(COMMENT);
    assertThat(firstKeepAlive(KeepAlive.Style.COMMENT, new KeepAliveForm(ping, false)))
        .isEqualTo(COMMENT);
  }

  @Test
  void onceAnIdWasSeenTheCommentStandsWithoutItsBlankLineWhereThatIsNeeded() {
    JournalRig rig = new JournalRig();
    rig.attach(KEEP_ALIVE, new KeepAliveForm(null, true), EVENTS);
    rig.journal.begin(EVENTS);
    rig.pass(20);
    assertThat(rig.written()).isEqualTo(COMMENT);
    rig.read("id: 7\ndata: swallow\n\n", "id: 8\ndata: ha");
    rig.pass(20);
    assertThat(rig.written()).isEqualTo(COMMENT + COMMENT);
    rig.read("lf\n\n");
    rig.pass(20);
    assertThat(rig.written()).endsWith("half\n\n" + BARE);
    rig.journal.close();
  }

  @Test
  void anIdIsNoMatterToClientsThatDoNotMindIt() {
    JournalRig rig = JournalRig.begun();
    rig.read("id: 8\ndata: 1\n\n");
    rig.pass(20);
    assertThat(rig.written()).endsWith("data: 1\n\n" + COMMENT);
    rig.journal.close();
  }

  @Test
  void aClientThatTakesNothingGetsItsCommentAsSoonAsItDoes() {
    JournalRig rig = JournalRig.begun();
    rig.sink.isWritable = false;
    rig.pass(100);
    assertThat(rig.cursor().keepAlives()).isZero();
    rig.sink.isWritable = true;
    rig.cursor().writabilityChanged();
    rig.pass(Duration.ofMillis(200));
    assertThat(rig.cursor().keepAlives()).isEqualTo(1);
    rig.pass(100);
    assertThat(rig.cursor().keepAlives()).isBetween(6L, 9L);
    rig.journal.close();
  }

  @Test
  void afterTheEndAndAfterTheClientHasGoneNothingIsWritten() {
    JournalRig ended = JournalRig.begun();
    ended.journal.end(new Ending.Complete());
    ended.pass(600);
    assertThat(ended.cursor().keepAlives()).isZero();
    assertThat(ended.wheel.size()).isZero();

    JournalRig gone = JournalRig.begun();
    gone.cursor().detach();
    gone.pass(600);
    assertThat(gone.cursor().keepAlives()).isZero();
    assertThat(gone.wheel.size()).isZero();
  }

  @Test
  void noCommentComesBetweenTheLastEventAndTheEnd() {
    KeepAlive impatient =
        new KeepAlive(
            true, Duration.ofMillis(10), 0, KeepAlive.Style.AUTO, Duration.ofSeconds(10), false);
    JournalRig rig = new JournalRig();
    rig.attach(impatient, PLAIN, EVENTS);
    rig.journal.begin(EVENTS);
    rig.read("data: [DONE]\n\n");
    rig.pass(10);
    assertThat(rig.written()).isEqualTo("data: [DONE]\n\n");
    assertThat(rig.cursor().keepAlives()).isZero();
  }

  @Test
  void theAgeOfSilenceStopsWhenTheClientGoes() {
    JournalRig rig = JournalRig.begun();
    rig.pass(7);
    rig.cursor().detach();
    rig.pass(100);
    assertThat(rig.cursor().silenceNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(7));
    assertThat(rig.cursor().longestSilenceNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(7));
  }

  @Test
  void keepAlivesAreBytesThatWereWritten() {
    JournalRig rig = JournalRig.begun();
    rig.read("data: 1\n\n");
    rig.pass(20);
    assertThat(rig.cursor().bytesWritten()).isEqualTo(9 + COMMENT.length());
    rig.journal.close();
  }

  private static String firstKeepAlive(KeepAlive.Style style, KeepAliveForm form) {
    JournalRig rig = new JournalRig();
    rig.attach(settings(true, style, false), form, EVENTS);
    rig.journal.begin(EVENTS);
    rig.pass(20);
    rig.journal.close();
    return rig.written();
  }

  private static KeepAlive settings(boolean enabled, KeepAlive.Style style, boolean json) {
    return new KeepAlive(enabled, Duration.ofSeconds(15), 20, style, Duration.ofSeconds(10), json);
  }
}
