package dev.sluice.billing.account;

import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A quota as it was asked for; the fields are those of {@link Quota}.
 *
 * @param maxWait null for that of the pool, whatever that is then
 */
public record QuotaTerms(
    long guaranteed,
    long ceiling,
    int weight,
    Lane lane,
    @Nullable Duration maxWait,
    long burst,
    Mode mode) {

  /**
   * What it is on a pool.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  Quota on(PoolSettings pool) {
    Duration wait = maxWait == null ? pool.others().maxWait() : maxWait;
    return new Quota(guaranteed, ceiling, weight, lane, wait, burst, mode);
  }
}
