package dev.sluice.billing.estimate;

/**
 * Tokens that a call is expected to be billed; a guess, and treated as one.
 *
 * @param input tokens expected as input, cached or not; not negative
 * @param output tokens expected as output: a learned quantile, or the cap where nothing was
 *     learned; not negative
 * @param outputCap tokens the client allows as output, or -1 where it sets no cap
 */
public record Estimate(long input, long output, long outputCap) {}
