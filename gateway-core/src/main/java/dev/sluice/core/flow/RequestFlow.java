package dev.sluice.core.flow;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;

/** The life of a request. One instance per event loop. */
public final class RequestFlow {

  /** A request head has arrived. Answers refusals itself: then the result takes no more calls. */
  public Request accept(ClientPort port, HttpRequest head) {
    throw new UnsupportedOperationException();
  }

  /** Body bytes of the request. Ownership passes. */
  public void content(Request request, ByteBuf bytes) {
    throw new UnsupportedOperationException();
  }

  /** The request is whole. */
  public void whole(Request request) {
    throw new UnsupportedOperationException();
  }

  /** The client's connection has closed, or did not drain, before the answer had ended. */
  public void clientGone(Request request, String why) {
    throw new UnsupportedOperationException();
  }
}
