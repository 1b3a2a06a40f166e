package dev.sluice.sse.journal;

import dev.sluice.sse.codec.NaiveBlocks;
import dev.sluice.sse.codec.NaiveBlocks.Block;
import dev.sluice.sse.journal.JournalObserver.Verdict;
import java.util.HashSet;
import java.util.Set;

/**
 * What becomes of a provider's whole answer, written down without any thought of time: nothing
 * comes in pieces, nobody is late. One char is one byte.
 *
 * @param body what is part of the answer
 * @param isWhole whether it ended as it should
 * @param canBeTold whether a notice of its failure has a place behind the body
 * @param beganWithBom whether the body begins with the provider's byte order mark
 */
record NaiveAnswer(String body, boolean isWhole, boolean canBeTold, boolean beganWithBom) {

  static final String BOM = "\u00EF\u00BB\u00BF";

  static Verdict verdict(String event) {
    return event.contains("swallow")
        ? Verdict.SWALLOW
        : event.contains("[DONE]") ? Verdict.LAST : Verdict.PASS;
  }

  /**
   * @param stream all that the provider sent
   * @param isEnded whether it ended its body
   */
  static NaiveAnswer of(JournalHead.Form form, String stream, boolean isEnded) {
    if (form != JournalHead.Form.EVENTS) {
      return new NaiveAnswer(stream, isEnded, false, false);
    }
    NaiveBlocks naive = NaiveBlocks.of(stream);
    StringBuilder body = new StringBuilder();
    boolean isFirstPassed = false;
    for (Block block : naive.blocks()) {
      Verdict verdict = isLong(block.text()) ? Verdict.PASS : verdict(block.text());
      isFirstPassed |= block.start() == 0 && verdict != Verdict.SWALLOW;
      if (verdict == Verdict.LAST) {
        body.append(stream, block.start(), stream.length());
        return new NaiveAnswer(body.toString(), true, true, isFirstPassed && hasBom(stream));
      }
      body.append(verdict == Verdict.PASS ? block.text() : "");
    }
    String tail = naive.tail();
    boolean isInLongEvent = isLong(tail);
    Verdict verdict = verdict(tail);
    if (isInLongEvent || (isEnded && verdict != Verdict.SWALLOW)) {
      body.append(tail);
      isFirstPassed |= naive.blocks().isEmpty();
    }
    return new NaiveAnswer(
        body.toString(), isEnded, !isInLongEvent, isFirstPassed && hasBom(stream));
  }

  /** The answer up to where somebody ended it from within. */
  NaiveAnswer cutAt(long length) {
    return new NaiveAnswer(body.substring(0, (int) length), false, canBeTold, beganWithBom);
  }

  NaiveAnswer withoutNotice() {
    return new NaiveAnswer(body, isWhole, false, beganWithBom);
  }

  /** What one reader is sent of it. */
  String readBy(Reading reading, JournalHead.Form form) {
    boolean isAsItIs = reading.afterEvent() == 0 && !reading.isNumbered();
    return isAsItIs || form != JournalHead.Form.EVENTS
        ? body
        : NaiveBlocks.of(body).numbered(reading.afterEvent(), reading.isNumbered());
  }

  /** Where in such bytes something may be put in. */
  static Set<Integer> boundaries(String sent) {
    Set<Integer> boundaries = new HashSet<>(Set.of(0));
    for (Block block : NaiveBlocks.of(sent).blocks()) {
      boundaries.add(block.end());
      if (block.text().endsWith("\n") && block.text().length() > 1) {
        // Where the CR of its blank line came alone, the event was whole without this LF.
        boundaries.add(block.end() - 1);
      }
    }
    return boundaries;
  }

  private static boolean isLong(String block) {
    return block.length() > Journal.EVENT_HELD_MAX;
  }

  private static boolean hasBom(String stream) {
    return stream.startsWith(BOM);
  }
}
