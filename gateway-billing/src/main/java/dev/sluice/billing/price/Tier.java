package dev.sluice.billing.price;

import java.util.List;

/**
 * PriceBook of a service tier, as served.
 *
 * @param longPrompts the tier's own rates for long prompts, in the place of the row's, highest
 *     threshold first; none where the tier changes long prompts like others
 */
public record Tier(Change change, List<LongPrompt> longPrompts) {

  public Tier {
    longPrompts = Price.highestFirst(longPrompts);
  }
}
