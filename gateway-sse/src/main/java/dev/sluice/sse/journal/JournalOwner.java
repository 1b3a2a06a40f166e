package dev.sluice.sse.journal;

/**
 * Whoever reads a provider's answer into a journal. Called on the journal's loop; may call back
 * into the journal and its cursor.
 */
public interface JournalOwner extends Pace {

  /**
   * The answer was ended by its own end marker: the provider was given a moment to end the body and
   * did not. The journal has ended, the client has been served whole; what still comes is ignored,
   * and a later {@link Journal#end} is harmless. At most once, and never from within {@link
   * Journal#end}.
   */
  void wholeByMarker();

  /** A client has been sent everything, its end included; nothing more is heard of its cursor. */
  void readToTheEnd(Cursor reader);
}
