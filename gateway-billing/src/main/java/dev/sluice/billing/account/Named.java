package dev.sluice.billing.account;

import dev.sluice.billing.team.TeamId;

/**
 * Something of a team: its quota on a pool, or one of its budgets.
 *
 * @param name of the pool or the budget
 */
public record Named(TeamId team, String name) {}
