package dev.sluice.core.dialect;

import dev.sluice.core.dialect.RequestFacts.UsageAsk;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import java.nio.charset.StandardCharsets;

/** The only rewrite of a body: a span is put in or replaced, every other byte stays as it came. */
public final class BodyEdit {

  private static final byte[] OPTIONS_MEMBER =
      "\"stream_options\":{\"include_usage\":true},".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] OPTIONS =
      "{\"include_usage\":true}".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FIRST_MEMBER =
      "\"include_usage\":true,".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ONLY_MEMBER =
      "\"include_usage\":true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);

  private BodyEdit() {}

  /**
   * The body with {@code stream_options.include_usage: true}; its length changes with it.
   *
   * @param body a whole body; ownership passes
   * @param ask where the scan of this very body found the place
   * @return the body itself where the client has asked, else a composite of its parts; the caller
   *     owns it
   */
  public static ByteBuf askForUsage(ByteBuf body, UsageAsk ask) {
    return switch (ask.state()) {
      case ASKED -> body;
      case ABSENT -> replace(body, ask, OPTIONS_MEMBER);
      case NULL -> replace(body, ask, OPTIONS);
      case NO_MEMBER -> replace(body, ask, FIRST_MEMBER);
      case EMPTY -> replace(body, ask, ONLY_MEMBER);
      case OFF -> replace(body, ask, TRUE);
    };
  }

  private static ByteBuf replace(ByteBuf body, UsageAsk ask, byte[] piece) {
    CompositeByteBuf edited = null;
    try {
      var at = body.readerIndex() + Math.toIntExact(ask.at());
      var behind = at + ask.length();
      edited = body.alloc().compositeBuffer(3);
      edited.addComponent(true, body.retainedSlice(body.readerIndex(), at - body.readerIndex()));
      edited.addComponent(true, body.alloc().buffer(piece.length).writeBytes(piece));
      edited.addComponent(true, body.retainedSlice(behind, body.writerIndex() - behind));
      var whole = edited;
      edited = null;
      return whole;
    } finally {
      if (edited != null) {
        edited.release();
      }
      body.release();
    }
  }
}
