package dev.sluice.billing.team;

/**
 * Whose key it is, and which.
 *
 * @param keyId public id of the key
 */
public record KeyOwner(TeamId team, String keyId) {}
