package dev.sluice.billing.estimate;

/**
 * Tokens that a call is expected to be billed; a guess, and treated as one.
 *
 * @param input tokens, not negative
 * @param output tokens, not negative
 */
public record Estimate(long input, long output) {}
