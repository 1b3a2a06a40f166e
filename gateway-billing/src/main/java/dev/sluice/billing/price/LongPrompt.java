package dev.sluice.billing.price;

import java.util.Locale;

/**
 * PriceBook of a whole request whose prompt is long.
 *
 * @param threshold tokens of the whole prompt, cached and written ones included
 * @param isInclusive whether a prompt of exactly that many is long already
 */
public record LongPrompt(long threshold, boolean isInclusive, Change change) {

  public LongPrompt {
    if (threshold < 0) {
      throw new IllegalArgumentException("A threshold of " + threshold);
    }
  }

  boolean isMetBy(long promptTokens) {
    return promptTokens > threshold || (isInclusive && promptTokens == threshold);
  }

  /** {@code over 272,000 tokens}. */
  String text() {
    return "prompt "
        + (isInclusive ? "of at least " : "over ")
        + String.format(Locale.ROOT, "%,d", threshold);
  }
}
