package dev.sluice.billing.price;

import dev.sluice.billing.usage.Usage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A call that is to be priced.
 *
 * @param provider tag of a price table; null where it is not known, and then only a model that one
 *     provider has can be priced
 * @param modelServed in the answer, or null; priced by this where a row has it
 * @param modelAsked in the request, or null; what the answer names may be a deployment's own name
 * @param tier service tier, as served, or null
 * @param region where the provider was made to compute, or null
 * @param at when the call was made
 */
public record PriceAsk(
    @Nullable String provider,
    @Nullable String modelServed,
    @Nullable String modelAsked,
    @Nullable String tier,
    @Nullable String region,
    Usage usage,
    Instant at) {

  /** The name to tell people. */
  String model() {
    return modelServed != null ? modelServed : modelAsked != null ? modelAsked : "without a name";
  }
}
