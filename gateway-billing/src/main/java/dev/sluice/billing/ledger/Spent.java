package dev.sluice.billing.ledger;

/**
 * What was spent.
 *
 * @param tokens in and out
 * @param nanoUsd of the calls whose cost is known
 * @param callsOfUnknownCost which are not in it
 */
public record Spent(long tokens, long nanoUsd, long callsOfUnknownCost) {}
