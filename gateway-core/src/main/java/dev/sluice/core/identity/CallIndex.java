package dev.sluice.core.identity;

import static java.util.Objects.requireNonNull;

import dev.sluice.core.identity.Claim.How;
import dev.sluice.core.identity.DedupeSettings.OnConcurrent;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls in flight and those whose answers are still held; decides whether a request is one of
 * them. Shared by all loops; does not block.
 *
 * <p>A call with an id is found by its id alone. Calls without one are found by what they ask, and
 * only when it is certain that nobody waits for them: two requests that merely look alike are two
 * requests, and their clients want two answers. A call of another scope is never found.
 *
 * <p>All that is known of a key is changed in one atomic step of a map, so each call that was left
 * is adopted by exactly one claimant, and each id opened by exactly one.
 *
 * <p>What an owner tells, it tells on its call's loop, in any order and as often as it likes: a
 * call that has failed or was released is past all of it.
 *
 * @param <C> what the owners of calls keep of them
 */
public final class CallIndex<C> {

  /** How long a failed attempt makes a marked retry a real one. SDKs wait 8 s at most. */
  static final long FAILED_NANOS = Duration.ofSeconds(60).toNanos();

  /** Failed attempts remembered; past it the oldest are forgotten before their time. */
  static final int FAILED_MAX = 65_536;

  private final LongSupplier nanoTime;
  private final long adoptWindowNanos;
  private final OnConcurrent onConcurrent;

  private final ConcurrentHashMap<String, IndexedCall<C>> byCallId = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<CallName, IndexedCall<C>> named = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Question, EqualCalls<C>> unnamed = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<FailedAttempt> failed = new ConcurrentLinkedQueue<>();
  private final AtomicInteger failedCount = new AtomicInteger();
  private final LongAdder inFlight = new LongAdder();

  /**
   * @param nanoTime the monotonic clock; asked on any loop
   * @param adoptWindow for how long an equal request that is not marked as a retry may adopt a call
   *     whose client left; zero: never
   */
  public CallIndex(LongSupplier nanoTime, Duration adoptWindow, OnConcurrent onConcurrent) {
    this.nanoTime = nanoTime;
    this.adoptWindowNanos = adoptWindow.toNanos();
    this.onConcurrent = onConcurrent;
  }

  // Claims.

  /**
   * Claims a call.
   *
   * @param fresh the id of the call, should it be a new one
   * @param loop the asking loop; a new call is confined to it
   * @param then hears at once, on this stack, what became of it. If it throws before the new call
   *     holds anything, the call is released: nobody could ever answer from it
   */
  public void claim(
      CallIdentity identity, CallId fresh, EventExecutor loop, Consumer<Claim<C>> then) {
    assert loop.inEventLoop();
    forgetOldFailures();
    Claim<C> claim =
        switch (identity) {
          case CallIdentity.Named request -> claimNamed(request, fresh, loop);
          case CallIdentity.Retry request -> claimUnnamed(request, true, fresh, loop);
          case CallIdentity.Anonymous request -> claimUnnamed(request, false, fresh, loop);
        };
    if (claim instanceof Claim.Opened<C>(var call)) {
      enter(call);
      boolean heard = false;
      try {
        then.accept(claim);
        heard = true;
      } finally {
        if (!heard && call.held() == null) {
          release(call);
        }
      }
    } else {
      then.accept(claim);
    }
  }

  /**
   * Opens a call that no request is ever taken for. Its owner tells its life like that of any
   * other.
   */
  public IndexedCall<C> openAlone(CallScope scope, CallId fresh, EventExecutor loop) {
    assert loop.inEventLoop();
    IndexedCall<C> call =
        new IndexedCall<>(
            fresh, new CallIdentity.Anonymous(scope, Fingerprint.NONE), loop, null, null);
    enter(call);
    return call;
  }

  private void enter(IndexedCall<C> call) {
    inFlight.increment();
    byCallId.put(call.id().text(), call);
  }

