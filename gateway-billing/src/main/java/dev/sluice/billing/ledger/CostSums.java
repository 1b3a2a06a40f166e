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

  /**
   * Both together, part by part.
   *
   * @throws ArithmeticException if a sum does not fit
   */
  public CostSums plus(CostSums other) {
    return new CostSums(
        Math.addExact(input, other.input),
        Math.addExact(cacheRead, other.cacheRead),
        Math.addExact(cacheWrite, other.cacheWrite),
        Math.addExact(output, other.output),
        Math.addExact(readSaved, other.readSaved),
        Math.addExact(writeExtra, other.writeExtra));
  }

  /** What was paid. */
  public long nanoUsd() {
    return Math.addExact(Math.addExact(input, cacheRead), Math.addExact(cacheWrite, output));
  }
}
