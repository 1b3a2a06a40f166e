package dev.sluice.core.dialect;

/**
 * Every no of the gateway, before it wears a dialect's envelope.
 *
 * @param status HTTP status
 * @param kind decides the provider-style error type of each dialect
 * @param code stable, lower snake case, e.g. {@code body_too_large}; also the metric label
 * @param message what happened, which value, what is allowed, what to do; never a key, a prompt or
 *     a completion
 * @param mayRetry whether sending the same request again can help; told to SDKs as {@code
 *     x-should-retry}
 * @param retryAfterMillis how long to wait before that, or -1
 */
public record Refusal(
    int status, Kind kind, String code, String message, boolean mayRetry, long retryAfterMillis) {

  /** What sort of no it is; each dialect has its own word for each. */
  public enum Kind {
    INVALID_REQUEST,
    AUTHENTICATION,
    PERMISSION,
    NOT_FOUND,
    TOO_LARGE,
    RATE_LIMIT,
    /** There is no money left; waiting a little does not help. */
    BUDGET,
    /** The gateway itself is at fault or shutting down. */
    GATEWAY,
    /** The provider is overloaded, or unreachable. */
    UPSTREAM,
    /** The provider did not answer in time. */
    TIMEOUT
  }

  public static Refusal invalid(String code, String message) {
    return new Refusal(400, Kind.INVALID_REQUEST, code, message, false, -1);
  }
}