  private Claim<C> claimNamed(CallIdentity.Named request, CallId fresh, EventExecutor loop) {
    CallName name = new CallName(request.scope(), request.id());
    Step<Claim<C>> step = new Step<>();
    named.compute(
        name,
        (_, present) -> {
          if (present == null) {
            IndexedCall<C> call = new IndexedCall<>(fresh, request, loop, name, null);
            step.result = new Claim.Opened<>(call);
            return call;
          }
          step.result = again(request, present);
          return present;
        });
    return step.result();
  }

  private Claim<C> again(CallIdentity.Named request, IndexedCall<C> present) {
    if (!present.identity().fingerprint().equals(request.fingerprint())) {
      return new Claim.Conflict<>(Claim.Kind.OTHER_BODY);
    }
    if (present.isInFlight && present.isAttended() && onConcurrent == OnConcurrent.REFUSE) {
      return new Claim.Conflict<>(Claim.Kind.IN_FLIGHT);
    }
    present.attended(true);
    return new Claim.Joined<>(present, present.isInFlight ? How.JOINED : How.REPLAYED);
  }

  private Claim<C> claimUnnamed(
      CallIdentity request, boolean isRetry, CallId fresh, EventExecutor loop) {
    Question question = new Question(request.scope(), request.fingerprint());
    Step<Claim<C>> step = new Step<>();
    unnamed.compute(
        question,
        (_, present) -> {
          EqualCalls<C> calls = present == null ? new EqualCalls<>() : present;
          Claim<C> claim = present == null ? null : earlier(present, isRetry);
          if (claim == null) {
            calls.opened();
            claim = new Claim.Opened<>(new IndexedCall<>(fresh, request, loop, null, question));
          }
          step.result = claim;
          return calls;
        });
    return step.result();
  }

  /** An earlier call that the request is taken for, or null. */
  private @Nullable Claim<C> earlier(EqualCalls<C> calls, boolean isRetry) {
    long now = nanoTime.getAsLong();
    IndexedCall<C> adopted = isRetry ? calls.adoptAny() : calls.adoptRecent(now, adoptWindowNanos);
    if (adopted != null) {
      return new Claim.Joined<>(adopted, How.ADOPTED);
    }
    if (!isRetry || calls.takeFailed(now, FAILED_NANOS)) {
      return null;
    }
    IndexedCall<C> delivered = calls.lastDelivered();
    return delivered == null ? null : new Claim.Joined<>(delivered, How.REPLAYED);
  }

  /**
   * Whether a claim would find a call if only its client were not there: a close of that client's
   * connection may be pending in its loop, and should be noticed before the claim is made.
   */
  public boolean hasAttendedEqual(CallIdentity identity) {
    return switch (identity) {
      case CallIdentity.Named request ->
          onConcurrent == OnConcurrent.REFUSE && isNamedAttended(request);
      case CallIdentity.Retry request -> isUnnamedAttended(request);
      case CallIdentity.Anonymous request -> isUnnamedAttended(request);
    };
  }

  private boolean isNamedAttended(CallIdentity.Named request) {
    Step<Boolean> step = new Step<>();
    step.result = false;
    named.computeIfPresent(
        new CallName(request.scope(), request.id()),
        (_, call) -> {
          step.result = call.isInFlight && call.isAttended();
          return call;
        });
    return step.result();
  }

  private boolean isUnnamedAttended(CallIdentity request) {
    Question question = new Question(request.scope(), request.fingerprint());
    if (!unnamed.containsKey(question)) {
      return false; // nearly always, and without the map's care for writers
    }
    Step<Boolean> step = new Step<>();
    step.result = false;
    unnamed.computeIfPresent(
        question,
        (_, calls) -> {
          step.result = calls.isAttended();
          return calls;
        });
    return step.result();
  }

  // What owners tell, on the call's loop.

  /**
   * The call's last client has gone before it had the whole answer, whether that is finished or
   * not. From now on the call may be adopted.
   */
  public void left(IndexedCall<C> call) {
    change(call, calls -> calls.left(call, nanoTime.getAsLong()), () -> call.attended(false));
  }

  /**
   * A client is there again. To be told whenever one is attached, also one that had claimed the
   * call: the call's last other client may have left while it was on its way.
   */
  public void attended(IndexedCall<C> call) {
    change(call, calls -> calls.attended(call), () -> call.attended(true));
  }

