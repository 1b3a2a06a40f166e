package dev.sluice.billing.budget;

import static dev.sluice.billing.budget.Purse.NOON;
import static dev.sluice.billing.budget.Purse.TEAM;
import static dev.sluice.billing.budget.Purse.cost;
import static dev.sluice.billing.budget.Purse.held;
import static dev.sluice.billing.budget.Purse.money;
import static dev.sluice.billing.budget.Purse.ofKey;
import static dev.sluice.billing.budget.Purse.shadow;
import static dev.sluice.billing.budget.Purse.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.budget.BudgetDecision.Held;
import dev.sluice.billing.budget.BudgetDecision.Stopped;
import dev.sluice.billing.budget.BudgetRule.Period;
import dev.sluice.billing.budget.BudgetRule.Unit;
import dev.sluice.billing.ledger.Spent;
import dev.sluice.billing.ledger.SpentQuery;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BudgetsTest {

  private final Purse purse = new Purse();

  // ---- what fits

  @Test
  void whatFitsExactlyGoesAndOneMoreDoesNot() {
    purse.rules(money("a", 1000, Period.DAY));
    purse.held(null, 400);
    purse.spend(null, 600);
    Stopped stopped = purse.stopped(null, 1);
    assertThat(stopped)
        .isEqualTo(
            new Stopped(
                money("a", 1000, Period.DAY), 600, 400, 1, Instant.parse("2026-11-27T00:00:00Z")));
    assertThat(purse.ask(null, 0)).as("what costs nothing").isInstanceOf(Held.class);
  }

  @Test
  void aCallThatHoldsMoreThanIsLeftIsStoppedHoweverLittleWasSpent() {
    purse.rules(tokens("a", 1000, Period.MONTH));
    assertThat(purse.stopped(null, 1001).needed()).isEqualTo(1001);
    purse.spend(null, 1000);
    assertThat(purse.stopped(null, Long.MAX_VALUE).spent()).isEqualTo(1000);
  }

  @Test
  void whatWasHeldIsReplacedByWhatItCameTo() {
    purse.rules(tokens("t", 1000, Period.DAY), money("m", 1000, Period.DAY));
    BudgetHold hold = purse.held(null, 900);
    assertThat(purse.view("t").left()).isEqualTo(100);
    hold.settle(50, cost(70));
    assertThat(purse.view("t").spent()).isEqualTo(50);
    assertThat(purse.view("m").spent()).isEqualTo(70);
    assertThat(purse.view("t").held() + purse.view("m").held()).isZero();
  }

  @Test
  void whatIsGivenBackWasNeverTaken() {
    purse.rules(money("a", 1000, Period.DAY));
    BudgetView before = purse.view("a");
    purse.held(null, 900).giveBack();
    assertThat(purse.view("a")).isEqualTo(before);
  }

  @Test
  void aHoldEndsOnce() {
    purse.rules(money("a", 1000, Period.DAY));
    BudgetHold settled = purse.held(null, 100);
    settled.settle(1, cost(10));
    assertThatThrownBy(() -> settled.settle(1, cost(10)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("team chat (settled) was settled twice");
    assertThatThrownBy(settled::giveBack).isInstanceOf(IllegalStateException.class);
    BudgetHold back = purse.held(null, 100);
    back.giveBack();
    assertThatThrownBy(() -> back.settle(1, cost(10))).hasMessageContaining("given back");
    assertThat(purse.view("a").spent()).isEqualTo(10);
    assertThat(purse.view("a").held()).isZero();
  }

  @Test
  void aCountThatCannotBeLeavesTheHoldToBeSettled() {
    purse.rules(tokens("a", 1000, Period.DAY));
    BudgetHold hold = purse.held(null, 100);
    assertThatThrownBy(() -> hold.settle(-1, Cost.NONE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> purse.ask(null, -1)).isInstanceOf(IllegalArgumentException.class);
    hold.settle(1, Cost.NONE);
    assertThat(purse.view("a").spent()).isEqualTo(1);
  }

  @Test
  void sumsBeyondALongStopInsteadOfWrapping() {
    purse.rules(shadow(tokens("a", 1, Period.DAY)));
    purse.held(null, 1).settle(Long.MAX_VALUE, Cost.NONE);
    purse.held(null, Long.MAX_VALUE).settle(Long.MAX_VALUE, Cost.NONE);
    assertThat(purse.view("a").spent()).isEqualTo(Long.MAX_VALUE);
    purse.budgets.apply(List.of(tokens("a", Unit.TOKENS.max(), Period.DAY)));
    purse.stopped(null, 1);
  }

  // ---- several rules

  @Test
  void allRulesAgreeOrNothingIsHeld() {
    purse.rules(
        tokens("day", 1000, Period.DAY),
        tokens("month", 1500, Period.MONTH),
        ofKey(tokens("key", 100, Period.DAY), "key_a"));
    List<BudgetView> before = purse.budgets.views();
    assertThat(purse.stopped("key_a", 101).rule().name()).isEqualTo("key");
    assertThat(purse.budgets.views())
        .extracting(BudgetView::held)
        .as("a refused call holds nothing")
        .containsOnly(0L);
    assertThat(purse.view("key").stopped()).isEqualTo(1);
    assertThat(purse.view("day")).isEqualTo(before.getFirst());

    purse.held("key_b", 101);
    assertThat(purse.view("key").held()).as("of another key").isZero();
    purse.held(null, 100);
    assertThat(purse.view("day").held()).isEqualTo(201);
  }

  @Test
  void ofSeveralThatSayNoTheOneIsToldThatDoesSoForLongest() {
    purse.rules(
        tokens("day", 10, Period.DAY),
        tokens("month", 10, Period.MONTH),
        shadow(tokens("shadow", 1, Period.MONTH)));
    Stopped stopped = purse.stopped(null, 11);
    assertThat(stopped.rule().name()).isEqualTo("month");
    assertThat(stopped.resetsAt()).isEqualTo("2026-12-01T00:00:00Z");
    assertThat(purse.budgets.views()).extracting(BudgetView::stopped).containsExactly(1L, 1L, 1L);
  }

  @Test
  void otherTeamsAreNotCounted() {
    purse.rules(tokens("a", 10, Period.DAY));
    assertThat(purse.budgets.hold(new TeamId("other"), null, 11, Cost.NONE))
        .isInstanceOf(Held.class);
    assertThat(purse.view("a").held()).isZero();
  }

  @Test
  void aShadowCountsAndNeverStops() {
    purse.rules(shadow(money("a", 100, Period.DAY)));
    purse.spend(null, 90);
    purse.spend(null, 90);
    assertThat(purse.view("a").spent()).isEqualTo(180);
    assertThat(purse.view("a").left()).isEqualTo(-80);
    assertThat(purse.view("a").stopped()).as("would have been").isEqualTo(1);
  }

  // ---- unknown prices

  @Test
  void aCallOfUnknownCostGoesAsLongAsMoneyIsLeftAndIsCounted() {
    purse.rules(money("m", 100, Period.DAY), tokens("t", 1000, Period.DAY));
    BudgetHold hold = held(purse.budgets.hold(TEAM, null, 10, Cost.UNKNOWN));
    assertThat(purse.view("m").held()).isZero();
    assertThat(purse.view("t").held()).isEqualTo(10);
    hold.settle(12, Cost.UNKNOWN);
    assertThat(purse.view("m").spent()).isZero();
    assertThat(purse.view("m").unpriced()).isEqualTo(1);
    assertThat(purse.view("t").spent()).isEqualTo(12);
    assertThat(purse.view("t").unpriced()).as("tokens count without a price").isZero();

    purse.spend(null, 100);
    assertThat(purse.budgets.hold(TEAM, null, 10, Cost.UNKNOWN)).isInstanceOf(Stopped.class);
  }

  @Test
  void aCostThatIsKnownInTheEndIsCharged() {
    purse.rules(money("m", 100, Period.DAY));
    held(purse.budgets.hold(TEAM, null, 10, Cost.UNKNOWN)).settle(10, cost(40));
    assertThat(purse.view("m").spent()).isEqualTo(40);
    assertThat(purse.view("m").unpriced()).isZero();
    purse.held(null, 50).settle(10, Cost.UNKNOWN);
    assertThat(purse.view("m").spent()).isEqualTo(40);
    assertThat(purse.view("m").unpriced()).isEqualTo(1);
  }

  // ---- periods

  @Test
  void aDayEndsAtMidnightAndAMonthWithItsLastDay() {
    purse.rules(tokens("day", 100, Period.DAY), tokens("month", 150, Period.MONTH));
    purse.spend(null, 100);
    purse.now = Instant.parse("2026-11-26T23:59:59.999Z");
    purse.stopped(null, 1);
    purse.now = Instant.parse("2026-11-27T00:00:00Z");
    purse.spend(null, 50);
    assertThat(purse.stopped(null, 1).rule().name()).isEqualTo("month");
    purse.now = Instant.parse("2026-12-01T00:00:00Z");
    purse.spend(null, 100);
    assertThat(purse.view("month").spent()).isEqualTo(100);
    assertThat(purse.view("month").resetsAt()).isEqualTo("2027-01-01T00:00:00Z");
    purse.now = Instant.parse("2028-02-29T10:00:00Z");
    assertThat(purse.view("month").resetsAt()).isEqualTo("2028-03-01T00:00:00Z");
  }

  @Test
  void aCallBelongsToThePeriodInWhichItWasHeld() {
    purse.rules(tokens("day", 100, Period.DAY), tokens("month", 1000, Period.MONTH));
    BudgetHold settled = purse.held(null, 60);
    BudgetHold back = purse.held(null, 40);
    purse.now = NOON.plus(Duration.ofDays(1));
    purse.held(null, 100);
    settled.settle(60, Cost.NONE);
    back.giveBack();
    assertThat(purse.view("day").spent()).isZero();
    assertThat(purse.view("day").held()).isEqualTo(100);
    assertThat(purse.view("month").spent()).isEqualTo(60);
    assertThat(purse.view("month").held()).isEqualTo(100);
  }

  @Test
  void aClockThatJumpsBackDoesNotResurrectSpentMoney() {
    purse.rules(tokens("day", 100, Period.DAY));
    purse.spend(null, 100);
    purse.now = NOON.minus(Duration.ofDays(1));
    assertThat(purse.stopped(null, 1).resetsAt()).isEqualTo("2026-11-27T00:00:00Z");
    purse.now = NOON.plus(Duration.ofDays(1));
    BudgetHold tomorrow = purse.held(null, 100);
    purse.now = NOON;
    purse.stopped(null, 1);
    tomorrow.settle(100, Cost.NONE);
    assertThat(purse.view("day").spent()).isEqualTo(100);
    purse.now = NOON.plus(Duration.ofDays(1));
    purse.stopped(null, 1);
  }

  // ---- rules that change

  @Test
  void otherRulesKeepWhatWasSpentAndHeld() {
    purse.rules(tokens("a", 100, Period.DAY), tokens("b", 100, Period.DAY));
    BudgetHold hold = purse.held(null, 60);
    purse.spend(null, 40);
    purse.stopped(null, 1);
    purse.budgets.apply(List.of(tokens("a", 120, Period.DAY)));
    assertThat(purse.budgets.views()).hasSize(1);
    assertThat(purse.view("a").isComplete()).isTrue();
    purse.spend(null, 20);
    purse.stopped(null, 1);
    hold.settle(0, Cost.NONE);
    assertThat(purse.view("a").left()).isEqualTo(60);

    purse.budgets.apply(List.of(tokens("a", 10, Period.DAY)));
    assertThat(purse.view("a").left()).isEqualTo(-50);
    purse.stopped(null, 0);
  }

  @Test
  void aRuleThatCountsSomethingElseStartsAnew() {
    purse.rules(tokens("a", 100, Period.DAY));
    purse.spend(null, 100);
    for (BudgetRule other :
        List.of(
            tokens("a", 100, Period.MONTH),
            money("a", 100, Period.MONTH),
            ofKey(money("a", 100, Period.MONTH), "key_a"))) {
      purse.budgets.apply(List.of(other));
      assertThat(purse.view("a").spent()).isZero();
      assertThat(purse.view("a").isComplete()).as("the ledger must say").isFalse();
    }
  }

  @Test
  void aCallInFlightIsChargedToARuleThatCameMeanwhile() {
    purse.rules(tokens("a", 100, Period.DAY));
    BudgetHold hold = purse.held("key_a", 60);
    BudgetHold back = purse.held("key_a", 10);
    purse.rules(
        tokens("a", 100, Period.DAY),
        tokens("new", 1000, Period.MONTH),
        ofKey(tokens("other", 1000, Period.MONTH), "key_b"));
    hold.settle(70, Cost.NONE);
    back.giveBack();
    assertThat(purse.view("new").spent()).isEqualTo(70);
    assertThat(purse.view("new").held()).isZero();
    assertThat(purse.view("other").spent()).isZero();
  }

  @Test
  void aCallThatWasHeldBeforeAnyRuleIsChargedToThoseOfItsPeriod() {
    BudgetHold hold = purse.held(null, 60);
    purse.now = NOON.plus(Duration.ofDays(1));
    purse.rules(tokens("day", 100, Period.DAY), tokens("month", 1000, Period.MONTH));
    hold.settle(60, Cost.NONE);
    assertThat(purse.view("day").spent()).as("held yesterday").isZero();
    assertThat(purse.view("month").spent()).isEqualTo(60);
  }

  // ---- what was spent before

  @Test
  void untilTheLedgerAnswersWhatIsSpentHereCountsThenItIsAdded() {
    purse.budgets.apply(List.of(money("a", 1000, Period.MONTH), tokens("t", 5000, Period.DAY)));
    purse.spend(null, 100);
    List<Opening> asked = purse.budgets.openings();
    assertThat(asked).hasSize(2);
    assertThat(asked.getFirst().from()).isEqualTo("2026-11-01T00:00:00Z");
    assertThat(asked.getFirst().until()).isEqualTo("2026-12-01T00:00:00Z");
    purse.spend(null, 30);
    BudgetHold hold = purse.held(null, 7);
    // The 100 are in the ledger; the 30 came after it was asked.
    purse.budgets.opened(asked.getFirst(), new Spent(0, 600, 0));
    purse.budgets.opened(asked.get(1), new Spent(4000, 0, 0));
    assertThat(purse.view("a").spent()).isEqualTo(630);
    assertThat(purse.view("t").spent()).isEqualTo(4030);
    assertThat(purse.view("a").held()).isEqualTo(7);
    assertThat(purse.view("a").isComplete()).isTrue();
    hold.settle(7, cost(7));
    assertThat(purse.view("a").spent()).isEqualTo(637);
    assertThat(purse.budgets.openings()).isEmpty();

    purse.budgets.opened(asked.getFirst(), new Spent(0, 600, 0));
    assertThat(purse.view("a").spent()).as("answered twice").isEqualTo(637);
  }

  @Test
  void anAnswerForAPeriodThatIsOverIsIgnored() {
    purse.budgets.apply(List.of(tokens("a", 1000, Period.DAY)));
    Opening asked = purse.budgets.openings().getFirst();
    purse.now = NOON.plus(Duration.ofDays(1));
    purse.spend(null, 5);
    purse.budgets.opened(asked, new Spent(900, 0, 0));
    assertThat(purse.view("a").spent()).isEqualTo(5);
    assertThat(purse.view("a").isComplete()).as("it began here").isTrue();
    assertThat(purse.budgets.openings()).isEmpty();
  }

  @Test
  void aLedgerThatHasLostSomethingDoesNotGiveMoneyBack() {
    purse.budgets.apply(List.of(tokens("a", 1000, Period.DAY)));
    purse.spend(null, 500);
    purse.complete(3, 0);
    assertThat(purse.view("a").spent()).isEqualTo(500);
  }

  @Test
  void theLedgerIsFlushedBetweenTheQuestionAndTheAnswer() {
    purse.budgets.apply(
        List.of(tokens("a", 1000, Period.DAY), ofKey(tokens("k", 1000, Period.MONTH), "key_a")));
    List<Object> done = new ArrayList<>();
    boolean[] isFlushed = {false};
    OpeningBalances balances =
        new OpeningBalances(
            purse.budgets,
            () -> {
              done.add("flush");
              return isFlushed[0];
            },
            query -> {
              done.add(query);
              purse.spend("key_a", 1);
              return new Spent(100, 0, 0);
            });
    assertThat(balances.fill()).isEqualTo(2);
    assertThat(done).containsExactly("flush");
    isFlushed[0] = true;
    assertThat(balances.fill()).isZero();
    assertThat(done.subList(1, 4))
        .containsExactly(
            "flush",
            new SpentQuery(
                TEAM,
                null,
                Instant.parse("2026-11-26T00:00:00Z"),
                Instant.parse("2026-11-27T00:00:00Z")),
            new SpentQuery(
                TEAM,
                "key_a",
                Instant.parse("2026-11-01T00:00:00Z"),
                Instant.parse("2026-12-01T00:00:00Z")));
    assertThat(purse.view("a").spent()).as("what was settled after the question").isEqualTo(102);
    assertThat(balances.fill()).as("nothing is asked twice").isZero();
    assertThat(done).hasSize(4);
  }

  // ---- warnings

  @Test
  void aWarningIsToldOnceForEachRuleAndPeriod() {
    purse.rules(tokens("a", 100, Period.DAY), tokens("b", 1000, Period.DAY));
    purse.held(null, 85);
    assertThat(purse.warnings).as("held is not spent").isEmpty();
    purse.rules(tokens("a", 100, Period.DAY), tokens("b", 1000, Period.DAY));
    purse.now = NOON.plus(Duration.ofDays(1));
    purse.spend(null, 79);
    assertThat(purse.warnings).isEmpty();
    assertThat(purse.view("a").isWarned()).isFalse();
    purse.spend(null, 1);
    purse.spend(null, 1);
    assertThat(purse.warnings)
        .singleElement()
        .satisfies(
            view -> {
              assertThat(view.rule().name()).isEqualTo("a");
              assertThat(view.spent()).isEqualTo(80);
              assertThat(view.isWarned()).isTrue();
            });
    purse.now = NOON.plus(Duration.ofDays(2));
    purse.spend(null, 80);
    assertThat(purse.warnings).hasSize(2);
  }

  @Test
  void anOpeningBalanceAndALowerAmountWarnToo() {
    purse.budgets.apply(List.of(tokens("a", 100, Period.DAY)));
    purse.complete(80, 0);
    assertThat(purse.warnings).hasSize(1);
    purse.budgets.apply(List.of(tokens("a", 1000, Period.DAY)));
    assertThat(purse.view("a").isWarned()).isFalse();
    purse.budgets.apply(List.of(tokens("a", 90, Period.DAY)));
    assertThat(purse.warnings).hasSize(2);
  }

  @Test
  void theShareAtWhichToWarnIsRoundedUp() {
    BudgetRule rule = tokens("a", 3, Period.DAY);
    purse.rules(rule);
    purse.spend(null, 2);
    assertThat(purse.warnings).as("2 is less than 80 % of 3").isEmpty();
    purse.spend(null, 1);
    assertThat(purse.warnings).hasSize(1);
  }
}
