package dev.sluice.core.identity;

import java.time.Duration;
import java.util.List;

/**
 * How a request is known to be one that was asked before. Immutable; built by the configuration.
 *
 * @param idHeaders fields that may hold a call's id; the first present one does
 * @param adoptWindow how long after its client has left a call may be adopted by an equal request
 *     without an id; 0: never
 */
public record DedupeSettings(
    List<String> idHeaders, Duration adoptWindow, OnConcurrent onConcurrent) {
  public DedupeSettings {
    idHeaders = List.copyOf(idHeaders);
  }

  /** What becomes of a request whose call is still in flight. */
  public enum OnConcurrent {
    /** It reads the same answer. */
    JOIN,
    /** It is refused. */
    REFUSE
  }
}