  /**
   * The answer is whole, and held from now on. To be told again when somebody has got all of it,
   * where nobody had at the first time or the call has been left since.
   *
   * @param delivered whether some client has got all of it
   */
  public void finished(IndexedCall<C> call, boolean delivered) {
    change(
        call,
        calls -> {
          endFlight(call);
          if (delivered) {
            calls.delivered(call);
          }
        },
        () -> endFlight(call));
  }

  /** The call ended before it was paid for. It is forgotten, but for the fact that it failed. */
  public void failed(IndexedCall<C> call) {
    Question question = call.question;
    if (call.isGone || question == null) {
      release(call);
      return;
    }
    FailedAttempt attempt = new FailedAttempt(question, nanoTime.getAsLong());
    end(call, attempt);
    failed.add(attempt);
    failedCount.incrementAndGet();
    forgetOldFailures();
  }

  /** The call's answer is held no longer, or never will be: nobody finds it any more. */
  public void release(IndexedCall<C> call) {
    end(call, null);
  }

  /**
   * @param inUnnamed the change among equals
   * @param otherwise the change of a call that has none
   */
  private void change(IndexedCall<C> call, Consumer<EqualCalls<C>> inUnnamed, Runnable otherwise) {
    assert call.loop().inEventLoop();
    if (call.isGone) {
      return;
    }
    if (call.question != null) {
      unnamed.computeIfPresent(
          call.question,
          (_, calls) -> {
            inUnnamed.accept(calls);
            return calls;
          });
    } else if (call.name != null) {
      named.computeIfPresent(
          call.name,
          (_, present) -> {
            otherwise.run();
            return present;
          });
    } else {
      otherwise.run();
    }
  }

  private void end(IndexedCall<C> call, @Nullable FailedAttempt attempt) {
    assert call.loop().inEventLoop();
    if (call.isGone) {
      return;
    }
    call.gone();
    if (call.question != null) {
      unnamed.computeIfPresent(
          call.question,
          (_, calls) -> {
            calls.gone(call);
            if (attempt != null) {
              calls.failed(attempt);
            }
            return calls.isEmpty() ? null : calls;
          });
    } else if (call.name != null) {
      named.remove(call.name, call);
    }
    byCallId.remove(call.id().text(), call);
    endFlight(call);
  }

  private void endFlight(IndexedCall<C> call) {
    if (call.isInFlight) {
      call.isInFlight = false;
      inFlight.decrement();
    }
  }

  private void forgetOldFailures() {
    FailedAttempt oldest = failed.peek();
    while (oldest != null
        && (failedCount.get() > FAILED_MAX
            || nanoTime.getAsLong() - oldest.atNanos >= FAILED_NANOS)) {
      if (failed.remove(oldest)) { // another loop may have been faster
        failedCount.decrementAndGet();
        FailedAttempt forgotten = oldest;
        unnamed.computeIfPresent(
            forgotten.question,
            (_, calls) -> {
              calls.forget(forgotten);
              return calls.isEmpty() ? null : calls;
            });
      }
      oldest = failed.peek();
    }
  }

  // Looking on. Any thread.

  /** The call of this {@code Sluice-Request-Id}, or null. */
  public @Nullable IndexedCall<C> find(String callId) {
    return byCallId.get(callId);
  }

  /** The call to which its client gave this id, or null. */
  public @Nullable IndexedCall<C> find(CallScope scope, String namedId) {
    return named.get(new CallName(scope, CallName.shortened(namedId)));
  }

  /** All calls; weakly consistent. */
  public Collection<IndexedCall<C>> calls() {
    return Collections.unmodifiableCollection(byCallId.values());
  }

  /** Calls opened and neither finished nor failed nor released. */
  public long inFlight() {
    return inFlight.sum();
  }

  /** Entries of all maps and lists together. */
  int size() {
    return byCallId.size() + named.size() + unnamed.size() + failed.size();
  }

  /** What a step of a map found out. */
  private static final class Step<R> {
    @Nullable R result;

    R result() {
      return requireNonNull(result, "every step finds something out");
    }
  }
}
