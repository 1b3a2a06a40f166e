package dev.sluice.core.flow;

import java.time.Duration;

/**
 * What becomes of a paid call whose last client has left. Immutable; built by the configuration.
 *
 * @param grace under {@link Kind#CANCEL}, how long the call still goes on; else without effect
 */
public record OrphanPolicy(Kind kind, Duration grace) {

  /** How far such a call goes. */
  public enum Kind {
    /** On until going on has cost as much as asking again would, then it is cancelled. */
    BUDGET,
    /** On for the grace, then it is cancelled. */
    CANCEL,
    /** To its end. */
    FINISH
  }
}
