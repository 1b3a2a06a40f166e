package dev.sluice.billing.admission;

/**
 * A standing in a team's queue on one pool. Made by the first ask and kept through {@link
 * Reservation#giveBack}: whoever asks again with it is behind nobody who came later. Immutable; any
 * thread. Means nothing to another pool.
 *
 * @param sequence lower is earlier
 * @param firstAskedNanos of the pool's clock
 */
public record Place(long sequence, long firstAskedNanos) {}
