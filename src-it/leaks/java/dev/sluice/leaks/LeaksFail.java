package dev.sluice.leaks;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A buffer that a test class lost fails that class. Compiled into the tests of every module that
 * knows Netty and registered there for all classes; see the build.
 *
 * <p>Netty notices a lost buffer when it has been collected and the next one is allocated, so after
 * each class the heap is collected and a few buffers are allocated. What is still reachable (a
 * server that has not been closed) is not lost, and not seen here.
 */
public final class LeaksFail implements BeforeAllCallback, AfterAllCallback {

  private static final int ROUNDS = 3;

  /** Reports since the class began; Netty calls from whichever thread allocates. */
  private final ConcurrentLinkedQueue<String> reports = new ConcurrentLinkedQueue<>();

  @Override
  public void beforeAll(ExtensionContext context) {
    ByteBufUtil.setLeakListener((type, records) -> reports.add(type + "\n" + records));
  }

  @Override
  public void afterAll(ExtensionContext context) throws InterruptedException {
    if (context.getParent().flatMap(ExtensionContext::getTestClass).isPresent()) {
      // A nested class: its outer class is asked.
      return;
    }
    for (int round = 0; round < ROUNDS; round++) {
      System.gc();
      // Netty reads the queue of the collected only when it allocates; the collector fills it a
      // moment after gc() has returned.
      for (int i = 0; i < 20; i++) {
        PooledByteBufAllocator.DEFAULT.heapBuffer(1).release();
      }
    }
    List<String> lost = new ArrayList<>();
    for (String report = reports.poll(); report != null; report = reports.poll()) {
      lost.add(report);
    }
    if (!lost.isEmpty()) {
      throw new AssertionError(
          lost.size()
              + " buffers were not released in "
              + context.getDisplayName()
              + ". The first:\n"
              + lost.get(0));
    }
  }
}
