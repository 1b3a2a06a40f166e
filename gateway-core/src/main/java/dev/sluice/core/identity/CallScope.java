package dev.sluice.core.identity;

import dev.sluice.billing.team.TeamId;

/**
 * Within which calls can be found again: nobody ever joins a call of another scope, whatever id or
 * body it sends.
 *
 * @param credential 0 where the team alone decides; on routes that pass the client's own key
 *     through, {@link Fingerprinter#credential} of it, so that one provider key never finds what
 *     another paid for
 */
public record CallScope(TeamId team, long credential) {}
