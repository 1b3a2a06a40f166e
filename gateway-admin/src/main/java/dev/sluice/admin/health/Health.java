package dev.sluice.admin.health;

import dev.sluice.admin.api.AdminAnswer;
import dev.sluice.admin.api.Endpoint;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether requests are welcome. Begins as {@link State#STARTING}, goes forward only; set and asked
 * from any thread.
 */
public final class Health {

  /** In the order in which a program lives. */
  public enum State {
    /** Not listening yet. */
    STARTING("The gateway is starting."),
    READY("ready"),
    /** Told to stop: calls at work go on, new ones should be sent elsewhere. */
    DRAINING("The gateway is shutting down; calls at work are being finished.");

    private final String says;

    State(String says) {
      this.says = says;
    }
  }

  private volatile State state = State.STARTING;

  public State state() {
    return state;
  }

  /** Clients are served from now on. Does nothing once draining has begun. */
  public synchronized void ready() {
    if (state == State.STARTING) {
      state = State.READY;
    }
  }

  /** No new requests from now on. */
  public synchronized void draining() {
    state = State.DRAINING;
  }

  /**
   * {@code /health/live} answers as long as the process can; {@code /health/ready} only while
   * requests are welcome. Stores and providers do not matter here: a gateway without them still
   * serves, and taking it out of rotation would help nobody.
   */
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(
            "GET", "/health/live", true, request -> AdminAnswer.json(Map.of("status", "live"))),
        new Endpoint("GET", "/health/ready", false, request -> readiness()));
  }

  private AdminAnswer readiness() {
    State now = state;
    return now == State.READY
        ? AdminAnswer.json(Map.of("status", now.says))
        : AdminAnswer.problem(
            503, "Service Unavailable", now.name().toLowerCase(Locale.ROOT), now.says);
  }
}
