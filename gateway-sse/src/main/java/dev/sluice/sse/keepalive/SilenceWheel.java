package dev.sluice.sse.keepalive;

/**
 * The one timer structure of an event loop: every deadline of every stream, connection and call on
 * that loop. Confined to the loop; adding and removing are O(1) and make no garbage.
 */
public final class SilenceWheel {

  /** Something with a deadline. One entry is in at most one wheel, at most once. */
  public abstract static class Entry {
    /**
     * The deadline has passed, by at most one tick.
     *
     * @return the next deadline in the wheel's nanoseconds, or {@link #NEVER} to leave the wheel
     */
    protected abstract long onDeadline(long nowNanos);
  }

  public static final long NEVER = Long.MAX_VALUE;

  /** Puts the entry in, or moves it. */
  public void watch(Entry entry, long deadlineNanos) {
    throw new UnsupportedOperationException();
  }

  /** Takes the entry out; harmless if it is not in. */
  public void forget(Entry entry) {
    throw new UnsupportedOperationException();
  }

  /** Now, in nanoseconds of the injected clock. */
  public long nanoTime() {
    throw new UnsupportedOperationException();
  }
}
