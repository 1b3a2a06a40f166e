package dev.sluice.core.upstream;

/** One request on its way to a provider and back. Confined to the call's loop. */
public interface UpstreamStream {

  /** Reads no more from the provider; nothing is buffered beyond what has been read. */
  void pause();

  /** Reads on. */
  void resume();

  /**
   * Gives up: the connection is closed unless the answer is already whole. The listener hears
   * nothing more. Harmless when repeated or late.
   */
  void cancel();

  /** Whether the request has been written to a connection: from then on the provider may bill. */
  boolean wasSent();
}
