package dev.sluice.billing.account;

/**
 * A quota that was set while the gateway ran.
 *
 * @param of team and pool
 * @param revision number of the change that set this
 */
public record StoredQuota(Named of, QuotaTerms terms, long revision) {}
