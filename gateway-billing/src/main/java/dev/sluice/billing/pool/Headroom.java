package dev.sluice.billing.pool;

import java.util.Arrays;

/**
 * The least room that a bucket has had since each reservation: what of a refund may come back.
 *
 * <p>A bucket that overflows loses what does not fit. Had a reservation been smaller by {@code r}
 * from the start, the level would have been higher by {@code r} until the first moment at which
 * less than {@code r} of room was left, and from then on by that room (reflection at the brim). So
 * the refund is {@code min(r, least room since)}, exactly.
 *
 * <p>Room is least just before something is charged, so one number per charge says it all, and of
 * those only the suffix minima matter: a stack whose epochs and rooms both rise from bottom to top.
 * Entry {@code i} speaks for reservations of epochs {@code (epoch[i-1], epoch[i]]}. A refund itself
 * raises the levels of the past; that turns out to lower the rooms of its own epoch and later by
 * exactly what came back, and earlier ones to no more than that.
 *
 * <p>Full, it joins two neighbours under the smaller room: a refund may then be smaller than exact,
 * never larger. It takes those whose rooms differ least by proportion. So what is left is fine
 * where room is scarce, and coarse where there is far more than any refund needs. (Least difference
 * alone was tried: after a burst was used up, refunds of its first calls were lost.)
 */
final class Headroom {

  /** Half a kilobyte a bucket. Most often there are a few: only a bucket that empties fills it. */
  static final int ENTRIES_MAX = 32;

  private static final long[] NONE = {};

  private long[] epochs = NONE;
  private long[] rooms = NONE;
  private int size;

  /**
   * All reservations up to {@code epoch} have now met this room.
   *
   * @param epoch not before any that was noted
   */
  void note(long epoch, long room) {
    while (size > 0 && rooms[size - 1] >= room) {
      size--;
    }
    if (size > 0 && epochs[size - 1] == epoch) {
      return; // those have met less room already
    }
    if (size == epochs.length) {
      makePlace();
    }
    epochs[size] = epoch;
    rooms[size++] = room;
  }

  /** The least room noted since {@code epoch}; {@link Long#MAX_VALUE} if none was. */
  long since(long epoch) {
    int entry = entryOf(epoch);
    return entry == size ? Long.MAX_VALUE : rooms[entry];
  }

  /**
   * A refund to a reservation of {@code epoch} has taken this much.
   *
   * @param units at most {@link #since}
   */
  void take(long epoch, long units) {
    int first = entryOf(epoch);
    if (first == size || units == 0) {
      return;
    }
    for (int i = first; i < size; i++) {
      rooms[i] -= units;
    }
    int keep = first;
    while (keep > 0 && rooms[keep - 1] >= rooms[first]) {
      keep--;
    }
    remove(keep, first - keep);
  }

  private int entryOf(long epoch) {
    int entry = size;
    while (entry > 0 && epochs[entry - 1] >= epoch) {
      entry--;
    }
    return entry;
  }

  private void makePlace() {
    if (size < ENTRIES_MAX) {
      int length = Math.max(4, 2 * size);
      epochs = Arrays.copyOf(epochs, length);
      rooms = Arrays.copyOf(rooms, length);
      return;
    }
    int closest = 0;
    long least = Long.MAX_VALUE;
    for (int i = 0; i < size - 1; i++) {
      // The difference in 1,024ths of the room, within a factor of two.
      int bits = Long.SIZE - Long.numberOfLeadingZeros(rooms[i]);
      long difference = (rooms[i + 1] - rooms[i]) >>> Math.max(0, bits - 10);
      if (difference < least) {
        least = difference;
        closest = i;
      }
    }
    epochs[closest] = epochs[closest + 1];
    remove(closest + 1, 1);
  }

  private void remove(int from, int count) {
    System.arraycopy(epochs, from + count, epochs, from, size - from - count);
    System.arraycopy(rooms, from + count, rooms, from, size - from - count);
    size -= count;
  }
}
