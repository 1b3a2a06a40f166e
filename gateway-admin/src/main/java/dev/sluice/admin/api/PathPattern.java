package dev.sluice.admin.api;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The path of an endpoint, in which a segment {@code {name}} stands for any one segment that is not
 * empty. Immutable.
 */
final class PathPattern {

  private final String[] segments;
  private final boolean isExact;

  PathPattern(String path) {
    segments = path.split("/", -1);
    boolean exact = true;
    for (String segment : segments) {
      exact &= !isName(segment);
    }
    isExact = exact;
  }

  private static boolean isName(String segment) {
    return segment.startsWith("{") && segment.endsWith("}");
  }

  /** Whether no segment is a name. */
  boolean isExact() {
    return isExact;
  }

  /** The same for all paths that differ only in how their names are called. */
  String shape() {
    StringBuilder shape = new StringBuilder();
    for (String segment : segments) {
      shape.append(isName(segment) ? "{}" : segment).append('/');
    }
    return shape.toString();
  }

  /**
   * The segments that stand for names, not decoded, so that an encoded slash separates nothing;
   * null where the path is another.
   */
  @Nullable Map<String, String> match(String path) {
    String[] asked = path.split("/", -1);
    if (asked.length != segments.length) {
      return null;
    }
    Map<String, String> raw = new LinkedHashMap<>();
    for (int i = 0; i < segments.length; i++) {
      String segment = segments[i];
      if (isName(segment)) {
        if (asked[i].isEmpty()) {
          return null;
        }
        raw.put(segment.substring(1, segment.length() - 1), asked[i]);
      } else if (!segment.equals(asked[i])) {
        return null;
      }
    }
    return raw;
  }
}
