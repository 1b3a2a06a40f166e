package dev.sluice.billing.ledger;

import java.time.LocalDate;

/**
 * One day (UTC) of one model.
 *
 * @param model the one served, or else the one asked for; empty where neither is known
 */
public record ModelDay(LocalDate day, String model, UsageSums sums) {}
