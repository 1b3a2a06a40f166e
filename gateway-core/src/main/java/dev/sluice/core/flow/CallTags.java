package dev.sluice.core.flow;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client says of a call besides asking it: {@code Sluice-Run-Id}, {@code -Step}, {@code
 * -Conversation-Id}, {@code -Prompt-Id}, {@code -Prompt-Version}, {@code -Prompt-Locale}, and the
 * fields that the configuration names. They go into the books, and nowhere near a metric's label.
 * Bounded: so many fields, and a value is cut after {@value #LENGTH_MAX} characters, because a tag
 * that is too long must not cost a call.
 */
final class CallTags {

  static final int LENGTH_MAX = 128;

  private static final String OURS = "sluice-";
  private static final List<String> NAMES =
      List.of("run-id", "step", "conversation-id", "prompt-id", "prompt-version", "prompt-locale");

  private CallTags() {}

  /**
   * The tags of one request.
   *
   * @param configured names of further fields, in small letters
   * @return by name, without {@code sluice-}; the first of several values
   */
  static Map<String, String> of(HttpHeaders headers, List<String> configured) {
    Map<String, String> tags = null;
    Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
    while (fields.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = fields.next();
      String tag = tag(field.getKey(), configured);
      if (tag != null && !field.getValue().isEmpty()) {
        if (tags == null) {
          tags = new LinkedHashMap<>(8);
        }
        tags.putIfAbsent(tag, cut(field.getValue().toString()));
      }
    }
    return tags == null ? Map.of() : tags;
  }

  private static @Nullable String tag(CharSequence name, List<String> configured) {
    if (name.length() > OURS.length()
        && AsciiString.regionMatches(name, true, 0, OURS, 0, OURS.length())) {
      return among(NAMES, name, OURS.length());
    }
    return configured.isEmpty() ? null : among(configured, name, 0);
  }

  private static @Nullable String among(List<String> names, CharSequence name, int from) {
    int length = name.length() - from;
    for (int i = 0; i < names.size(); i++) {
      String each = names.get(i);
      if (each.length() == length && AsciiString.regionMatches(name, true, from, each, 0, length)) {
        return each;
      }
    }
    return null;
  }

  private static String cut(String value) {
    if (value.length() <= LENGTH_MAX) {
      return value;
    }
    boolean isPair = Character.isHighSurrogate(value.charAt(LENGTH_MAX - 1));
    return value.substring(0, isPair ? LENGTH_MAX - 1 : LENGTH_MAX);
  }
}
