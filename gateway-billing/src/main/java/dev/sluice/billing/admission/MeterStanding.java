package dev.sluice.billing.admission;

import dev.sluice.billing.pool.Counts;

/**
 * How a team stands on one meter of a pool.
 *
 * @param counts what the meter counts; the next three are in it
 * @param limitPerMinute the team's ceiling there, or the meter's own limit where it has none
 * @param remaining what would be admitted now; not negative
 * @param resetNanos nanoseconds until there is nothing more to come back, at the present rate
 */
public record MeterStanding(Counts counts, long limitPerMinute, long remaining, long resetNanos) {}
