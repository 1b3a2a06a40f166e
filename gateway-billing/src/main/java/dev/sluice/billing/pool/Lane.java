package dev.sluice.billing.pool;

/**
 * Who borrows first, in order: as long as somebody in a better lane waits to borrow, nobody in a
 * worse one does (HTB's {@code prio}, <a
 * href="https://man7.org/linux/man-pages/man8/HTB.8.html">tc-htb(8)</a>). What is guaranteed is not
 * touched by it.
 */
public enum Lane {
  INTERACTIVE(0),
  BATCH(1);

  /** How many there are. */
  public static final int LANES = 2;

  private final int rank;

  Lane(int rank) {
    this.rank = rank;
  }

  /** 0 for the best. */
  public int rank() {
    return rank;
  }
}
