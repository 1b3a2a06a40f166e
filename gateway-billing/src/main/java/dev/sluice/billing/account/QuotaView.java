package dev.sluice.billing.account;

import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.pool.QuotaPromise;
import dev.sluice.billing.team.TeamId;
import org.jspecify.annotations.Nullable;

/**
 * A team's own quota on a pool as it is now.
 *
 * @param terms what was asked for, in the file or while the gateway ran
 * @param source where that comes from
 * @param obstacle why it is not in effect, a whole sentence; null where it is
 * @param quota what is in effect for the team instead or because of it; null where there is no such
 *     pool
 * @param promise what that comes to; null likewise
 * @param version changes with every change of it
 */
public record QuotaView(
    TeamId team,
    String pool,
    QuotaTerms terms,
    Source source,
    @Nullable String obstacle,
    @Nullable Quota quota,
    @Nullable QuotaPromise promise,
    String version) {}
