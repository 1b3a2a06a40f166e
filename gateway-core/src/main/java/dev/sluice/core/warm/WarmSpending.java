package dev.sluice.core.warm;

import java.time.LocalDate;

/**
 * What refreshes have cost on a UTC day. All amounts are nano-dollars.
 *
 * @param spent by those that have ended
 * @param held for those that have not: what they cost at most
 */
public record WarmSpending(LocalDate day, long spent, long held) {}
