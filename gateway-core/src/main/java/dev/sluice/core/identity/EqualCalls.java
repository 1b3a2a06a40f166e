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

  /** Those whose client is there, the one that has been longest in front. */
  private final Line<C> attended = new Line<>();

  /** Those whose client left, the one that left first in front. */
  private final Line<C> left = new Line<>();

  /** The first of {@link #left} that is not known to have left too long ago. */
  private @Nullable IndexedCall<C> leftLately;

  private final Line<C> delivered = new Line<>();

  /** Attempts that failed unpaid, the oldest in front; most questions never have any. */
  private @Nullable ArrayDeque<FailedAttempt> failed;

  boolean isEmpty() {
    return attended.first == null
        && left.first == null
        && delivered.first == null
        && (failed == null || failed.isEmpty());
  }

  /** Since when the call has a client that has had one the longest; null if none has. */
  @Nullable Long attendedSinceNanos() {
    IndexedCall<C> longest = attended.first;
    return longest == null ? null : longest.sinceNanos;
  }

  void opened(IndexedCall<C> call, long nowNanos) {
    call.sinceNanos = nowNanos;
    attended.append(call);
  }

  /**
   * The call that has been waiting for a client the longest, now attended; null if there is none.
   */
  @Nullable IndexedCall<C> adoptAny(long nowNanos) {
    return adopt(left.first, nowNanos);
  }

  /** The same among those whose client left within the window. */
  @Nullable IndexedCall<C> adoptRecent(long nowNanos, long windowNanos) {
    IndexedCall<C> call = leftLately;
    while (call != null && nowNanos - call.sinceNanos >= windowNanos) {
      call = call.next;
    }
    leftLately = call;
    return adopt(call, nowNanos);
  }

  private @Nullable IndexedCall<C> adopt(@Nullable IndexedCall<C> call, long nowNanos) {
    if (call != null) {
      attended(call, nowNanos);
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
      call.sinceNanos = nowNanos;
      call.attended(false);
      left.append(call);
      if (leftLately == null) {
        leftLately = call;
      }
    }
  }

  void attended(IndexedCall<C> call, long nowNanos) {
    if (call.place == Place.LEFT) {
      leavePlace(call);
      call.place = Place.ATTENDED;
      call.attended(true);
      opened(call, nowNanos);
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
      case ATTENDED -> attended.remove(call);
      case LEFT -> {
        if (call == leftLately) {
          leftLately = call.next;
        }
        left.remove(call);
      }
      case DELIVERED -> delivered.remove(call);
      case GONE -> {}
    }
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
