package dev.sluice.billing.admission;

import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import java.util.List;
import java.util.Map;

/**
 * A pool at one moment, for people and metrics. Immutable. Counters run from the pool's beginning.
 *
 * @param pausedNanos nanoseconds of the provider's pause that are left; 0 for none
 * @param reservedTokens estimates of calls that have neither been settled nor given back
 * @param meters in the order of the settings
 * @param teams those with a quota of their own in its order, then all others that ever asked
 */
public record PoolView(
    String name,
    Mode mode,
    long pausedNanos,
    long reservedTokens,
    List<MeterView> meters,
    List<TeamView> teams) {

  /**
   * One meter; all in requests or tokens.
   *
   * @param level rounded down; negative for debt
   * @param perMinute as configured
   * @param effectivePerMinute as slowed down by the provider's words and its failures
   */
  public record MeterView(
      Counts counts, long level, long burst, long perMinute, long effectivePerMinute) {}

  /**
   * One team. Tokens are the main meter's.
   *
   * @param guaranteedLevel tokens saved up of the guarantee; negative after answers longer than
   *     reserved
   * @param waiting calls
   * @param tokensWaiting their costs
   * @param oldestWaitNanos how long the longest waiting of them has; 0 where none does
   * @param admitted calls, given back ones not among them
   * @param servedTokens as charged, corrected at each settlement
   * @param borrowedTokens the part of them that was not of the guarantee
   * @param refused calls, by limit; limits that never refused are not in it
   * @param wouldHaveWaited calls that shadow let go and that would not have gone at once
   * @param wouldHaveRefused calls that shadow let go and that would have been refused at once
   * @param waitedNanos all waiting of all calls so far; equals the sum of the next two
   * @param blamedOnTeams which teams' borrowing the waiting is owed to; the team itself where only
   *     its own ceiling or its own borrowing held it
   * @param blamedOnProvider the waiting that is owed to pauses and reduced limits
   */
  public record TeamView(
      TeamId team,
      Quota quota,
      long guaranteedLevel,
      int waiting,
      long tokensWaiting,
      long oldestWaitNanos,
      long admitted,
      long servedTokens,
      long borrowedTokens,
      Map<Limit, Long> refused,
      long wouldHaveWaited,
      long wouldHaveRefused,
      long waitedNanos,
      Map<TeamId, Long> blamedOnTeams,
      long blamedOnProvider) {}
}
