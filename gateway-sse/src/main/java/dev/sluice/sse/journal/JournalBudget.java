package dev.sluice.sse.journal;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of answers may be held: of one, and of all. Shared by all loops; from any thread;
 * never blocks.
 */
public final class JournalBudget {

  private final long perCallMaxBytes;
  private final long totalMaxBytes;
  private final AtomicLong held = new AtomicLong();

  /**
   * @param perCallMaxBytes most bytes of one answer; at least a page
   * @param totalMaxBytes most bytes of all answers
   */
  public JournalBudget(long perCallMaxBytes, long totalMaxBytes) {
    this.perCallMaxBytes = perCallMaxBytes;
    this.totalMaxBytes = totalMaxBytes;
  }

  public long perCallMaxBytes() {
    return perCallMaxBytes;
  }

  public long totalMaxBytes() {
    return totalMaxBytes;
  }

  /** Bytes that are held now, unused ends of pages included. */
  public long heldBytes() {
    return held.get();
  }

  boolean tryTake(long bytes) {
    if (held.addAndGet(bytes) <= totalMaxBytes) {
      return true;
    }
    held.addAndGet(-bytes);
    return false;
  }

  /** For bytes that have been received already and must not be lost: at most one read batch. */
  void take(long bytes) {
    held.addAndGet(bytes);
  }

  void giveBack(long bytes) {
    long left = held.addAndGet(-bytes);
    assert left >= 0 : "gave back more than was taken: " + left;
  }
}
