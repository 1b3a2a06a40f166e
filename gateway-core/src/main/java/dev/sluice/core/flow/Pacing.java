package dev.sluice.core.flow;

import dev.sluice.sse.journal.JournalOwner;
import dev.sluice.sse.keepalive.SilenceWheel;

/** The provider's side of a call's backpressure, as its journal asks for it. */
final class Pacing implements JournalOwner {

  private final RequestFlow flow;
  private final SilenceWheel wheel;
  private final Exchange x;

  Pacing(RequestFlow flow, SilenceWheel wheel, Exchange x) {
    this.flow = flow;
    this.wheel = wheel;
    this.x = x;
  }

  @Override
  public void pause() {
    if (!x.isPaused && x.upstream != null) {
      x.isPaused = true;
      x.upstream.pause();
    }
  }

  @Override
  public void resume() {
    if (x.isPaused && x.upstream != null) {
      x.isPaused = false;
      x.resumedNanos = wheel.nanoTime();
      x.upstream.resume();
    }
  }

  @Override
  public void wholeByMarker() {
    flow.linger(x); // so that the provider's connection can be used again
    flow.settleWhole(x);
  }
}
