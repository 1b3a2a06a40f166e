package dev.sluice.core.flow;

import dev.sluice.core.upstream.UpstreamFailure;
import dev.sluice.core.upstream.UpstreamListener;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * Hears one provider answer and hands it to the flow's eighth step. What comes for a call that has
 * been settled is dropped; a bug ends the call, not the loop.
 */
final class ProviderAnswer implements UpstreamListener {

  private final RequestFlow flow;
  private final Exchange x;

  ProviderAnswer(RequestFlow flow, Exchange x) {
    this.flow = flow;
    this.x = x;
  }

  @Override
  public void onHead(int status, HttpHeaders headers, long contentLength) {
    if (!x.isSettled) {
      try {
        flow.answerBegins(x, status, headers, contentLength);
      } catch (RuntimeException bug) {
        flow.failByBug(x, bug);
      }
    }
  }

  @Override
  public void onBody(ByteBuf bytes) {
    if (x.isSettled) {
      bytes.release();
      return;
    }
    try {
      flow.answerBytes(x, bytes);
    } catch (RuntimeException bug) {
      flow.failByBug(x, bug);
    }
  }

  @Override
  public void onBatchEnd() {
    if (!x.isSettled) {
      flow.batchEnds(x);
    }
  }

  @Override
  public void onEnd() {
    if (x.isSettled) {
      flow.forget(x);
      return;
    }
    try {
      flow.answerEnds(x);
    } catch (RuntimeException bug) {
      flow.failByBug(x, bug);
    }
  }

  @Override
  public void onFailure(UpstreamFailure failure) {
    if (x.isSettled) {
      flow.forget(x);
      return;
    }
    try {
      flow.providerFails(x, failure);
    } catch (RuntimeException bug) {
      flow.failByBug(x, bug);
    }
  }
}
