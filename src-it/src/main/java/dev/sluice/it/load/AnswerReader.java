package dev.sluice.it.load;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Reads HTTP/1.1 answers from bytes as they come, any split. Deliberately not Netty's own decoder:
 * what tests the gateway should not share its parser, and this one says exactly how a body ended.
 * Looks at the bytes only; keeps nothing but the line that it is in.
 */
public final class AnswerReader {

  /** Hears what was read. */
  public interface Listener {
    /**
     * A final head.
     *
     * @param head status line and fields, as they came, without the blank line
     */
    void onHead(int status, String head);

    /** Body bytes, without framing. Only to be looked at: {@code length} bytes from {@code at}. */
    void onBody(ByteBuf bytes, int at, int length);

    /** The body ended as its framing promised. */
    void onEnd();
  }

  private enum State {
    HEAD,
    SIZED,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    TRAILERS,
    UNTIL_CLOSE
  }

  private static final int LINE_MAX = 1024 * 1024;

  private final Listener listener;
  private final StringBuilder line = new StringBuilder(512);
  private State state = State.HEAD;
  private long left;
  private boolean isBetween = true;

  public AnswerReader(Listener listener) {
    this.listener = listener;
  }

  /** Whether no answer has been begun that has not ended. */
  public boolean isBetweenAnswers() {
    return isBetween;
  }

  /** Whether a close now is how the answer ends. */
  public boolean endsByClose() {
    return state == State.UNTIL_CLOSE;
  }

  /**
   * Reads all readable bytes.
   *
   * @throws IllegalStateException if they are no HTTP/1.1 answer
   */
  public void read(ByteBuf bytes) {
    while (bytes.isReadable()) {
      step(bytes);
    }
  }

  /** The same, up to the end of an answer: bytes of a next one are left. */
  public void readOne(ByteBuf bytes) {
    do {
      step(bytes);
    } while (bytes.isReadable() && !isBetween);
  }

  private void step(ByteBuf bytes) {
    isBetween = false;
    switch (state) {
      case HEAD -> head(bytes);
      case SIZED -> {
        body(bytes);
        if (left == 0) {
          end();
        }
      }
      case CHUNK -> {
        body(bytes);
        if (left == 0) {
          state = State.CHUNK_END;
        }
      }
      case UNTIL_CLOSE -> {
        left = Long.MAX_VALUE;
        body(bytes);
      }
      case CHUNK_END -> {
        if (takeLine(bytes)) {
          expect(line.isEmpty(), "a chunk is longer than its size");
          state = State.CHUNK_SIZE;
        }
      }
      case CHUNK_SIZE -> {
        if (takeLine(bytes)) {
          left = Long.parseLong(line.toString(), 16);
          state = left == 0 ? State.TRAILERS : State.CHUNK;
          line.setLength(0);
        }
      }
      case TRAILERS -> {
        if (takeLine(bytes)) {
          boolean isLast = line.isEmpty();
          line.setLength(0);
          if (isLast) {
            end();
          }
        }
      }
    }
  }

  private void body(ByteBuf bytes) {
    int length = (int) Math.min(left, bytes.readableBytes());
    listener.onBody(bytes, bytes.readerIndex(), length);
    bytes.skipBytes(length);
    left -= length;
  }

  /** Collects up to the line end, which is left out; true when the line is whole. */
  private boolean takeLine(ByteBuf bytes) {
    int newline = bytes.bytesBefore((byte) '\n');
    int length = newline < 0 ? bytes.readableBytes() : newline;
    line.append(bytes.toString(bytes.readerIndex(), length, StandardCharsets.ISO_8859_1));
    expect(line.length() <= LINE_MAX, "a line has no end");
    bytes.skipBytes(newline < 0 ? length : length + 1);
    if (newline >= 0 && !line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
      line.setLength(line.length() - 1);
    }
    return newline >= 0;
  }

  private void head(ByteBuf bytes) {
    // The blank line is looked for in what was collected, since it may be split over reads.
    int from = Math.max(0, line.length() - 3);
    int newline = bytes.bytesBefore((byte) '\n');
    int length = newline < 0 ? bytes.readableBytes() : newline + 1;
    line.append(bytes.toString(bytes.readerIndex(), length, StandardCharsets.ISO_8859_1));
    bytes.skipBytes(length);
    expect(line.length() <= LINE_MAX, "a head has no end");
    if (line.indexOf("\r\n\r\n", from) < 0) {
      return;
    }
    String head = line.substring(0, line.length() - 4);
    line.setLength(0);
    expect(head.startsWith("HTTP/1.1 "), "no HTTP/1.1 status line: " + head);
    int status = Integer.parseInt(head.substring(9, 12));
    if (status < 200) {
      return;
    }
    String fields = head.toLowerCase(Locale.ROOT);
    int at = fields.indexOf("\r\ncontent-length:");
    if (status == 204 || status == 304) {
      state = State.SIZED;
      left = 0;
    } else if (fields.contains("\r\ntransfer-encoding: chunked")) {
      expect(at < 0, "both lengths in one head");
      state = State.CHUNK_SIZE;
    } else if (at >= 0) {
      int lineEnd = fields.indexOf("\r\n", at + 2);
      left =
          Long.parseLong(
              fields.substring(at + 17, lineEnd < 0 ? fields.length() : lineEnd).strip());
      state = State.SIZED;
    } else {
      state = State.UNTIL_CLOSE;
    }
    listener.onHead(status, head);
    if (state == State.SIZED && left == 0) {
      end();
    }
  }

  private void end() {
    state = State.HEAD;
    isBetween = true;
    listener.onEnd();
  }

  private static void expect(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalStateException(otherwise);
    }
  }
}
