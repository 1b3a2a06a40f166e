package dev.sluice.core.upstream;

/**
 * Why a provider gave no whole answer: whose fault, and how much had been sent. Details are for
 * logs and messages to operators: never a key, prompt or completion.
 */
public sealed interface UpstreamFailure {

  /** Stable reason, lower snake case; a metric label. */
  String code();

  /** What happened, with values. */
  String detail();

  /** No byte of the request can have been processed: it may be sent again. */
  record NeverSent(String code, String detail) implements UpstreamFailure {

    /** Whether no connection could be had; otherwise a bound of the gateway's own was reached. */
    public boolean isUnreachable() {
      return !code.startsWith("upstream_queue") && !code.equals("gateway_stopping");
    }
  }

  /** The request may have been processed, but no final head came: it is not sent again. */
  record NoAnswer(String code, String detail) implements UpstreamFailure {}

  /** What came is not HTTP, or breaks a limit. Before the head or after it. */
  record Garbage(String code, String detail, boolean headSeen) implements UpstreamFailure {}

  /** The head came, and the body broke off. */
  record BrokenOff(String code, String detail) implements UpstreamFailure {}
}
