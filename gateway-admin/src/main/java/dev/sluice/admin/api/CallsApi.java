package dev.sluice.admin.api;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The calls that are at work or whose answers are held: which there are, and an end to one. */
public final class CallsApi {

  private static final List<String> STATES = List.of("attended", "finished", "orphaned");
  private static final List<String> FILTERS = List.of("state", "team", "limit");

  /** Who knows the calls. Asked on virtual threads: it may block, but not for seconds. */
  public interface Calls {

    /** All calls at work and all held answers, as they are now, in any order. */
    List<CallView> list();

    /** Ends a call, or drops the held answer of one that has ended. */
    Cancel cancel(String id);
  }

  /** What became of {@link Calls#cancel}. */
  public enum Cancel {
    /** It was at work, and is being ended; its clients are told. */
    CANCELLED,
    /** No call at work and no held answer has this id. */
    UNKNOWN,
    /** It had ended already; its answer is held no longer. */
    FINISHED
  }

  /**
   * One call, as it is shown. Holds no key, no prompt and no completion.
   *
   * @param id {@code Sluice-Request-Id}
   * @param model the model asked for, a client's own text; null where none was named
   * @param stream whether the client asked for an event stream
   * @param state {@code attended} by a client, {@code orphaned} or {@code finished}
   * @param ageSeconds since its request arrived
   * @param cursors clients that read it now
   * @param bytes of its answer that are held
   * @param resumable whether a reconnect gets all of the answer
   * @param phase the step of the flow in which it is
   */
  public record CallView(
      String id,
      String team,
      String route,
      String provider,
      @Nullable String model,
      boolean stream,
      String state,
      double ageSeconds,
      int cursors,
      long bytes,
      boolean resumable,
      String phase) {}

  /** What is answered; {@code total} counts all that the filters let through. */
  private record Page(int total, List<CallView> calls) {}

  /** What was done to a call. */
  private record Done(String id, String result) {}

  private final Calls calls;

  public CallsApi(Calls calls) {
    this.calls = calls;
  }

  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint("GET", "/admin/v1/calls", false, this::list),
        new Endpoint("DELETE", "/admin/v1/calls/{id}", false, this::cancel));
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, FILTERS);
    String state = query.oneOf("state", STATES);
    String team = query.text("team");
    int limit = query.limit();
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    List<CallView> found =
        calls.list().stream()
            .filter(call -> state == null || call.state().equals(state))
            .filter(call -> team == null || call.team().equals(team))
            .sorted(Comparator.comparingDouble(CallView::ageSeconds))
            .toList();
    return AdminAnswer.json(new Page(found.size(), found.stream().limit(limit).toList()));
  }

  private AdminAnswer cancel(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    if (no != null) {
      return no;
    }
    String id = request.parameter("id");
    return switch (calls.cancel(id)) {
      case CANCELLED -> AdminAnswer.json(new Done(id, "cancelled"));
      case FINISHED -> AdminAnswer.json(new Done(id, "answer_dropped"));
      case UNKNOWN ->
          AdminAnswer.problem(
              404,
              "Not Found",
              "no_such_call",
              "No call at work and no held answer has this id. GET /admin/v1/calls lists those"
                  + " there are.");
    };
  }
}
