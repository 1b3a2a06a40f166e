package dev.sluice.billing.account;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One change, as it is remembered. Holds no key and no hash.
 *
 * @param sequence the change's number, from 1; never used twice
 * @param author who made it
 * @param action lower snake case, such as {@code quota_put}
 * @param resource such as {@code teams/chat/quotas/main}
 * @param before JSON of what was there; null where there was nothing
 * @param after JSON of what is there now; null where there is nothing
 */
public record AuditEntry(
    long sequence,
    Instant at,
    Author author,
    String action,
    String resource,
    @Nullable String before,
    @Nullable String after) {}
