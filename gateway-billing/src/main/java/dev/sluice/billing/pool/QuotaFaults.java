package dev.sluice.billing.pool;

import java.util.List;

/**
 * Why quotas cannot be kept, in words: the same for those of a file and those that are set while
 * the gateway runs. Settings are named in full, as in the file.
 */
public final class QuotaFaults {

  private QuotaFaults() {}

  /**
   * The full name of a quota.
   *
   * @param team as it is shown
   * @param pool as it is shown
   */
  public static String key(String team, String pool) {
    return "teams." + team + ".quotas." + pool;
  }

  /** The setting that says how much a pool's main meter admits. */
  public static String limitKey(String pool, Counts main) {
    return "pools." + pool + "." + main.label() + "-per-minute";
  }

  public static String burstOfNothing(String burstKey, String burst, String guaranteedKey) {
    return burstKey
        + " is "
        + burst
        + ", while nothing is guaranteed that could be saved up. Set "
        + guaranteedKey
        + ", or remove it.";
  }

  public static String ceilingTooLow(
      String ceilingKey, String ceiling, String guaranteedKey, String guaranteed) {
    return ceilingKey
        + " is "
        + ceiling
        + ", below "
        + guaranteedKey
        + " of "
        + guaranteed
        + ". Raise ceiling, or lower guaranteed.";
  }

  /**
   * What is guaranteed must be there.
   *
   * @param last the setting that makes it too much
   */
  public static String guaranteesTooHigh(
      String last, String pool, long sum, String limitKey, String limit) {
    return last
        + " makes the guarantees on pool "
        + pool
        + " "
        + amount(sum)
        + " in all, above "
        + limitKey
        + " of "
        + limit
        + ". Lower one of them: what is guaranteed must be there.";
  }

  /**
   * What is saved up must be there.
   *
   * @param last the setting that makes it too much
   * @param burst the pool's, as time
   */
  public static String burstsTooHigh(
      String last, String pool, long sum, long burstMax, String burst, String limitKey) {
    return last
        + " makes the bursts of the quotas on pool "
        + pool
        + " "
        + amount(sum)
        + " in all, above the pool's own of "
        + amount(burstMax)
        + " ("
        + burst
        + " of "
        + limitKey
        + "). Lower one of them, or raise pools."
        + pool
        + ".burst.";
  }

  /**
   * Whatever else there is.
   *
   * @param why what {@link PoolSettings} said
   */
  public static String cannotBeKept(String pool, String why) {
    return "pools." + pool + " cannot be kept: " + why;
  }

  /** With the largest unit that leaves a whole number: 620k. */
  public static String amount(long count) {
    for (String unit : List.of("M", "k")) {
      long factor = unit.equals("M") ? 1_000_000 : 1_000;
      if (count != 0 && count % factor == 0) {
        return count / factor + unit;
      }
    }
    return Long.toString(count);
  }
}
