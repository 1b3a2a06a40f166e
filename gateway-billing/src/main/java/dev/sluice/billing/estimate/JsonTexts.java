package dev.sluice.billing.estimate;

import java.nio.charset.StandardCharsets;

/**
 * The texts of a request: all its strings that are values, without keys, one after another; short
 * words such as roles and model names are taken to belong to the message's frame. Reads anything;
 * of what is no JSON it makes something.
 *
 * @param text unescaped
 * @param messages how many keys "role" there were
 */
record JsonTexts(String text, int messages) {

  static JsonTexts of(byte[] body) {
    String json = new String(body, StandardCharsets.UTF_8);
    StringBuilder text = new StringBuilder(json.length());
    StringBuilder one = new StringBuilder();
    int messages = 0;
    String key = "";
    int at = 0;
    while ((at = json.indexOf('"', at)) >= 0) {
      one.setLength(0);
      at = string(json, at + 1, one);
      int next = at;
      while (next < json.length() && Character.isWhitespace(json.charAt(next))) {
        next++;
      }
      if (next < json.length() && json.charAt(next) == ':') {
        key = one.toString();
        messages += key.equals("role") ? 1 : 0;
      } else if (!key.equals("role") && !key.equals("model") && !key.equals("type")) {
        text.append(one).append('\n');
      }
    }
    return new JsonTexts(text.toString(), messages);
  }

  /** Returns where the string has ended. */
  private static int string(String json, int from, StringBuilder into) {
    int at = from;
    while (at < json.length()) {
      char c = json.charAt(at++);
      if (c == '"') {
        return at;
      }
      if (c != '\\' || at == json.length()) {
        into.append(c);
        continue;
      }
      char escaped = json.charAt(at++);
      if (escaped == 'u' && at + 4 <= json.length()) {
        into.append(unit(json, at));
        at += 4;
      } else {
        into.append(
            switch (escaped) {
              case 'n' -> '\n';
              case 't' -> '\t';
              case 'r', 'b', 'f' -> ' ';
              default -> escaped;
            });
      }
    }
    return at;
  }

  private static char unit(String json, int at) {
    int unit = 0;
    for (int i = at; i < at + 4; i++) {
      unit = unit << 4 | Math.max(0, Character.digit(json.charAt(i), 16));
    }
    return (char) unit;
  }
}
