package dev.sluice.core.config;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** "Did you mean". */
final class Hints {

  private Hints() {}

  /** A whole sentence, or empty where nothing known is near. */
  static String didYouMean(String found, Collection<String> known) {
    String wanted = squeezed(found);
    String best = "";
    // A third of the letters may be wrong: more, and the guess is more often silly than right.
    int bestDistance = Math.max(1, wanted.length() / 3) + 1;
    if (wanted.length() <= 64) {
      for (String candidate : known) {
        int distance = distance(wanted, squeezed(candidate));
        if (distance < bestDistance) {
          bestDistance = distance;
          best = candidate;
        }
      }
    }
    return best.isEmpty() ? "" : "Did you mean \"" + best + "\"?";
  }

  /**
   * The known names that are nearest, the nearest first: those that hold what was found before
   * those that are held by it or spelled alike.
   */
  static List<String> near(String found, Collection<String> known, int max) {
    String wanted = squeezed(found.length() > 64 ? found.substring(0, 64) : found);
    int distanceMax = Math.max(1, wanted.length() / 3);
    Map<String, Integer> distances = new HashMap<>();
    for (String candidate : known) {
      String name = squeezed(candidate);
      int distance = distance(wanted, name);
      boolean isPart = wanted.length() >= 3 && name.contains(wanted);
      if (isPart || distance <= distanceMax || (name.length() >= 3 && wanted.contains(name))) {
        distances.put(candidate, isPart ? distance - 1_000 : distance);
      }
    }
    return distances.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry::getKey))
        .limit(max)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** So that keepAlive, keep_alive and keepalive are all the same as keep-alive. */
  private static String squeezed(String name) {
    return name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  /** Levenshtein's, with a swap of neighbours as one step (optimal string alignment). */
  private static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(last[j], row[j - 1]) + 1, last[j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      int[] free = beforeLast;
      beforeLast = last;
      last = row;
      row = free;
    }
    return last[b.length()];
  }
}
