package dev.sluice.billing.usage;

/**
 * What tokens cost, and how well that is known. Immutable.
 *
 * @param state how well
 * @param nanoUsd nano-dollars; 0 where the state is {@link State#UNKNOWN} or {@link State#NONE}
 * @param priceVersion which row of the price table said so; empty where none did
 */
public record Cost(State state, long nanoUsd, String priceVersion) {

  /** Nothing was billed. */
  public static final Cost NONE = new Cost(State.NONE, 0, "");

  /** Tokens were billed, and nobody knows at what price: not the same as nothing. */
  public static final Cost UNKNOWN = new Cost(State.UNKNOWN, 0, "");

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

  public Cost {
    if (nanoUsd != 0 && (state == State.NONE || state == State.UNKNOWN)) {
      throw new IllegalArgumentException(nanoUsd + " nano-dollars that are " + state);
    }
  }
}
