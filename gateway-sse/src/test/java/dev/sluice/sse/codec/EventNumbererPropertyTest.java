package dev.sluice.sse.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Numbers in any stream, in any pieces, against two references that see the whole stream: its
 * blocks, and the events of a client that parses by the standard.
 */
class EventNumbererPropertyTest {

  private static final int SEEDS = 6_000;

  /** What a client dispatches (WHATWG HTML 9.2.6). */
  private record Event(String data, String type, String lastEventId) {}

  /** All that a client knows when the stream is over. */
  private record Parsed(List<Event> events, String lastEventId) {
    List<List<String>> withoutIds() {
      return events.stream().map(event -> List.of(event.data(), event.type())).toList();
    }
  }

  @Test
  void eachEventHasItsNumberHoweverTheBytesAreSplit() {
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      String stream = NaiveBlocks.random(random);

      String numbered = run(stream, 0, true, random);

      String replay = "seed " + seed;
      assertThat(numbered).as(replay).isEqualTo(expected(stream, 0, true));
      Parsed plain = parse(stream);
      Parsed seen = parse(numbered);
      assertThat(seen.withoutIds()).as(replay).isEqualTo(plain.withoutIds());
      for (int i = 0; i < seen.events().size(); i++) {
        assertThat(seen.events().get(i).lastEventId()).as(replay).isEqualTo(String.valueOf(i + 1));
      }
    }
  }

  @Test
  void whatAClientWouldAskFromIsAlwaysANumber() {
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      String stream = NaiveBlocks.random(random);

      Parsed seen = parse(run(stream, 0, true, random));

      String last = seen.lastEventId();
      assertThat(last.isEmpty() ? "0" : last)
          .as("seed " + seed)
          .isEqualTo(String.valueOf(seen.events().size()));
    }
  }

  @Test
  void aClientThatHasSomeEventsGetsExactlyTheOthersWithTheirNumbers() {
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      String stream = NaiveBlocks.random(random);
      List<Event> all = parse(expected(stream, 0, true)).events();
      int after = 1 + random.nextInt(all.size() + 2);

      String numbered = run(stream, after, true, random);

      String replay = "seed " + seed + " after " + after;
      assertThat(numbered).as(replay).isEqualTo(expected(stream, after, true));
      // Behind a comment: a mark in the middle of the stream is none at the beginning of its rest.
      assertThat(parse(":\n" + numbered).events())
          .as(replay)
          .isEqualTo(all.subList(Math.min(after, all.size()), all.size()));
    }
  }

  @Test
  void withoutNumbersTheBytesAreTheRestOfTheStream() {
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      String stream = NaiveBlocks.random(random);
      int after = random.nextInt(8);

      String rest = run(stream, after, false, random);

      String replay = "seed " + seed + " after " + after;
      assertThat(stream).as(replay).endsWith(rest);
      assertThat(rest).as(replay).isEqualTo(expected(stream, after, false));
    }
  }

  private static String run(String stream, int after, boolean writesIds, Random random) {
    // Counts; tracking every look at every byte would take minutes.
    UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    EventNumberer numberer = new EventNumberer(after, writesIds);
    StringBuilder out = new StringBuilder();
    int offset = 0;
    for (int cut : NaiveBlocks.randomCuts(stream.length(), random)) {
      int padding = random.nextInt(4);
      String framed = "\r".repeat(padding) + stream.substring(offset, cut) + "\n\r\n";
      ByteBuf piece = allocator.heapBuffer();
      piece.writeCharSequence(framed, ISO_8859_1);
      ByteBuf numbered = numberer.number(piece.setIndex(padding, padding + cut - offset));
      out.append(numbered.toString(ISO_8859_1));
      offset = cut;
      numbered.release();
    }
    assertThat(allocator.metric().usedHeapMemory()).isZero();
    return out.toString();
  }

  private static String expected(String stream, int after, boolean writesIds) {
    return NaiveBlocks.of(stream).numbered(after, writesIds);
  }

  private static Parsed parse(String stream) {
    List<Event> events = new ArrayList<>();
    String text = stream.startsWith("\u00EF\u00BB\u00BF") ? stream.substring(3) : stream;
    StringBuilder data = new StringBuilder();
    String type = "";
    String idBuffer = "";
    String lastEventId = "";
    // What stands behind the last line end is no line.
    String[] lines = text.split("\r\n|\r|\n", -1);
    for (int i = 0; i < lines.length - 1; i++) {
      String line = lines[i];
      if (line.isEmpty()) {
        lastEventId = idBuffer;
        if (!data.isEmpty()) {
          events.add(new Event(data.substring(0, data.length() - 1), type, lastEventId));
        }
        data.setLength(0);
        type = "";
      } else if (!line.startsWith(":")) {
        int colon = line.indexOf(':');
        String field = colon < 0 ? line : line.substring(0, colon);
        String value = colon < 0 ? "" : line.substring(colon + 1);
        value = value.startsWith(" ") ? value.substring(1) : value;
        switch (field) {
          case "data" -> data.append(value).append('\n');
          case "event" -> type = value;
          case "id" -> idBuffer = value;
          default -> {}
        }
      }
    }
    return new Parsed(events, lastEventId);
  }
}
