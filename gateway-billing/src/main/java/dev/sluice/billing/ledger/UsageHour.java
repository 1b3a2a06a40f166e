package dev.sluice.billing.ledger;

import dev.sluice.billing.usage.Cost;
import java.time.Instant;

/**
 * One hour of one team and key with one model at one price.
 *
 * @param hour its beginning
 * @param team empty where it is not known
 * @param keyId empty where there was none
 * @param model the one served, or else the one asked for; empty where neither is known
 * @param priceVersion which row of the price table; empty where none applied
 * @param costState of all these calls
 */
public record UsageHour(
    Instant hour,
    String team,
    String keyId,
    String provider,
    String model,
    String priceVersion,
    Cost.State costState,
    UsageSums sums) {}
