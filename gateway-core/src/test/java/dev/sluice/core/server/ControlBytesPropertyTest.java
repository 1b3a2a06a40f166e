package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ControlBytesPropertyTest {

  /** Against the obvious loop, over random bytes dense and sparse in controls, at random bounds. */
  @Test
  void theFirstControlByteIsFoundWhereverItStands() {
    long seed = 20_261_125L;
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = new byte[random.nextInt(1, 70)];
      random.nextBytes(bytes);
      if (round % 3 != 0) {
        // Sparse: mostly the neighbours of what is looked for.
        byte[] near = {0x20, 0x21, 0x7e, (byte) 0x80, (byte) 0x9f, (byte) 0xff, 0x60, 0x40};
        for (int i = 0; i < bytes.length; i++) {
          if (random.nextInt(20) != 0) {
            bytes[i] = near[random.nextInt(near.length)];
          }
        }
      }
      int from = random.nextInt(bytes.length);
      int to = random.nextInt(from, bytes.length + 1);
      int expected = from;
      while (expected < to && !((bytes[expected] & 0xff) < 0x20 || bytes[expected] == 0x7f)) {
        expected++;
      }
      ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
      assertThat(ControlBytes.next(buffer, from, to))
          .as("seed %d round %d", seed, round)
          .isEqualTo(expected);
    }
  }
}
