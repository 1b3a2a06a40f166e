package dev.sluice.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * Hears one provider answer, on the call's loop: at most one head, then body bytes and batch ends,
 * then exactly one of {@link #onEnd} and {@link #onFailure}. Nothing after {@link
 * UpstreamStream#cancel}.
 */
public interface UpstreamListener {

  /**
   * The final head; interim 1xx answers are swallowed.
   *
   * @param headers as received, hop-by-hop fields included; {@code Content-Encoding} is gone where
   *     the body is being decoded
   * @param contentLength announced body bytes, or -1 (chunked, until close, or decoded)
   */
  void onHead(int status, HttpHeaders headers, long contentLength);

  /** Body bytes. Ownership passes. */
  void onBody(ByteBuf bytes);

  /** The connection's read batch is over: a good moment to flush. */
  void onBatchEnd();

  /** The body is whole by its framing. */
  void onEnd();

  /** The answer failed or broke off. */
  void onFailure(UpstreamFailure failure);
}
