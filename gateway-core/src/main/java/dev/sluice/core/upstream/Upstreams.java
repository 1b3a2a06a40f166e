package dev.sluice.core.upstream;

/** The providers, as one event loop reaches them. Confined to that loop. */
public final class Upstreams {

  /**
   * Sends the request over a connection of this loop. Connection, first-byte and idle limits of the
   * call itself are the caller's.
   *
   * @param provider a name from the configuration
   */
  public UpstreamStream open(String provider, UpstreamRequest request, UpstreamListener listener) {
    throw new UnsupportedOperationException();
  }
}
