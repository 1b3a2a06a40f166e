package dev.sluice.core.flow;

import dev.sluice.core.dialect.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * How a client connection speaks to the flow. Everything on the connection's loop: {@code accept},
 * {@code content} as often as body bytes come, {@code whole}; and {@code clientGone} at most once,
 * unless the answer has ended before.
 */
public interface RequestEntry {

  /**
   * A request head has arrived. A refusal is answered through the port at once; the returned
   * request is then {@link Request#isRefused() refused} and wants no more.
   */
  Request accept(ClientPort port, HttpRequest head);

  /** Body bytes of the request. Ownership passes. */
  void content(Request request, ByteBuf bytes);

  /** The request's body is whole. */
  void whole(Request request);

  /** The client takes bytes again. */
  void clientWritable(Request request);

  /**
   * The connection closed, or will take no more, before the answer had ended.
   *
   * @param why stable code: {@code client_closed}, {@code client_reset}, {@code write_stall}, …
   */
  void clientGone(Request request, String why);

  /**
   * A refusal of something that never became a request (bad framing, a head that is too long).
   *
   * @param target the request target where it could be read, else null; decides the envelope
   */
  void refuse(ClientPort port, @Nullable String target, Refusal refusal);
}
