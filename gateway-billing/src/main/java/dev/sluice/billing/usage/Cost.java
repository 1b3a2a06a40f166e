package dev.sluice.billing.usage;

/**
 * What tokens cost, in parts that do not overlap, and how well that is known. All amounts are
 * nano-dollars, and 0 where there is no price. Immutable.
 *
 * @param state how well
 * @param input of what was neither read from the prompt cache nor written to it
 * @param cacheRead of what was read from it
 * @param cacheWrite of what was written to it, whatever its lifetime
 * @param output of all output, reasoning included
 * @param readSaved what was saved by reading from the prompt cache: the price of plain input, less
 *     {@code cacheRead}; not negative
 * @param writeExtra what writing to it cost more than plain input; not negative
 * @param priceVersion which row of the price table said so; empty where none did
 */
public record Cost(
    State state,
    long input,
    long cacheRead,
    long cacheWrite,
    long output,
    long readSaved,
    long writeExtra,
    String priceVersion) {

  /** Nothing was billed. */
  public static final Cost NONE = new Cost(State.NONE, 0, 0, 0, 0, 0, 0, "");

  /** Tokens were billed, and nobody knows at what price: not the same as nothing. */
  public static final Cost UNKNOWN = new Cost(State.UNKNOWN, 0, 0, 0, 0, 0, 0, "");

  /** How well a cost is known. */
  public enum State {
    /** There was nothing to pay for. */
    NONE,
    /** Exactly, by a price that is known. */
    KNOWN,
    /** A rate had to be put in the place of one that is not known. */
    APPROXIMATE,
    /** There is no price. */
    UNKNOWN
  }

  /** A cost with nothing of the prompt cache in it. */
  public static Cost plain(long input, long output, String priceVersion) {
    return new Cost(State.KNOWN, input, 0, 0, output, 0, 0, priceVersion);
  }

  public Cost {
    boolean isSomething = (input | cacheRead | cacheWrite | output) != 0;
    if (isSomething && (state == State.NONE || state == State.UNKNOWN)) {
      throw new IllegalArgumentException("An amount that is " + state);
    }
  }

  /**
   * The parts together.
   *
   * @throws ArithmeticException if they do not fit
   */
  public long nanoUsd() {
    return Math.addExact(Math.addExact(input, cacheRead), Math.addExact(cacheWrite, output));
  }

  /** Whether there is an amount, be it zero. */
  public boolean isKnown() {
    return state != State.UNKNOWN;
  }
}
