package dev.sluice.core.flow;

/**
 * The nine steps of a call, in order. Their names are the log's and the metrics' words for where a
 * call ended, and the chapters of this module's page.
 */
public enum Phase {
  ACCEPT,
  IDENTIFY,
  DECODE,
  JOIN_OR_OPEN,
  RESERVE,
  GATE,
  FORWARD,
  STREAM_BACK,
  SETTLE;

  private final String label = name().toLowerCase(java.util.Locale.ROOT);

  /** Lower snake case. */
  public String label() {
    return label;
  }
}
