package dev.sluice.sse.journal;

import static dev.sluice.sse.journal.JournalRig.EVENTS;
import static dev.sluice.sse.journal.JournalRig.KEEP_ALIVE;
import static dev.sluice.sse.journal.JournalRig.PLAIN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.codec.NaiveBlocks;
import dev.sluice.sse.codec.NaiveBlocks.Block;
import dev.sluice.sse.journal.JournalObserver.Verdict;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Any stream in any pieces and with any pauses: exact bytes, comments only between events. */
class JournalPropertyTest {

  private static final int SEEDS = 3_000;
  private static final String BOM = "\u00EF\u00BB\u00BF";
  private static final String NOTICE = "data: {\"error\":{}}\n\n";

  @Test
  void theClientGetsTheProvidersBytesWithoutExactlyWhatWasSwallowed() {
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      String stream = NaiveBlocks.random(random);
      boolean isWhole = random.nextBoolean();
      JournalRig rig = new JournalRig(seed);
      rig.observer.verdict = text -> text.contains("swallow") ? Verdict.SWALLOW : Verdict.PASS;
      rig.attach(KEEP_ALIVE, PLAIN, EVENTS);
      rig.pass(Duration.ofMillis(random.nextInt(12_000)));
      rig.journal.begin(EVENTS);

      int offset = 0;
      for (int cut : NaiveBlocks.randomCuts(stream.length(), random)) {
        rig.journal.append(rig.bytes(stream.substring(offset, cut)));
        offset = cut;
        if (random.nextBoolean()) {
          rig.journal.flush();
        }
        if (random.nextInt(8) == 0) {
          rig.pass(Duration.ofMillis(random.nextInt(20_000)));
        }
      }
      rig.journal.flush();
      rig.journal.end(
          isWhole ? new Ending.Complete() : new Ending.Failed("cut", NOTICE.getBytes(US_ASCII)));

      check(rig, stream, isWhole, "seed " + seed);
    }
  }

  private static void check(JournalRig rig, String stream, boolean isWhole, String replay) {
    NaiveBlocks naive = NaiveBlocks.of(stream);
    StringBuilder passed = new StringBuilder();
    Set<Integer> boundaries = new HashSet<>();
    boundaries.add(0);
    for (Block block : naive.blocks()) {
      if (!block.text().contains("swallow")) {
        passed.append(block.text());
        boundaries.add(passed.length());
        if (block.text().endsWith("\n") && block.text().length() > 1) {
          // Where the CR of its blank line came alone, the event was whole without this LF.
          boundaries.add(passed.length() - 1);
        }
      }
    }
    String tail = naive.tail().contains("swallow") ? "" : naive.tail();
    String expected = passed + (isWhole ? tail : NOTICE);
    String first = naive.blocks().isEmpty() ? tail : naive.blocks().getFirst().text();
    boolean losesBom =
        !first.contains("swallow")
            && !rig.sink.keepAliveOffsets.isEmpty()
            && rig.sink.keepAliveOffsets.getFirst() == 0
            && expected.startsWith(BOM);
    int lost = losesBom ? BOM.length() : 0;

    String written = withoutKeepAlives(rig);
    assertThat(written).as(replay).isEqualTo(expected.substring(lost));
    for (int at : rig.sink.keepAliveOffsets) {
      assertThat(boundaries).as(replay).contains(at == 0 ? 0 : at + lost);
    }
    assertThat(shown(rig)).as(replay).isEqualTo(expectedShown(naive, isWhole));
    assertThat(rig.usedBytes()).as(replay).isZero();
    assertThat(rig.wheel.size()).as(replay).isZero();
  }

  /** What was written at the places where no keep-alive was. */
  private static String withoutKeepAlives(JournalRig rig) {
    StringBuilder rest = new StringBuilder(rig.written());
    int length = ": keep-alive\n\n".length();
    for (int at : rig.sink.keepAliveOffsets) {
      rest.delete(at, at + length);
    }
    return rest.toString();
  }

  private static String shown(JournalRig rig) {
    return String.join("", rig.observer.events).replace("\n", "").replace("\r", "");
  }

  private static String expectedShown(NaiveBlocks naive, boolean isWhole) {
    List<String> texts = naive.blocks().stream().map(Block::text).toList();
    String all = String.join("", texts) + (isWhole ? naive.tail() : "");
    return all.replace("\n", "").replace("\r", "");
  }
}
