package dev.sluice.core.identity;

import dev.sluice.core.identity.IndexedCall.Place;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The calls without an id that ask the same, in one scope. Every step takes the same time however
 * many they are, so that a hundred thousand equal ones are no burden; only those that have become
 * too old to be adopted are passed over one by one, each of them once.
 *
 * <p>Confined to the index's work on its key: never two steps at once.
 */
final class EqualCalls<C> {

  private long attended;

  /** Those whose client left, the one that left first in front. */
  private final Line<C> left = new Line<>();

  /** The first of {@link #left} that is not known to have left too long ago. */
  private @Nullable IndexedCall<C> leftLately;

  private final Line<C> delivered = new Line<>();

  /** Attempts that failed unpaid, the oldest in front; most questions never have any. */
  private @Nullable ArrayDeque<FailedAttempt> failed;

  boolean isEmpty() {
    return attended == 0
        && left.first == null
        && delivered.first == null
        && (failed == null || failed.isEmpty());
  }

  boolean isAttended() {
    return attended > 0;
  }

  void opened() {
    attended++;
  }

  /**
   * The call that has been waiting for a client the longest, now attended; null if there is none.
   */
  @Nullable IndexedCall<C> adoptAny() {
    return adopt(left.first);
  }

  /** The same among those whose client left within the window. */
  @Nullable IndexedCall<C> adoptRecent(long nowNanos, long windowNanos) {
    IndexedCall<C> call = leftLately;
    while (call != null && nowNanos - call.leftNanos >= windowNanos) {
      call = call.next;
    }
    leftLately = call;
    return adopt(call);
  }

  private @Nullable IndexedCall<C> adopt(@Nullable IndexedCall<C> call) {
    if (call != null) {
      attended(call);
    }
    return call;
  }

  /** The last of those that a client has had all of, or null. */
  @Nullable IndexedCall<C> lastDelivered() {
    return delivered.last;
  }

  void left(IndexedCall<C> call, long nowNanos) {
    if (call.place == Place.ATTENDED || call.place == Place.DELIVERED) {
      leavePlace(call);
      call.place = Place.LEFT;
      call.leftNanos = nowNanos;
      call.attended(false);
      left.append(call);
      if (leftLately == null) {
        leftLately = call;
      }
    }
  }

  void attended(IndexedCall<C> call) {
    if (call.place == Place.LEFT) {
      leavePlace(call);
      call.place = Place.ATTENDED;
      call.attended(true);
      attended++;
    }
  }

  void delivered(IndexedCall<C> call) {
    if (call.place == Place.ATTENDED || call.place == Place.LEFT) {
      leavePlace(call);
      call.place = Place.DELIVERED;
      call.attended(true);
      delivered.append(call);
    }
  }

  void gone(IndexedCall<C> call) {
    leavePlace(call);
    call.place = Place.GONE;
  }

  private void leavePlace(IndexedCall<C> call) {
    switch (call.place) {
      case ATTENDED -> attended--;
      case LEFT -> {
        if (call == leftLately) {
          leftLately = call.next;
        }
        left.remove(call);
      }
      case DELIVERED -> delivered.remove(call);
      case GONE -> {}
    }
    assert attended >= 0;
  }

  void failed(FailedAttempt attempt) {
    if (failed == null) {
      failed = new ArrayDeque<>();
    }
    failed.add(attempt);
  }

  /** Whether there was a failed attempt not older than {@code ageMaxNanos}; takes it. */
  boolean takeFailed(long nowNanos, long ageMaxNanos) {
    while (failed != null && !failed.isEmpty()) {
      FailedAttempt oldest = failed.remove();
      oldest.isTaken = true;
      if (nowNanos - oldest.atNanos < ageMaxNanos) {
        return true;
      }
    }
    return false;
  }

  /** Nearly always the oldest: attempts are forgotten in the order in which they failed. */
  void forget(FailedAttempt attempt) {
    if (!attempt.isTaken && failed != null) {
      attempt.isTaken = true;
      failed.remove(attempt);
    }
  }

  /** A list that its members are taken out of in one step, wherever they stand. */
  private static final class Line<C> {
    @Nullable IndexedCall<C> first;
    @Nullable IndexedCall<C> last;

    void append(IndexedCall<C> call) {
      call.previous = last;
      if (last == null) {
        first = call;
      } else {
        last.next = call;
      }
      last = call;
    }

    void remove(IndexedCall<C> call) {
      IndexedCall<C> before = call.previous;
      IndexedCall<C> after = call.next;
      if (before == null) {
        first = after;
      } else {
        before.next = after;
      }
      if (after == null) {
        last = before;
      } else {
        after.previous = before;
      }
      call.previous = null;
      call.next = null;
    }
  }
}
