package dev.sluice.core.warm;

/**
 * A refresh on its way.
 *
 * @param sentAt by {@code nanoTime}
 * @param taken the money for it
 */
record Flight(KnownPrefix prefix, WarmState state, long sentAt, WarmBudgets.Taken taken) {}
