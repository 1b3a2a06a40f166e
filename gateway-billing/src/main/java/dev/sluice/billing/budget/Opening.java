package dev.sluice.billing.budget;

import dev.sluice.billing.team.TeamId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An opening balance that is not known yet: what was spent in the current period before this
 * process was there to see it, or before the rule was.
 *
 * @param from the beginning of the period: midnight in UTC, of some day or of the first of a month
 * @param until its end, exclusive
 */
public record Opening(
    long accountId, TeamId team, @Nullable String keyId, Instant from, Instant until) {}
