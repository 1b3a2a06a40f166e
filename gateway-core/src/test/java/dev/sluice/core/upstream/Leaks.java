package dev.sluice.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Hears of buffers that were dropped without being released, in a JVM that looks for them. */
final class Leaks {
  private static final Queue<String> found = new ConcurrentLinkedQueue<>();

  static {
    ByteBufUtil.setLeakListener((type, records) -> found.add(type + records));
  }

  private Leaks() {}

  /** Collects garbage, has the detector report, and fails if something was lost. */
  static void expectNone() {
    if (ResourceLeakDetector.getLevel() != ResourceLeakDetector.Level.PARANOID) {
      throw new AssertionError("run with -Dio.netty.leakDetection.level=paranoid");
    }
    System.gc();
    for (int i = 0; i < 4; i++) { // the detector looks whenever a buffer is made
      ByteBuf made = PooledByteBufAllocator.DEFAULT.buffer(16);
      made.release();
    }
    if (!found.isEmpty()) {
      throw new AssertionError(String.join("\n", found));
    }
  }
}
