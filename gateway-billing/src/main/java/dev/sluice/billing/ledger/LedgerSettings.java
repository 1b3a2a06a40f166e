package dev.sluice.billing.ledger;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where the ledger is, and what it may take.
 *
 * @param directory its own; made if it is not there. Not on a network file system: locks and mapped
 *     files do not hold there
 * @param durability what a call waits for before it is forwarded
 * @param inFlight calls that can be open, or ended and not yet written, at a time, 1 to {@link
 *     #IN_FLIGHT_MAX}; each takes 2.25 KiB of the disk
 * @param retention how long the rows of single calls are kept; hourly sums stay for ever
 * @param queueRows rows that are kept in memory while they cannot be written and have no slot
 */
public record LedgerSettings(
    Path directory, Durability durability, int inFlight, Duration retention, int queueRows) {

  public static final int IN_FLIGHT_MAX = 1 << 20;

  public static final int RETENTION_DAYS_MAX = 36_500;

  /** What a call waits for before it is forwarded. */
  public enum Durability {
    /** For nothing. Survives {@code kill -9}; a power cut may lose the last moments. */
    RELAXED,
    /** Until its intent is on the disk. Survives a power cut. */
    STRICT
  }

  public LedgerSettings {
    if (inFlight < 1 || inFlight > IN_FLIGHT_MAX) {
      throw new IllegalArgumentException(
          inFlight + " calls in flight; allowed are 1 to " + IN_FLIGHT_MAX);
    }
    if (queueRows < 1) {
      throw new IllegalArgumentException(queueRows + " rows in the queue; at least 1");
    }
    if (retention.isNegative() || retention.isZero() || retention.toDays() > RETENTION_DAYS_MAX) {
      throw new IllegalArgumentException(
          "retention is " + retention + "; allowed are up to " + RETENTION_DAYS_MAX + " days");
    }
  }
}
