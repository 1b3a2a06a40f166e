package dev.sluice.core.identity;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One call in the index, from when it was opened until it failed or was released.
 *
 * @param <C> what its owner keeps of it
 */
public final class IndexedCall<C> {

  private final CallId id;
  private final CallIdentity identity;
  private final EventExecutor loop;

  // Under which key it can be found; it has at most one.
  final @Nullable CallName name;
  final @Nullable Question question;

  // Of its own loop only.
  private @Nullable C held;
  boolean isGone;

  // Written while the index works on its key, so that every claim of the same key sees them.
  boolean isInFlight = true;
  Place place = Place.ATTENDED;
  long leftNanos;
  @Nullable IndexedCall<C> previous;
  @Nullable IndexedCall<C> next;

  private final AtomicBoolean attended = new AtomicBoolean(true);

  /** Where a call without an id stands among its equals. */
  enum Place {
    /** A client waits for its answer. */
    ATTENDED,
    /** Its client left without the whole answer. */
    LEFT,
    /** A client has had the whole answer. */
    DELIVERED,
    /** It cannot be found any more. */
    GONE
  }

  IndexedCall(
      CallId id,
      CallIdentity identity,
      EventExecutor loop,
      @Nullable CallName name,
      @Nullable Question question) {
    this.id = id;
    this.identity = identity;
    this.loop = loop;
    this.name = name;
    this.question = question;
  }

  /** The gateway's own name for it. */
  public CallId id() {
    return id;
  }

  /** By what it was opened. */
  public CallIdentity identity() {
    return identity;
  }

  /**
   * The loop that its owner is confined to: all that is told to or asked of the owner, is there.
   */
  public EventExecutor loop() {
    return loop;
  }

  /**
   * Keeps what belongs to the call. By its owner on its loop, before its claim's answer returns.
   */
  public void hold(C call) {
    assert loop.inEventLoop();
    held = call;
  }

  /** What its owner keeps of it; null once it has failed or was released. On its loop. */
  public @Nullable C held() {
    assert loop.inEventLoop();
    return held;
  }

  /**
   * Whether some client counts on it: one is there, or has claimed it and is on its way to its
   * loop, or has had the whole answer. Any thread.
   */
  public boolean isAttended() {
    return attended.get();
  }

  void attended(boolean now) {
    attended.lazySet(now);
  }

  void gone() {
    isGone = true;
    held = null;
  }
}
