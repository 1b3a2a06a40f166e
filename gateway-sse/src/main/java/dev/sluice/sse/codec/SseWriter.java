package dev.sluice.sse.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The bytes that are put into silences. Each is written once into direct memory and shared by all
 * streams: ten thousand keep-alives copy nothing. What is returned is read-only, has indices of its
 * own, and may be released or not. Any thread.
 */
public final class SseWriter {

  private static final ByteBuf COMMENT = shared(": keep-alive\n\n");
  private static final ByteBuf BARE_COMMENT = shared(": keep-alive\n");
  private static final ByteBuf WHITE_SPACE = shared("\n");

  private SseWriter() {}

  /**
   * A comment as a whole block, with its blank line. The line alone would be joined to the next
   * event, and google-genai loses every event that does not begin with {@code data:}.
   */
  public static ByteBuf comment() {
    return COMMENT.duplicate();
  }

  /**
   * The comment line alone, for clients that dispatch an empty event at every blank line once they
   * have seen an {@code id} (openai/openai-python#2722).
   */
  public static ByteBuf bareComment() {
    return BARE_COMMENT.duplicate();
  }

  /** White space that may stand before a JSON text (RFC 8259 section 2). */
  public static ByteBuf whiteSpace() {
    return WHITE_SPACE.duplicate();
  }

  private static ByteBuf shared(String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    return Unpooled.unreleasableBuffer(
        Unpooled.directBuffer(bytes.length, bytes.length).writeBytes(bytes).asReadOnly());
  }
}
