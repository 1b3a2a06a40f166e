package dev.sluice.core.flow;

import dev.sluice.sse.journal.Cursor;
import dev.sluice.sse.journal.JournalOwner;
import dev.sluice.sse.keepalive.SilenceWheel;

/** The provider's side of a call's backpressure, as its journal asks for it. */
final class Pacing implements JournalOwner {

  private final RequestFlow flow;
  private final SilenceWheel wheel;
  private final PaidCall paid;

  Pacing(RequestFlow flow, SilenceWheel wheel, PaidCall paid) {
    this.flow = flow;
    this.wheel = wheel;
    this.paid = paid;
  }

  @Override
  public void pause() {
    Exchange x = paid.work;
    if (x != null && x.upstream != null && !x.isPaused) {
      x.isPaused = true;
      x.upstream.pause();
    }
  }

  @Override
  public void resume() {
    Exchange x = paid.work;
    if (x != null && x.upstream != null && x.isPaused) {
      x.isPaused = false;
      x.resumedNanos = wheel.nanoTime();
      x.upstream.resume();
    }
  }

  @Override
  public void wholeByMarker() {
    Exchange x = paid.work;
    if (x != null) {
      flow.linger(x); // so that the provider's connection can be used again
      flow.settleWhole(x);
    }
  }

  @Override
  public void readToTheEnd(Cursor reader) {
    flow.audience().readToTheEnd(paid, reader);
  }
}
