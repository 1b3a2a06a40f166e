package dev.sluice.core.identity;

import java.time.Duration;
import java.util.List;

/**
 * When a request is a call that there is already.
 *
 * @param idHeaders fields that may hold an id, the first one that does counts
 * @param adoptWindow how long after its client left a call may be adopted by an equal request that
 *     has no id and is not marked as a retry; zero: never
 * @param onConcurrent what happens to a second request with the id of a call in flight
 */
public record DedupeSettings(
    List<String> idHeaders, Duration adoptWindow, OnConcurrent onConcurrent) {

  public DedupeSettings {
    idHeaders = List.copyOf(idHeaders);
  }

  /** To a second request with the id of a call in flight whose client is still there. */
  public enum OnConcurrent {
    /** It gets the same answer. */
    JOIN,
    /** It is refused. */
    REFUSE
  }
}
