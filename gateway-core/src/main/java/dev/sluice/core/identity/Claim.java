package dev.sluice.core.identity;

/**
 * What became of a request that wants to be a call.
 *
 * @param <C> what the owners of calls keep of them
 */
public sealed interface Claim<C> {

  /**
   * It is a call of its own; whoever got this tells the index of its life, until {@link
   * CallIndex#failed} or {@link CallIndex#release}.
   */
  record Opened<C>(IndexedCall<C> call) implements Claim<C> {}

  /**
   * It is paid for already: to be attached on {@link IndexedCall#loop}. If the call has been
   * released by then, claim again.
   */
  record Joined<C>(IndexedCall<C> call, How how) implements Claim<C> {}

  /** It cannot be a call. */
  record Conflict<C>(Kind kind) implements Claim<C> {}

  /** How a request came to a call that there was already. */
  enum How {
    /** By its id, while the call was in flight. */
    JOINED,
    /** By asking the same as a call whose client had left. */
    ADOPTED,
    /** The call was finished and its answer still held. */
    REPLAYED
  }

  /** Why an id cannot be used. */
  enum Kind {
    /** A call of this id asks something else. */
    OTHER_BODY,
    /** A call of this id is in flight, its client is there, and the settings say refuse. */
    IN_FLIGHT
  }
}
