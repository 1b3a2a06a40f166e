package dev.sluice.sse.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What the standard says about a whole stream, written down without any thought of speed, and
 * streams to try it on. One char is one byte.
 */
public record NaiveBlocks(List<Block> blocks, String tail, int contentBytes) {

  /** One block, and what it is. */
  public record Block(
      int start, int end, String text, boolean hasData, boolean hasId, boolean isOnlyComments) {}

  private static final String BOM = "\u00EF\u00BB\u00BF";

  private static final List<String> LINES =
      List.of(
          ": OPENROUTER PROCESSING",
          ":",
          "data: {\"a\":\"b\"}",
          "data:x",
          "data",
          "data: Grüße 😀 aus Zürich",
          "data: " + "0123456789".repeat(30),
          "datax: y",
          "id: 7",
          "id",
          "id:",
          "idx: 4",
          "event: message_stop",
          "retry: 3000",
          "data: {\"swallow\":true}",
          "\uFEFFdata: not at the start",
          "\u0A0A odd \u0D0D",
          " data: led by a space");

  /** Cuts a whole stream into blocks. */
  public static NaiveBlocks of(String stream) {
    List<Block> blocks = new ArrayList<>();
    int start = 0;
    int content = 0;
    boolean data = false;
    boolean id = false;
    boolean comment = false;
    boolean other = false;
    int at = 0;
    while (at < stream.length()) {
      int end = at;
      while (end < stream.length() && stream.charAt(end) != '\n' && stream.charAt(end) != '\r') {
        end++;
      }
      String line = stream.substring(at, end);
      if (at == 0 && line.startsWith(BOM)) {
        line = line.substring(BOM.length());
      }
      boolean isComment = line.startsWith(":");
      content += isComment ? 0 : line.length();
      if (end == stream.length()) {
        break;
      }
      int next = end + (stream.startsWith("\r\n", end) ? 2 : 1);
      if (line.isEmpty()) {
        blocks.add(
            new Block(start, next, stream.substring(start, next), data, id, comment && !other));
        start = next;
        data = id = comment = other = false;
      } else if (isComment) {
        comment = true;
      } else {
        other = true;
        int colon = line.indexOf(':');
        String field = colon < 0 ? line : line.substring(0, colon);
        data |= field.equals("data");
        id |= field.equals("id");
      }
      at = next;
    }
    return new NaiveBlocks(blocks, stream.substring(start), content);
  }

  /** The stream behind an event, its events numbered or not. */
  public String numbered(long after, boolean writesIds) {
    StringBuilder out = new StringBuilder();
    long number = 0;
    for (Block block : blocks) {
      boolean isLeftOut = number < after;
      number += block.hasData() ? 1 : 0;
      if (!isLeftOut) {
        String text = block.text();
        int blank = text.length() - (text.endsWith("\r\n") ? 2 : 1);
        boolean isNumbered = writesIds && (block.hasData() || block.hasId());
        out.append(text, 0, blank)
            .append(isNumbered ? "id: " + number + "\n" : "")
            .append(text, blank, text.length());
      }
    }
    return out.append(number < after ? "" : tail).toString();
  }

  /** A stream with everything in it: comments, ids, all line ends, multi-byte text, lone blanks. */
  public static String random(RandomGenerator random) {
    StringBuilder stream = new StringBuilder(random.nextInt(4) == 0 ? BOM : "");
    int style = random.nextInt(4);
    int lines = random.nextInt(40);
    for (int i = 0; i < lines; i++) {
      if (random.nextInt(3) > 0) {
        String line = LINES.get(random.nextInt(LINES.size()));
        stream.append(
            new String(line.getBytes(java.nio.charset.StandardCharsets.UTF_8), ISO_8859_1));
      }
      if (i < lines - 1 || random.nextBoolean()) {
        int end = style < 3 ? style : random.nextInt(3);
        stream.append(end == 0 ? "\n" : end == 1 ? "\r\n" : "\r");
      }
    }
    return stream.toString();
  }

  /** Where to cut a text, in rising order, its end included: in small pieces, or in few. */
  public static List<Integer> randomCuts(int length, RandomGenerator random) {
    int most = random.nextInt(3) == 0 ? 1 : 1 << random.nextInt(12);
    List<Integer> cuts = new ArrayList<>();
    int at = 0;
    while (at < length) {
      at = Math.min(length, at + 1 + random.nextInt(most));
      cuts.add(at);
    }
    return cuts;
  }
}
