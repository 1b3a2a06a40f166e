package dev.sluice.sse.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.codec.NaiveBlocks.Block;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The scanner, fed in any pieces, against a reference that sees the whole stream at once. */
class SseScannerPropertyTest {

  private static final int SEEDS = 6_000;

  @Test
  void blocksDoNotDependOnHowTheBytesAreSplit() {
    for (long seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      String stream = NaiveBlocks.random(random);
      NaiveBlocks expected = NaiveBlocks.of(stream);
      List<Integer> cuts = NaiveBlocks.randomCuts(stream.length(), random);

      SseScanner scanner = new SseScanner();
      List<Block> found = scan(scanner, stream, cuts, random);

      String replay = "seed " + seed;
      assertThat(found).as(replay).isEqualTo(expected.blocks());
      assertThat(scanner.contentBytes()).as(replay).isEqualTo(expected.contentBytes());
      assertThat(scanner.beganWithBom())
          .as(replay)
          .isEqualTo(stream.startsWith("\u00EF\u00BB\u00BF"));
    }
  }

  private static List<Block> scan(
      SseScanner scanner, String stream, List<Integer> cuts, Random random) {
    List<Block> found = new ArrayList<>();
    int start = 0;
    int offset = 0;
    for (int cut : cuts) {
      int padding = random.nextInt(9);
      ByteBuf piece = piece(stream.substring(offset, cut), padding, random.nextBoolean());
      int at = padding;
      int to = padding + cut - offset;
      int end;
      while ((end = scanner.scan(piece, at, to)) >= 0) {
        int absolute = offset + end - padding;
        if (scanner.isRestOfLineEnd()) {
          Block before = found.removeLast();
          found.add(block(stream, before.start(), absolute, before));
        } else {
          found.add(
              new Block(
                  start,
                  absolute,
                  stream.substring(start, absolute),
                  scanner.hasData(),
                  scanner.hasId(),
                  scanner.isOnlyComments()));
        }
        start = absolute;
        at = end;
      }
      offset = cut;
      piece.release();
    }
    if (scanner.isWholeButForLineFeed()) {
      found.add(
          new Block(
              start,
              stream.length(),
              stream.substring(start),
              scanner.hasData(),
              scanner.hasId(),
              scanner.isOnlyComments()));
    }
    return found;
  }

  private static Block block(String stream, int start, int end, Block like) {
    return new Block(
        start,
        end,
        stream.substring(start, end),
        like.hasData(),
        like.hasId(),
        like.isOnlyComments());
  }

  /** The piece in the middle of other bytes, which must not be looked at. */
  private static ByteBuf piece(String text, int padding, boolean isDirect) {
    byte[] bytes = ("\n".repeat(padding) + text + "\n".repeat(9)).getBytes(ISO_8859_1);
    return isDirect
        ? Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip())
        : Unpooled.wrappedBuffer(bytes);
  }
}
