package dev.sluice.core.telemetry;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Turns text that others choose into label values, of which there is a bound: a series costs memory
 * here and in every store that scrapes it. From any thread; known text costs one look-up and no
 * lock.
 */
final class BoundedLabels {

  static final String OTHER = "other";

  private final int max;
  private final int lengthMax;
  private final ConcurrentHashMap<String, String> known = new ConcurrentHashMap<>();
  private volatile boolean isFull;

  /**
   * @param max how many different texts get a value of their own; all others are {@link #OTHER}
   * @param lengthMax longer text is {@link #OTHER}
   */
  BoundedLabels(int max, int lengthMax) {
    this.max = max;
    this.lengthMax = lengthMax;
  }

  /**
   * The label for a text.
   *
   * @param mayBeAdded whether a new text may take one of the places; false where the text is only
   *     somebody's claim
   */
  String of(String text, boolean mayBeAdded) {
    if (text.length() > lengthMax) {
      return OTHER;
    }
    String label = known.get(text);
    if (label != null) {
      return label;
    }
    return mayBeAdded && !isFull ? add(text) : OTHER;
  }

  /** Comes here at most {@code max} times and a few, so a lock is no matter. */
  private synchronized String add(String text) {
    if (known.size() >= max) {
      isFull = true;
      return OTHER;
    }
    String label = sanitized(text);
    known.put(text, label);
    return label;
  }

  /** Keeps what model names are made of; everything else becomes an underscore. */
  static String sanitized(String text) {
    var label = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      label.append(isPlain(c) ? c : '_');
    }
    return label.isEmpty() ? "none" : label.toString();
  }

  /** Letters, digits and the punctuation of model names, all ASCII. */
  static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_'
        || c == '.'
        || c == ':'
        || c == '/'
        || c == '@'
        || c == '+';
  }
}
