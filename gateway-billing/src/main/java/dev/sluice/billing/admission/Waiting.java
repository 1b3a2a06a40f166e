package dev.sluice.billing.admission;

/** One ask, as its asker holds it. Any thread. */
public interface Waiting {

  /**
   * The asker has gone: the place is freed and no decision will come, unless one is on its way. An
   * admission that this call has crossed still reaches the asker and must be given back by it.
   * Harmless after a decision, and a second time.
   */
  void leave();

  /** Whether neither a decision was made nor the asker left. */
  boolean isWaiting();
}
