package dev.sluice.billing.ledger;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Which usage, and in which groups.
 *
 * @param from inclusive; by the start of a call
 * @param until exclusive
 * @param groups at most {@link #GROUPINGS_MAX}, none twice; none at all for one sum
 * @param filters what a call must have; not by day or hour, there are from and until for that
 */
public record UsageQuery(
    Instant from, Instant until, List<UsageGroup> groups, Map<UsageGroup, String> filters) {

  public static final int GROUPINGS_MAX = 4;

  public UsageQuery {
    groups = List.copyOf(groups);
    filters = Map.copyOf(filters);
    if (groups.size() > GROUPINGS_MAX) {
      throw new IllegalArgumentException(
          groups.size() + " groups are asked for; allowed are " + GROUPINGS_MAX);
    }
    if (groups.stream().distinct().count() < groups.size()) {
      throw new IllegalArgumentException("A group is named twice in " + groups);
    }
    if (filters.containsKey(UsageGroup.Field.DAY) || filters.containsKey(UsageGroup.Field.HOUR)) {
      throw new IllegalArgumentException("Days and hours are chosen by from and until.");
    }
  }
}
