package dev.sluice.billing.estimate;

/**
 * Tokens that a call is expected to be billed; a guess, and treated as one.
 *
 * @param input tokens, not negative
 * @param output tokens, not negative; not above the cap where there is one
 * @param outputCap tokens that the client allows as output, or -1 where it sets no cap
 */
public record Estimate(long input, long output, long outputCap) {}
