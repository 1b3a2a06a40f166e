package dev.sluice.billing.account;

/**
 * Who makes a change.
 *
 * @param who name of the token that was presented, or {@code anonymous} where none is asked for
 * @param role in which they were allowed to
 */
public record Author(String who, String role) {}
