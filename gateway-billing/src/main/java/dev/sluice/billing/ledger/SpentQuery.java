package dev.sluice.billing.ledger;

import dev.sluice.billing.team.TeamId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whose spending, and when.
 *
 * @param keyId one of its keys, or null for all
 * @param from a whole hour, inclusive; by the start of a call
 * @param until a whole hour, exclusive
 */
public record SpentQuery(TeamId team, @Nullable String keyId, Instant from, Instant until) {}
