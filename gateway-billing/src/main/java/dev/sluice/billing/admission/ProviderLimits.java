package dev.sluice.billing.admission;

import dev.sluice.billing.pool.Counts;
import java.util.List;

/**
 * What a provider's answer says of its limits. Immutable.
 *
 * @param said at most one per meter; meters that the pool does not have are passed over
 */
public record ProviderLimits(List<Said> said) {

  public ProviderLimits {
    said = List.copyOf(said);
  }

  /**
   * About one meter.
   *
   * @param perMinute the limit per minute, or -1 where it is not said; one per day must not be put
   *     here (Groq's requests)
   * @param remaining what it would still admit now, or -1 where that is not said
   */
  public record Said(Counts counts, long perMinute, long remaining) {}
}
