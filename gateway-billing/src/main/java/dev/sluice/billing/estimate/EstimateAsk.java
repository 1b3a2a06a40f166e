package dev.sluice.billing.estimate;

import dev.sluice.billing.team.TeamId;
import org.jspecify.annotations.Nullable;

/**
 * A call that is to be estimated.
 *
 * @param provider name of the provider in the configuration
 * @param model as the client named it; null where it named none
 * @param team who pays
 * @param content of the body: {@link TextShape#content()} at its end
 * @param outputCap tokens that the client allows as output, or -1 where it sets no cap
 */
public record EstimateAsk(
    String provider, @Nullable String model, TeamId team, Content content, long outputCap) {}
