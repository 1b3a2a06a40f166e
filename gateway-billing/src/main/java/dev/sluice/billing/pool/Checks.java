package dev.sluice.billing.pool;

/** The words in which a number is refused: which, its value, what is allowed. */
final class Checks {

  private Checks() {}

  static void between(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " is " + value + "; allowed is " + min + " to " + max + ".");
    }
  }

  static void that(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
