package dev.sluice.billing.admission;

import dev.sluice.billing.pool.Counts;
import java.util.ArrayList;
import java.util.List;

/**
 * The numbers of a {@link Standing}, taken at a decision; made into one only where it is asked for.
 *
 * @param counts the pool's meters
 * @param numbers limit, remaining and reset of each, one after the other
 */
record Standings(String pool, Counts[] counts, long[] numbers) {

  static final Standings NONE = new Standings("", new Counts[0], new long[0]);
  static final int PER_METER = 3;

  Standing standing() {
    if (counts.length == 0) {
      return Standing.NONE;
    }
    List<MeterStanding> meters = new ArrayList<>(counts.length);
    for (int i = 0; i < counts.length; i++) {
      int at = i * PER_METER;
      meters.add(new MeterStanding(counts[i], numbers[at], numbers[at + 1], numbers[at + 2]));
    }
    return new Standing(pool, List.copyOf(meters));
  }
}
