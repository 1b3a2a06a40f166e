package dev.sluice.billing.pool;

import java.time.Duration;

/**
 * What a quota comes to, in numbers; printed wherever one is set.
 *
 * @param guaranteedPerMinute tokens of the main meter; 0 for none
 * @param ceilingPerMinute tokens of the main meter; 0 for none
 * @param burst tokens of the main meter that it saves up
 * @param worstWaitWithinGuarantee the longest that a call waits whose team asks for no more than
 *     its guarantee: {@code burst / rate + L_max / R} (Parekh and Gallager). {@code L_max} is the
 *     largest request that borrows without leaving a debt: the main meter's burst less all that
 *     teams save up. Where nothing is guaranteed, the quota's max-wait, for nothing else bounds it
 */
public record QuotaPromise(
    long guaranteedPerMinute,
    long ceilingPerMinute,
    long burst,
    Duration worstWaitWithinGuarantee) {}
