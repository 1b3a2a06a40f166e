package dev.sluice.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import java.util.List;

/**
 * Netty's response decoder, for one request at a time. {@code HttpClientCodec} does not tell
 * whether bytes are left after an answer: with a body longer than announced they would be read as
 * the beginning of the next call's answer.
 */
final class AnswerDecoder extends HttpResponseDecoder {
  static final int STATUS_LINE_MAX_BYTES = 8 * 1024;
  static final int HEAD_MAX_BYTES = 64 * 1024;

  // No larger than a read buffer gets: bodies are cut only where reads end.
  private static final int CHUNK_MAX_BYTES = 64 * 1024;

  private boolean isHead;
  private boolean bytesSeen;

  AnswerDecoder() {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(STATUS_LINE_MAX_BYTES)
            .setMaxHeaderSize(HEAD_MAX_BYTES)
            .setMaxChunkSize(CHUNK_MAX_BYTES)
            .setAllowDuplicateContentLengths(false)
            .setValidateHeaders(true));
  }

  /** A request is being sent: what comes from now on is its answer. */
  void expectAnswerTo(HttpMethod method) {
    isHead = method.equals(HttpMethod.HEAD);
    bytesSeen = false;
  }

  /** Whether a byte has come since {@link #expectAnswerTo}. */
  boolean bytesSeen() {
    return bytesSeen;
  }

  /** Whether bytes have been read that belong to no message yet. */
  boolean hasLeftover() {
    return actualReadableBytes() > 0;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    bytesSeen = true;
    super.decode(ctx, in, out);
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage head) {
    boolean isFinal = ((HttpResponse) head).status().code() >= 200;
    return (isHead && isFinal) || super.isContentAlwaysEmpty(head);
  }
}
