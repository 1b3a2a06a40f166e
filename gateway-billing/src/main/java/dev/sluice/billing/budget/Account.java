package dev.sluice.billing.budget;

import dev.sluice.billing.budget.BudgetRule.Unit;
import dev.sluice.billing.ledger.Spent;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.usage.Cost;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Objects;

/**
 * A rule and what counts against it in its current period. Immutable: each step gives another, so
 * that all accounts of a team change in one exchange of a reference.
 *
 * <p>A period is never left for an earlier one: a clock that jumps back goes on in the period in
 * which it was, with all that was spent there. One that jumps ahead begins the next period, and
 * stays there until that has come to its end.
 *
 * @param id the same for as long as the rule counts the same thing, whatever its amount
 * @param warnAt as much as {@code warnPercent} of the amount, rounded up
 * @param startsMillis of the period, wall clock
 * @param endsMillis exclusive
 * @param spent by calls that were held in this period and have been settled
 * @param held by those that have not
 * @param spentWhenAsked what was in {@code spent} when the ledger was last asked for all of it
 * @param isComplete whether the ledger's answer is in {@code spent}
 * @param unpriced ended calls whose cost nobody knows, since the account is there
 * @param stopped calls that did not fit, or in shadow would not have, since the account is there
 */
record Account(
    long id,
    BudgetRule rule,
    long warnAt,
    long startsMillis,
    long endsMillis,
    long spent,
    long held,
    long spentWhenAsked,
    boolean isComplete,
    long unpriced,
    long stopped) {

  private static final BigInteger HUNDRED = BigInteger.valueOf(100);

  Account {
    assert spent >= 0 && held >= 0 : "never below nothing: " + spent + ", " + held;
  }

  /** Empty, in the period of that moment; what was spent before is not known yet. */
  static Account open(long id, BudgetRule rule, long nowMillis) {
    Span span = Span.of(rule.per(), nowMillis);
    return new Account(
        id, rule, warnAt(rule), span.startsMillis(), span.endsMillis(), 0, 0, 0, false, 0, 0);
  }

  private static long warnAt(BudgetRule rule) {
    return BigInteger.valueOf(rule.amount())
        .multiply(BigInteger.valueOf(rule.warnPercent()))
        .add(HUNDRED.subtract(BigInteger.ONE))
        .divide(HUNDRED)
        .longValueExact();
  }

  /** Whether another rule counts the same thing as this one's, so that it takes over its sums. */
  boolean counts(BudgetRule other) {
    return rule.name().equals(other.name())
        && rule.team().equals(other.team())
        && Objects.equals(rule.keyId(), other.keyId())
        && rule.unit() == other.unit()
        && rule.per() == other.per();
  }

  /** With another amount, warning or mode; all that was counted stays. */
  Account with(BudgetRule changed) {
    return new Account(
        id,
        changed,
        warnAt(changed),
        startsMillis,
        endsMillis,
        spent,
        held,
        spentWhenAsked,
        isComplete,
        unpriced,
        stopped);
  }

  /** In the period of that moment, or in a later one where it was there already. */
  Account at(long nowMillis) {
    if (nowMillis < endsMillis) {
      return this;
    }
    Span span = Span.of(rule.per(), nowMillis);
    return new Account(
        id,
        rule,
        warnAt,
        span.startsMillis(),
        span.endsMillis(),
        0,
        0,
        0,
        true, // whatever was spent in it was spent under this account's eyes
        unpriced,
        stopped);
  }

  // ---- a call

  /** What the call counts for here; 0 where that is money and nobody knows how much. */
  long amountOf(long tokens, Cost cost) {
    return rule.unit() == Unit.TOKENS ? tokens : cost.nanoUsd();
  }

  long amountOf(Spent recorded) {
    return rule.unit() == Unit.TOKENS ? recorded.tokens() : recorded.nanoUsd();
  }

  boolean isUnpriced(Cost cost) {
    return rule.unit() == Unit.NANO_USD && cost.state() == Cost.State.UNKNOWN;
  }

  /**
   * Whether a call of that much fits into what is left; one of unknown cost does as long as
   * anything is left.
   */
  boolean fits(long amount, boolean isUnpriced) {
    long taken = sum(spent, held);
    return isUnpriced ? taken < rule.amount() : amount <= rule.amount() - taken;
  }

  boolean isEnforced() {
    return rule.mode() == Mode.ENFORCE;
  }

  Account hold(long amount) {
    return counted(spent, sum(held, amount), unpriced, stopped);
  }

  Account stop() {
    return counted(spent, held, unpriced, stopped + 1);
  }

  /**
   * @param amountHeld to be let go
   */
  Account settle(long amountHeld, long actual, boolean isUnpriced) {
    return counted(
        sum(spent, actual), held - amountHeld, isUnpriced ? unpriced + 1 : unpriced, stopped);
  }

  Account giveBack(long amountHeld) {
    return counted(spent, held - amountHeld, unpriced, stopped);
  }

  /** Whether as much has been spent in this period as is worth a warning. */
  boolean isWarned() {
    return spent >= warnAt;
  }

  private Account counted(long nowSpent, long nowHeld, long nowUnpriced, long nowStopped) {
    return new Account(
        id,
        rule,
        warnAt,
        startsMillis,
        endsMillis,
        nowSpent,
        nowHeld,
        spentWhenAsked,
        isComplete,
        nowUnpriced,
        nowStopped);
  }

  // ---- what was spent before

  Account asked() {
    return opened(spent, spent, false);
  }

  /**
   * @param recorded all that the ledger knows of the period, with everything that was settled
   *     before it was asked; if that is less than this account saw, the ledger has lost something
   */
  Account complete(long recorded) {
    long since = spent - spentWhenAsked;
    return opened(sum(Math.max(recorded, spentWhenAsked), since), 0, true);
  }

  private Account opened(long nowSpent, long nowAsked, boolean isNowComplete) {
    return new Account(
        id,
        rule,
        warnAt,
        startsMillis,
        endsMillis,
        nowSpent,
        held,
        nowAsked,
        isNowComplete,
        unpriced,
        stopped);
  }

  // ---- shown

  BudgetView view() {
    return new BudgetView(
        rule,
        spent,
        held,
        Instant.ofEpochMilli(startsMillis),
        Instant.ofEpochMilli(endsMillis),
        isComplete,
        isWarned(),
        stopped,
        unpriced);
  }

  /** Never wraps: what is beyond a long is beyond every budget. */
  private static long sum(long a, long b) {
    long sum = a + b;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }
}
