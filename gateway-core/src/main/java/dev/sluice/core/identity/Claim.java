package dev.sluice.core.identity;

/** What became of a request that wants to be a call. */
public sealed interface Claim {

  /** It is a call of its own; whoever got this closes it in the index when the call ends. */
  record Opened(CallId id) implements Claim {}
}
