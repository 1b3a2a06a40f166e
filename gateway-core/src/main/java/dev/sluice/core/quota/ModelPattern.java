package dev.sluice.core.quota;

import java.util.List;

/** Names of models, in which {@code *} stands for any run of characters. */
public final class ModelPattern {

  private ModelPattern() {}

  /** Whether one of the patterns fits; they are the operator's and short. */
  public static boolean isAny(List<String> patterns, String model) {
    for (String pattern : patterns) {
      if (matches(pattern, 0, model, 0)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String pattern, int p, String text, int t) {
    int star = pattern.indexOf('*', p);
    if (star < 0) {
      return pattern.length() - p == text.length() - t
          && text.regionMatches(t, pattern, p, pattern.length() - p);
    }
    if (!text.regionMatches(t, pattern, p, star - p)) {
      return false;
    }
    for (int next = t + star - p; next <= text.length(); next++) {
      if (matches(pattern, star + 1, text, next)) {
        return true;
      }
    }
    return false;
  }
}
