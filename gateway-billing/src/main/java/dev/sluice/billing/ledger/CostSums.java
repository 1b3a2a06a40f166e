package dev.sluice.billing.ledger;

import dev.sluice.billing.usage.Cost;

/**
 * The parts of {@link Cost}, summed: nano-dollars, exact.
 *
 * @param input of plain input
 * @param cacheRead of what was read from the prompt cache
 * @param cacheWrite of what was written to it
 * @param output of all output
 * @param readSaved what reading from the prompt cache has saved
 * @param writeExtra what writing to it has cost more than plain input
 */
public record CostSums(
    long input, long cacheRead, long cacheWrite, long output, long readSaved, long writeExtra) {

  public static final CostSums NOTHING = new CostSums(0, 0, 0, 0, 0, 0);

  /** What was paid. */
  public long nanoUsd() {
    return Math.addExact(Math.addExact(input, cacheRead), Math.addExact(cacheWrite, output));
  }
}
