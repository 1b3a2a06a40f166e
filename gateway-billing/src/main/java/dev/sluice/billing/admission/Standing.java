package dev.sluice.billing.admission;

import java.util.List;

/**
 * How a team stood on a pool at the moment of a decision, the decided call included; for {@code
 * RateLimit} fields.
 *
 * @param pool its name
 * @param meters one per meter, in the order of the settings; empty where the call is on no pool
 */
public record Standing(String pool, List<MeterStanding> meters) {

  static final Standing NONE = new Standing("", List.of());
}
