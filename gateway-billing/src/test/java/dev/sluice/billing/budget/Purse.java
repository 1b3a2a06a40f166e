package dev.sluice.billing.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.budget.BudgetDecision.Held;
import dev.sluice.billing.budget.BudgetDecision.Stopped;
import dev.sluice.billing.budget.BudgetRule.Period;
import dev.sluice.billing.budget.BudgetRule.Unit;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Budgets with a clock in hand, and short words for what tests do with them. */
final class Purse implements InstantSource {

  static final TeamId TEAM = new TeamId("chat");

  /** A Thursday noon; the month has four days left. */
  static final Instant NOON = Instant.parse("2026-11-26T12:00:00Z");

  volatile Instant now = NOON;
  final List<BudgetView> warnings = Collections.synchronizedList(new ArrayList<>());
  final Budgets budgets = new Budgets(this, warnings::add);

  @Override
  public Instant instant() {
    return now;
  }

  static BudgetRule tokens(String name, long amount, Period per) {
    return new BudgetRule(name, TEAM, null, Unit.TOKENS, amount, per, 80, Mode.ENFORCE);
  }

  static BudgetRule money(String name, long nanoUsd, Period per) {
    return new BudgetRule(name, TEAM, null, Unit.NANO_USD, nanoUsd, per, 80, Mode.ENFORCE);
  }

  static BudgetRule ofKey(BudgetRule rule, String keyId) {
    return new BudgetRule(
        rule.name(),
        rule.team(),
        keyId,
        rule.unit(),
        rule.amount(),
        rule.per(),
        rule.warnPercent(),
        rule.mode());
  }

  static BudgetRule shadow(BudgetRule rule) {
    return new BudgetRule(
        rule.name(),
        rule.team(),
        rule.keyId(),
        rule.unit(),
        rule.amount(),
        rule.per(),
        rule.warnPercent(),
        Mode.SHADOW);
  }

  static Cost cost(long nanoUsd) {
    return nanoUsd == 0 ? Cost.NONE : Cost.plain(nanoUsd, 0, "p/m#1");
  }

  /** The rules, with nothing spent before. */
  Purse rules(BudgetRule... rules) {
    budgets.apply(List.of(rules));
    complete(0, 0);
    return this;
  }

  /** The ledger's answer to all that is asked. */
  void complete(long tokens, long nanoUsd) {
    for (Opening opening : budgets.openings()) {
      budgets.opened(opening, new dev.sluice.billing.ledger.Spent(tokens, nanoUsd, 0));
    }
  }

  /** A dollar figure that equals the tokens, so that rules of both units see the same. */
  BudgetDecision ask(@Nullable String keyId, long amount) {
    return budgets.hold(TEAM, keyId, amount, cost(amount));
  }

  BudgetHold held(@Nullable String keyId, long amount) {
    return held(ask(keyId, amount));
  }

  static BudgetHold held(BudgetDecision decision) {
    assertThat(decision).isInstanceOf(Held.class);
    return ((Held) decision).hold();
  }

  Stopped stopped(@Nullable String keyId, long amount) {
    BudgetDecision decision = ask(keyId, amount);
    assertThat(decision).isInstanceOf(Stopped.class);
    return (Stopped) decision;
  }

  /** A whole call that costs what it held. */
  void spend(@Nullable String keyId, long amount) {
    held(keyId, amount).settle(amount, cost(amount));
  }

  BudgetView view(String name) {
    return budgets.views().stream()
        .filter(view -> view.rule().name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
