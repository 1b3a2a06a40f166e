package dev.sluice.billing.pool;

/** Whether a limit is meant. */
public enum Mode {
  /** Calls wait or are refused. */
  ENFORCE,
  /** All calls go at once and are charged; what would have happened is counted. */
  SHADOW
}
