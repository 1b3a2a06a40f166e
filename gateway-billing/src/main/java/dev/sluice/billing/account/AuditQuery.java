package dev.sluice.billing.account;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which changes are wanted, the newest first.
 *
 * @param resource itself and all that is under it; null for any
 * @param who null for anybody
 * @param since the earliest instant; null for all
 * @param before only those with a smaller number; {@link Long#MAX_VALUE} for all
 * @param limit at most so many
 */
public record AuditQuery(
    @Nullable String resource,
    @Nullable String who,
    @Nullable Instant since,
    long before,
    int limit) {}
