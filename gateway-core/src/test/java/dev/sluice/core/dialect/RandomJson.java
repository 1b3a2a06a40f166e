package dev.sluice.core.dialect;

import java.util.random.RandomGenerator;

/**
 * JSON texts as clients write them and as nobody should, with the members that matter among them.
 */
final class RandomJson {

  private static final String[] KEYS = {
    "model",
    "mod\\u0065l",
    "stream",
    "str\\u0065\\u0061m",
    "max_tokens",
    "max_completion_tokens",
    "stream_options",
    "include_usage",
    "messages",
    "temperature",
    "content",
    "",
    "Model",
    "modell",
    "\\\"model",
    "é",
    "日本",
    "\\ud83d\\ude00",
    "x"
  };
  private static final String[] STRINGS = {
    "",
    "gpt-6",
    "a longer piece of text that is more than eight bytes",
    "naïve",
    "日本語のテキスト",
    "😀🎉",
    "\\n\\t\\\"\\\\\\/\\b\\f\\r",
    "\\u00e9",
    "\\ud83d\\ude00",
    "}{][,:",
    "\u007f",
    "\u0080\u07ff",
    "\u0800\uffff",
    "ࠀ\ud7ff\ue000"
  };
  private static final String[] SCALARS = {
    "true",
    "false",
    "null",
    "0",
    "-0",
    "1",
    "17",
    "4096",
    "9007199254740992",
    "1.5",
    "-2.25e-10",
    "1E+3",
    "0.0",
    "123456789012345678901234567890"
  };
  private static final String[] SPACES = {"", "", "", "", " ", "\n", "\t\r\n  "};

  private final RandomGenerator random;
  private final StringBuilder out = new StringBuilder();

  private RandomJson(RandomGenerator random) {
    this.random = random;
  }

  static String object(RandomGenerator random) {
    var json = new RandomJson(random);
    json.space();
    json.object(5);
    json.space();
    return json.out.toString();
  }

  /** One to three small damages, most of which make the text invalid. */
  static byte[] damage(byte[] text, RandomGenerator random) {
    var bytes = text;
    for (var n = 1 + random.nextInt(3); n > 0 && bytes.length > 0; n--) {
      var at = random.nextInt(bytes.length);
      var length = Math.min(1 + random.nextInt(3), bytes.length - at);
      bytes =
          switch (random.nextInt(5)) {
            case 0 -> splice(bytes, at, length, new byte[0]);
            case 1 -> splice(bytes, at, 0, pick(random));
            case 2 -> splice(bytes, at, 1, pick(random));
            case 3 -> splice(bytes, at, bytes.length - at, new byte[0]);
            default -> splice(bytes, at, 0, new byte[] {(byte) random.nextInt(256)});
          };
    }
    return bytes;
  }

  private static byte[] pick(RandomGenerator random) {
    String[] pieces = {
      "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "true", "nul", "\\u", "\\ud800",
      "\\udc00", " ", "\n", "\u0000", "\u001f", "é", "😀", "\ufeff", "1"
    };
    return Pieces.utf8(pieces[random.nextInt(pieces.length)]);
  }

  private static byte[] splice(byte[] bytes, int at, int length, byte[] piece) {
    var spliced = new byte[bytes.length - length + piece.length];
    System.arraycopy(bytes, 0, spliced, 0, at);
    System.arraycopy(piece, 0, spliced, at, piece.length);
    System.arraycopy(bytes, at + length, spliced, at + piece.length, bytes.length - at - length);
    return spliced;
  }

  private void value(int depth) {
    var kind = random.nextInt(depth > 0 ? 6 : 4);
    switch (kind) {
      case 0, 1 -> string();
      case 2, 3 -> out.append(SCALARS[random.nextInt(SCALARS.length)]);
      case 4 -> object(depth - 1);
      default -> array(depth - 1);
    }
  }

  private void object(int depth) {
    out.append('{');
    var members = random.nextInt(7);
    for (var i = 0; i < members; i++) {
      space();
      var key = KEYS[random.nextInt(KEYS.length)];
      out.append('"').append(key).append('"');
      space();
      out.append(':');
      space();
      likely(key, depth);
      space();
      if (i < members - 1) {
        out.append(',');
      }
    }
    space();
    out.append('}');
  }

  /** Mostly what the member should hold. */
  private void likely(String key, int depth) {
    if (random.nextInt(5) == 0) {
      value(depth);
      return;
    }
    switch (key) {
      case "model", "mod\\u0065l" -> string();
      case "stream", "str\\u0065\\u0061m", "include_usage" ->
          out.append(random.nextInt(4) == 0 ? "false" : random.nextInt(6) == 0 ? "null" : "true");
      case "max_tokens", "max_completion_tokens" ->
          out.append(random.nextInt(5) == 0 ? "null" : Integer.toString(random.nextInt(100_000)));
      case "stream_options" -> {
        if (random.nextInt(5) == 0) {
          out.append("null");
        } else {
          object(depth > 0 ? depth - 1 : 0);
        }
      }
      default -> value(depth);
    }
  }

  private void array(int depth) {
    out.append('[');
    var elements = random.nextInt(4);
    for (var i = 0; i < elements; i++) {
      space();
      value(depth);
      space();
      if (i < elements - 1) {
        out.append(',');
      }
    }
    space();
    out.append(']');
  }

  private void string() {
    out.append('"');
    for (var n = random.nextInt(3); n >= 0; n--) {
      out.append(STRINGS[random.nextInt(STRINGS.length)]);
    }
    out.append('"');
  }

  private void space() {
    out.append(SPACES[random.nextInt(SPACES.length)]);
  }
}
