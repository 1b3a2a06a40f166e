package dev.sluice.billing.ledger;

/** Whoever wants to hear of ended calls. Called on the call's loop: must not block. */
@FunctionalInterface
public interface CallSink {
  void ended(CallRecord call);
}
