package dev.sluice.core.flow;

import dev.sluice.core.dialect.Refusal;
import dev.sluice.sse.journal.JournalHead;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Where a client connection hands a request over to the flow. One instance per event loop, confined
 * to it. The flow may answer through the port inside any of these calls.
 *
 * @param <R> what the flow keeps of one request; the connection holds it and never looks inside
 */
public interface RequestEntry<R> {

  /**
   * A request head has arrived, and its framing is unambiguous. Answers refusals itself, at once or
   * later; after the answer has ended the result takes no more calls.
   *
   * @param port the way back to this client, for this one request
   */
  R accept(ClientPort port, HttpRequest head);

  /** Body bytes of the request, in order. Ownership passes. */
  void content(R request, ByteBuf bytes);

  /** The request is whole. */
  void whole(R request);

  /**
   * The connection has closed, or stalled, or its framing broke, before the answer had ended.
   * Nothing more is heard of the request, and nothing more written for it arrives.
   *
   * @param why stable, lower snake case: {@code client_closed}, {@code client_reset}, {@code
   *     write_stall}, {@code body_too_slow}, {@code connection_failed}, {@code server_closed}, or
   *     the code of the refusal that ended a body
   */
  void clientGone(R request, String why);

  /**
   * The connection was reset after the answer had ended, with no request in between: the client may
   * not have read all of it.
   */
  void resetAfterAnswer(R request);

  /**
   * The client has taken enough of what was written: {@link ClientPort#isWritable} is true again.
   */
  void clientWritable(R request);

  /**
   * How a refusal looks that never became a request, because its head or framing was wrong.
   *
   * @param target raw request target, possibly cut short; null where it is not known
   */
  Answer refusal(@Nullable String target, Refusal refusal);

  /** A whole answer. */
  record Answer(JournalHead head, byte[] body) {}
}
