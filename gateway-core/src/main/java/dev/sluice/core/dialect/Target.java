package dev.sluice.core.dialect;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a request target may be made of. Refused is whatever two parties could read as different
 * paths: dot segments, empty segments, backslashes, in any encoding.
 */
final class Target {

  private Target() {}

  /** Why the target is not accepted: what was found, and what is allowed; null if it is. */
  static @Nullable String problem(String target, String path) {
    if (path.isEmpty() || path.charAt(0) != '/') {
      return "it must begin with a slash.";
    }
    for (var i = 0; i < target.length(); i++) {
      var c = target.charAt(i);
      if (c <= ' ' || c >= 0x7F || c == '\\' || c == '#') {
        return "the character at " + i + " must be percent-encoded.";
      }
    }
    for (var i = 0; i < path.length(); i++) {
      if (path.charAt(i) == '%') {
        var value = encoded(path, i);
        if (value < 0x20 || value == 0x7F || value == '\\') {
          return "the percent-encoding at "
              + i
              + " is malformed or stands for a control character.";
        }
      }
    }
    return segmentProblem(path);
  }

  /** An encoded slash separates as well: some servers resolve it first. */
  private static @Nullable String segmentProblem(String path) {
    var decoded = decoded(path);
    var start = 1;
    while (start <= decoded.length()) {
      var slash = decoded.indexOf('/', start);
      var end = slash < 0 ? decoded.length() : slash;
      var segment = decoded.substring(start, end);
      // Parameters of a segment do not save it: "..;x" is a dot segment to some servers.
      var semicolon = segment.indexOf(';');
      var name = semicolon < 0 ? segment : segment.substring(0, semicolon);
      if (name.equals(".") || name.equals("..")) {
        return "it must not contain dot segments.";
      }
      if (segment.isEmpty() && slash >= 0) {
        return "it must not contain empty segments.";
      }
      start = end + 1;
    }
    return null;
  }

  /** The path with its percent-encoding resolved, for comparison only; never sent. */
  static String decoded(String path) {
    if (path.indexOf('%') < 0) {
      return path;
    }
    var bytes = new byte[path.length()];
    var length = 0;
    for (var i = 0; i < path.length(); i++) {
      var c = path.charAt(i);
      if (c == '%') {
        var value = encoded(path, i);
        if (value >= 0) {
          bytes[length++] = (byte) value;
          i += 2;
          continue;
        }
      }
      bytes[length++] = (byte) c;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** The byte that {@code %xx} at {@code i} stands for, or -1 where it is malformed. */
  private static int encoded(String path, int i) {
    if (i + 2 >= path.length()) {
      return -1;
    }
    var high = Character.digit(path.charAt(i + 1), 16);
    var low = Character.digit(path.charAt(i + 2), 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }
}
