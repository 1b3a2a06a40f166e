package dev.sluice.billing.pool;

/** What a limit counts. Which tokens those are, {@link Counting} says for each provider. */
public enum Counts {
  REQUESTS(0, "requests"),
  INPUT_TOKENS(1, "input-tokens"),
  OUTPUT_TOKENS(2, "output-tokens"),
  TOTAL_TOKENS(3, "tokens");

  /** How many there are; each has an {@link #index} below. */
  public static final int KINDS = 4;

  private final int index;
  private final String label;

  Counts(int index, String label) {
    this.index = index;
    this.label = label;
  }

  /** Its place in arrays with one entry for each. */
  public int index() {
    return index;
  }

  /** As it stands in the configuration, in header fields and in metrics. */
  public String label() {
    return label;
  }
}
