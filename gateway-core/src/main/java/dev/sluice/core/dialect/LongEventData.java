package dev.sluice.core.dialect;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Reads the data of a block that comes in pieces, because it is too long to be held: OpenAI's
 * terminal Responses event repeats the whole answer beside the usage, and easily is. What {@link
 * EventData} does with a whole block, in a few numbers between two pieces. Confined to one loop.
 */
final class LongEventData {

  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LINE_FEED = {'\n'};

  /** Behind the colon, where one space is no part of the value. */
  private static final int VALUE_BEGINS = DATA.length;

  private static final int VALUE = VALUE_BEGINS + 1;
  private static final int OTHER_FIELD = VALUE + 1;

  private final JsonMachine machine;
  private boolean isInside;

  /** Below {@link #VALUE_BEGINS}: so many bytes of the line are those of {@link #DATA}. */
  private int state;

  private boolean isAfterCarriageReturn;
  private boolean hasData;

  LongEventData(JsonMachine machine) {
    this.machine = machine;
  }

  /** Whether a block is being read: false before its first piece and after its last. */
  boolean isInside() {
    return isInside;
  }

  /**
   * Shows the machine, reset at the first piece, what is data of the next piece.
   *
   * @param bytes only looked at
   */
  void scan(ByteBuf bytes, int start, int end, boolean isLast) {
    if (!isInside) {
      isInside = true;
      state = 0;
      isAfterCarriageReturn = false;
      hasData = false;
      machine.reset();
    }
    byte[] b = Scratch.copy(bytes, start, end);
    scan(b, end - start);
    isInside = !isLast;
  }

  private void scan(byte[] b, int length) {
    int at = 0;
    while (at < length) {
      byte c = b[at];
      if (c == '\n' || c == '\r') {
        boolean isRestOfLineEnd = c == '\n' && isAfterCarriageReturn;
        isAfterCarriageReturn = c == '\r';
        if (!isRestOfLineEnd) {
          state = 0;
        }
        at++;
        continue;
      }
      isAfterCarriageReturn = false;
      if (state == VALUE_BEGINS) {
        if (hasData) {
          machine.scan(LINE_FEED, 0, 1);
        }
        hasData = true;
        state = VALUE;
        at += c == ' ' ? 1 : 0;
      } else if (state < VALUE_BEGINS) {
        state = c == DATA[state] ? state + 1 : OTHER_FIELD;
        at++;
      } else {
        int lineEnd = lineEnd(b, at, length);
        if (state == VALUE) {
          machine.scan(b, at, lineEnd);
        }
        at = lineEnd;
      }
    }
  }

  private static int lineEnd(byte[] b, int from, int end) {
    int i = from;
    while (i < end && b[i] != '\n' && b[i] != '\r') {
      i++;
    }
    return i;
  }
}
