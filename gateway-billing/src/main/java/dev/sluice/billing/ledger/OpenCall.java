package dev.sluice.billing.ledger;

/** A call whose intent is in the ledger. */
public interface OpenCall {

  /**
   * It has ended; its row will be written. Any thread; never blocks.
   *
   * @throws IllegalStateException the second time
   * @throws IllegalArgumentException if it is another call's record
   */
  void settled(CallRecord call);
}
