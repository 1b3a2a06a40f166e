package dev.sluice.sse.journal;

/** The provider's side of backpressure. Called on the journal's loop. */
public interface Pace {

  /** Read no more from the provider for now. */
  void pause();

  /** Read on. */
  void resume();
}
