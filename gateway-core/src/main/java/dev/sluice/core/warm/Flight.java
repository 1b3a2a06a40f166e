package dev.sluice.core.warm;

import org.jspecify.annotations.Nullable;

/**
 * A refresh on its way.
 *
 * @param sentAt by {@code nanoTime}
 * @param taken from the budget of all
 * @param own budget of the prefix alone; null for none
 * @param ownTaken from that; null where there is none
 */
record Flight(
    KnownPrefix prefix,
    WarmState state,
    long sentAt,
    DailyBudget.Taken taken,
    @Nullable DailyBudget own,
    DailyBudget.@Nullable Taken ownTaken) {}
