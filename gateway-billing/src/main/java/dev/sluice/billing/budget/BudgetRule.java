package dev.sluice.billing.budget;

import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.team.TeamId;
import org.jspecify.annotations.Nullable;

/**
 * What a team, or one of its keys, may spend in a day or a month. Immutable.
 *
 * @param name unique among the team's budgets
 * @param keyId public id of the key that it is for; null where it is for the whole team
 * @param unit what {@code amount} counts
 * @param amount nano-dollars or tokens, from 1 to {@link Unit#max}
 * @param per in which time
 * @param warnPercent of the amount, 1 to 100: from here on it is told
 * @param mode whether calls are stopped beyond the amount, or only counted
 */
public record BudgetRule(
    String name,
    TeamId team,
    @Nullable String keyId,
    Unit unit,
    long amount,
    Period per,
    int warnPercent,
    Mode mode) {

  /** What is counted. */
  public enum Unit {
    /** At most a thousand million dollars. */
    NANO_USD(1_000_000_000L * 1_000_000_000L),
    /** At most a million million tokens. */
    TOKENS(1_000_000_000_000L);

    private final long max;

    Unit(long max) {
      this.max = max;
    }

    /** The largest amount. */
    public long max() {
      return max;
    }
  }

  /** Begins anew at midnight UTC. */
  public enum Period {
    DAY,
    /** On the first. */
    MONTH
  }

  /**
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public BudgetRule {
    if (name.isBlank()) {
      throw new IllegalArgumentException("A budget has no name. Give it one.");
    }
    between("amount", amount, unit.max());
    between("warn-percent", warnPercent, 100);
  }

  private static void between(String name, long value, long max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed is 1 to " + max + ".");
    }
  }
}
