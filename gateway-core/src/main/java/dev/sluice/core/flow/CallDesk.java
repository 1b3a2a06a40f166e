package dev.sluice.core.flow;

import dev.sluice.core.identity.CallIndex;
import dev.sluice.core.identity.IndexedCall;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The paid calls, for people: which there are, and an end to one. From any thread but an event
 * loop: every call is asked on its own loop, and waited for.
 */
public final class CallDesk {

  private final CallIndex<PaidCall> calls;

  public CallDesk(CallIndex<PaidCall> calls) {
    this.calls = calls;
  }

  /** How far a call is. */
  public enum State {
    /** At work, and somebody reads it. */
    ATTENDED,
    /** At work, and nobody reads it. */
    ORPHANED,
    /** Ended, and its answer is held. */
    FINISHED
  }

  /**
   * One paid call.
   *
   * @param model as asked for, or null
   * @param ageNanos since its request
   * @param cursors clients that read it now
   * @param bytes of its body so far
   * @param isResumable whether it can be read from its first byte
   * @param phase the step that it is in; that of a finished call is {@code settle}
   */
  public record Card(
      String id,
      String team,
      String route,
      String provider,
      @Nullable String model,
      boolean stream,
      State state,
      long ageNanos,
      int cursors,
      long bytes,
      boolean isResumable,
      String phase) {}

  /** All of them, in no order. */
  public List<Card> list() throws InterruptedException {
    Map<EventExecutor, List<IndexedCall<PaidCall>>> byLoop = new HashMap<>();
    for (IndexedCall<PaidCall> call : calls.calls()) {
      byLoop.computeIfAbsent(call.loop(), _ -> new ArrayList<>()).add(call);
    }
    List<Future<List<Card>>> asked = new ArrayList<>();
    byLoop.forEach((loop, own) -> asked.add(loop.submit(() -> cards(own))));
    List<Card> cards = new ArrayList<>();
    for (Future<List<Card>> answer : asked) {
      cards.addAll(result(answer));
    }
    return cards;
  }

  /**
   * Ends a call that is at work, as if its provider had failed; drops the answer of one that has
   * ended.
   *
   * @return how it was before; null if there is no such call
   */
  public @Nullable Card cancel(String id) throws InterruptedException {
    IndexedCall<PaidCall> call = calls.find(id);
    if (call == null) {
      return null;
    }
    List<Card> before =
        result(
            call.loop()
                .submit(
                    () -> {
                      List<Card> cards = cards(List.of(call));
                      PaidCall paid = call.held();
                      if (paid != null) {
                        paid.flow.cancel(paid);
                      }
                      return cards;
                    }));
    return before.isEmpty() ? null : before.getFirst();
  }

  private static List<Card> result(Future<List<Card>> answer) throws InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException bug) {
      throw new IllegalStateException("a loop could not say what its calls are", bug);
    }
  }

  private static List<Card> cards(Collection<IndexedCall<PaidCall>> own) {
    List<Card> cards = new ArrayList<>(own.size());
    for (IndexedCall<PaidCall> call : own) {
      PaidCall paid = call.held();
      if (paid != null && !paid.isReleased) {
        cards.add(card(paid));
      }
    }
    return cards;
  }

  private static Card card(PaidCall paid) {
    Exchange x = paid.work;
    State state = x == null ? State.FINISHED : x.isOrphan ? State.ORPHANED : State.ATTENDED;
    return new Card(
        paid.id(),
        paid.team.name(),
        paid.policy.route().name(),
        paid.provider,
        paid.model,
        paid.stream,
        state,
        paid.flow.nanoTime() - paid.startedNanos,
        paid.journal().readers(),
        paid.journal().length(),
        paid.journal().isResumable(),
        (x == null ? Phase.SETTLE : x.request.phase).label());
  }
}
