package dev.sluice.core.flow;

/** What one client asked. Dies with the client. Confined to the client's loop. */
public final class Request {

  /** Whether the request was refused already: its remaining body is of no interest. */
  public boolean isRefused() {
    throw new UnsupportedOperationException();
  }
}
