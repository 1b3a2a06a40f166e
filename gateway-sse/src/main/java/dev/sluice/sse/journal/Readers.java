package dev.sluice.sse.journal;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * All cursors of one journal, and the pace that they allow. Confined to the journal's loop.
 *
 * <p>The fastest reader sets the pace: the provider is paused while no reader takes anything, and
 * only then. A reader that does not keep up with another stops being handed what comes, and fetches
 * it later from what is held. One that is misled gets nothing of the body, and has no say.
 */
final class Readers {

  private static final Cursor[] NONE = {};

  private final Pace pace;

  // Replaced, never changed: readers come and go while others are written to.
  private Cursor[] all = NONE;
  private boolean isPaused;

  Readers(Pace pace) {
    this.pace = pace;
  }

  int size() {
    return all.length;
  }

  Cursor[] all() {
    return all;
  }

  void add(Cursor cursor) {
    all = Arrays.copyOf(all, all.length + 1);
    all[all.length - 1] = cursor;
  }

  void remove(Cursor cursor) {
    for (int i = 0; i < all.length; i++) {
      if (all[i] == cursor) {
        Cursor[] left = all.length == 1 ? NONE : new Cursor[all.length - 1];
        System.arraycopy(all, 0, left, 0, i);
        System.arraycopy(all, i + 1, left, i, left.length - i);
        all = left;
        return;
      }
    }
  }

  /** Hands new bytes to every reader that has all before them. Ownership passes. */
  void write(ByteBuf bytes, long position, long now) {
    Cursor[] readers = all;
    int last = readers.length - 1;
    if (last < 0) {
      bytes.release();
      return;
    }
    for (int i = 0; i < last; i++) {
      readers[i].write(bytes.retainedDuplicate(), position, now);
    }
    readers[last].write(bytes, position, now);
  }

  /**
   * The lowest position of those that will have to fetch something, or {@link Long#MAX_VALUE}: they
   * are behind, or take nothing now.
   */
  long slowest() {
    long lowest = Long.MAX_VALUE;
    for (Cursor reader : all) {
      if (reader.isBehind() || reader.isBlocked()) {
        lowest = Math.min(lowest, reader.position());
      }
    }
    return lowest;
  }

  boolean isAnyBlocked() {
    for (Cursor reader : all) {
      if (reader.isBlocked()) {
        return true;
      }
    }
    return false;
  }

  private boolean mustPause(boolean mayRunAhead) {
    boolean isAnyReading = false;
    for (Cursor reader : all) {
      if (!reader.isMisled()) {
        if (mayRunAhead && !reader.isBlocked()) {
          return false;
        }
        isAnyReading = true;
      }
    }
    return isAnyReading;
  }

  /**
   * Pauses or resumes the provider.
   *
   * @param mayRunAhead whether what comes now can still be kept for those who are behind
   */
  void setPace(boolean mayRunAhead) {
    boolean mustPause = mustPause(mayRunAhead);
    if (mustPause != isPaused) {
      isPaused = mustPause;
      if (mustPause) {
        pace.pause();
      } else {
        pace.resume();
      }
    }
  }
}
