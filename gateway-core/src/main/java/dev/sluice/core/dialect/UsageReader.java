package dev.sluice.core.dialect;

import dev.sluice.billing.usage.Usage;
import dev.sluice.sse.journal.JournalObserver;
import org.jspecify.annotations.Nullable;

/**
 * Reads, as an answer passes by, what the provider says it billed, whether the answer reached its
 * proper end, and whether it carries an error. One per call; confined to the call's loop; never
 * changes a byte.
 */
public interface UsageReader extends JournalObserver {

  /** The provider's count so far, last value of each field; null while it has said nothing. */
  @Nullable Usage usage();

  /**
   * Whether the answer is whole as the dialect sees it: its end marker, or a finish reason where
   * the dialect has no marker, was seen. Meaningful for event streams only.
   */
  boolean isComplete();

  /** Code or type of an error that stood inside the answer, or null. Never its message. */
  @Nullable String errorInBody();

  /** The model that the provider says it served, or null. */
  @Nullable String servedModel();

  /** The service tier that the provider says it served, or null. */
  @Nullable String serviceTier();

  /** Where the provider says it computed, if that has a price of its own; or null. */
  default @Nullable String region() {
    return null;
  }

  /** Bytes of events with content that passed, for an estimate where no usage came. */
  long contentBytes();

  /** How many events had any: those that only begin, frame or end an answer have none. */
  long contentEvents();
}
