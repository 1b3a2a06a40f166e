package dev.sluice.billing.account;

import dev.sluice.billing.team.TeamId;
import java.time.Instant;

/**
 * A team that was made while the gateway ran.
 *
 * @param revision number of the change that set this
 */
public record StoredTeam(TeamId id, boolean holdsAnswers, Instant created, long revision) {}
