package dev.sluice.billing.account;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The little JSON that the log of changes is made of: one flat object. */
final class Facts {

  private Facts() {}

  /** Names and values in turn; a value is a text, a number, a truth value or null. */
  static String of(@Nullable Object... namesAndValues) {
    StringBuilder json = new StringBuilder("{");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      json.append(i == 0 ? "" : ",");
      text(String.valueOf(namesAndValues[i]), json);
      json.append(':');
      switch (namesAndValues[i + 1]) {
        case null -> json.append("null");
        case Number number -> json.append(number);
        case Boolean truth -> json.append(truth);
        case Enum<?> constant -> text(constant.name().toLowerCase(Locale.ROOT), json);
        case Duration duration -> json.append(duration.toMillis() / 1e3);
        case Object other -> text(other.toString(), json);
      }
    }
    return json.append('}').toString();
  }

  /** RFC 8259 section 7. */
  private static void text(String text, StringBuilder json) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c)) {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }
}
