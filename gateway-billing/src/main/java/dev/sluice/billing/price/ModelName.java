package dev.sluice.billing.price;

import org.jspecify.annotations.Nullable;

/** Names of models, as providers write them: a model, and its snapshots with a date behind it. */
public final class ModelName {

  private ModelName() {}

  /** Without {@code -2025-08-07}, {@code -20250807} or {@code @20250807}; null where none is. */
  public static @Nullable String withoutDate(String model) {
    int length = model.length();
    if (endsLike(model, "-dddd-dd-dd")) {
      return model.substring(0, length - 11);
    }
    if (endsLike(model, "-dddddddd") || endsLike(model, "@dddddddd")) {
      return model.substring(0, length - 9);
    }
    return null;
  }

  private static boolean endsLike(String model, String form) {
    int start = model.length() - form.length();
    if (start <= 0) {
      return false;
    }
    for (int i = 0; i < form.length(); i++) {
      char c = model.charAt(start + i);
      if (form.charAt(i) == 'd' ? c < '0' || c > '9' : c != form.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
