package dev.sluice.billing.account;

import dev.sluice.billing.team.TeamId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A team as it is now.
 *
 * @param created null for one of the file
 * @param version changes with every change of it
 */
public record TeamView(
    TeamId id, boolean holdsAnswers, Source source, @Nullable Instant created, String version) {}
