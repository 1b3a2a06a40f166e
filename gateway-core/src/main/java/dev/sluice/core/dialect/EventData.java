package dev.sluice.core.dialect;

import java.nio.charset.StandardCharsets;

/** Reads one complete block of an event stream (WHATWG HTML, 9.2.6) where it stands. */
final class EventData {

  private static final byte[] DATA = "data".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EVENT = "event".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LINE_FEED = {'\n'};

  private EventData() {}

  /** Whether the block is {@code data: [DONE]}. Costs nothing for a block that does not end so. */
  static boolean isDone(byte[] b, int start, int end) {
    var last = end;
    while (last > start && isLineEnd(b[last - 1])) {
      last--;
    }
    while (last > start && b[last - 1] == ' ') {
      last--;
    }
    var at = last - DONE.length;
    if (at < start || !stands(b, at, last, DONE)) {
      return false;
    }
    while (at > start && b[at - 1] == ' ') {
      at--;
    }
    var field = at - 1 - DATA.length;
    return field >= start
        && b[at - 1] == ':'
        && stands(b, field, at - 1, DATA)
        && (field == start || isLineEnd(b[field - 1]));
  }

  /** Whether the block has a line {@code event: name}. */
  static boolean isNamed(byte[] b, int start, int end, byte[] name) {
    for (var line = start; line < end; ) {
      var lineEnd = lineEnd(b, line, end);
      var value = value(b, line, lineEnd, EVENT);
      if (value >= 0 && lineEnd - value == name.length && stands(b, value, lineEnd, name)) {
        return true;
      }
      line = nextLine(b, lineEnd, end);
    }
    return false;
  }

  /**
   * Shows the data of the block to the machine, its lines joined as the standard says. A block
   * without data that looks like JSON is shown as it stands: Gemini tells an error that way.
   */
  static void scan(JsonMachine machine, byte[] b, int start, int end) {
    var hasData = false;
    for (var line = start; line < end; ) {
      var lineEnd = lineEnd(b, line, end);
      var value = value(b, line, lineEnd, DATA);
      if (value >= 0) {
        if (hasData) {
          machine.scan(LINE_FEED, 0, 1);
        }
        hasData = true;
        machine.scan(b, value, lineEnd);
      }
      line = nextLine(b, lineEnd, end);
    }
    if (!hasData && start < end && (b[start] == '{' || b[start] == '[')) {
      machine.scan(b, start, end);
    }
  }

  /** Index of the value of the line if its field is that, or -1. */
  private static int value(byte[] b, int line, int lineEnd, byte[] field) {
    var colon = line + field.length;
    if (colon >= lineEnd || b[colon] != ':' || !stands(b, line, colon, field)) {
      return -1;
    }
    return colon + 1 < lineEnd && b[colon + 1] == ' ' ? colon + 2 : colon + 1;
  }

  private static boolean stands(byte[] b, int from, int to, byte[] bytes) {
    if (to - from < bytes.length) {
      return false;
    }
    for (var i = 0; i < bytes.length; i++) {
      if (b[from + i] != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  private static int lineEnd(byte[] b, int from, int end) {
    var i = from;
    while (i < end && !isLineEnd(b[i])) {
      i++;
    }
    return i;
  }

  private static int nextLine(byte[] b, int lineEnd, int end) {
    if (lineEnd >= end) {
      return end;
    }
    var isPair = b[lineEnd] == '\r' && lineEnd + 1 < end && b[lineEnd + 1] == '\n';
    return lineEnd + (isPair ? 2 : 1);
  }

  private static boolean isLineEnd(byte c) {
    return c == '\n' || c == '\r';
  }
}
