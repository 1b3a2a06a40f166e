package dev.sluice.billing.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.budget.BudgetDecision.Held;
import dev.sluice.billing.budget.BudgetDecision.Stopped;
import dev.sluice.billing.budget.BudgetRule.Period;
import dev.sluice.billing.budget.BudgetRule.Unit;
import dev.sluice.billing.pool.Mode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random calls, clocks that jump both ways, rules that change, against a model that keeps every
 * call and sums them up anew for each question. Replay with {@code -Dseed=…}.
 */
class BudgetsModelTest {

  private static final int STEPS = 4_000;
  private static final @Nullable String[] KEYS = {null, "key_a", "key_b"};

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final Purse purse = new Purse();
  private final List<Call> calls = new ArrayList<>();
  private final List<Call> open = new ArrayList<>();
  private Map<String, BudgetRule> rules = new HashMap<>();

  /** The latest instant at which a call came or went: no period is left for an earlier one. */
  private Instant latest = Purse.NOON;

  private static final class Call {
    final BudgetHold hold;
    final @Nullable String key;
    final Instant at;
    final long held;
    long spent = -1;

    Call(BudgetHold hold, @Nullable String key, Instant at, long held) {
      this.hold = hold;
      this.key = key;
      this.at = at;
      this.held = held;
    }
  }

  @Test
  void budgetsEqualTheSumsOfTheirCalls() {
    rules = rules();
    purse.rules(rules.values().toArray(BudgetRule[]::new));
    int stopped = 0;
    for (int i = 0; i < STEPS; i++) {
      String what = "seed " + seed + " step " + i;
      int dice = random.nextInt(100);
      if (dice < 50) {
        stopped += ask(what) ? 0 : 1;
      } else if (dice < 90 && !open.isEmpty()) {
        end(open.remove(random.nextInt(open.size())));
      } else if (dice < 95) {
        jump();
      } else {
        // Amounts and modes change; what is counted stays.
        rules = rules();
        purse.budgets.apply(List.copyOf(rules.values()));
      }
      check(what);
    }
    assertThat(stopped).as("seed %d", seed).isBetween(STEPS / 50, STEPS / 2);
  }

  private boolean ask(String what) {
    String key = KEYS[random.nextInt(KEYS.length)];
    long amount = random.nextLong(400);
    latest = seen();
    boolean fits =
        rules.values().stream()
            .filter(rule -> rule.mode() == Mode.ENFORCE && applies(rule, key))
            .allMatch(rule -> spent(rule) + held(rule) + amount <= rule.amount());
    BudgetDecision decision = purse.ask(key, amount);
    assertThat(decision).as(what).isInstanceOf(fits ? Held.class : Stopped.class);
    if (decision instanceof Held(BudgetHold hold)) {
      // In the period that is current then, which a clock that has jumped back does not change.
      Call call = new Call(hold, key, latest, amount);
      calls.add(call);
      open.add(call);
    }
    return fits;
  }

  private void end(Call call) {
    latest = seen();
    if (random.nextInt(5) == 0) {
      call.hold.giveBack();
      calls.remove(call);
    } else {
      call.spent = random.nextLong(call.held + 50);
      call.hold.settle(call.spent, Purse.cost(call.spent));
    }
  }

  private void jump() {
    long hours = random.nextInt(4) == 0 ? -random.nextLong(60) : random.nextLong(40);
    purse.now = purse.now.plus(Duration.ofHours(hours));
  }

  private void check(String what) {
    for (BudgetView view : purse.budgets.views()) {
      assertThat(view.spent()).as("%s: spent of %s", what, view).isEqualTo(spent(view.rule()));
      assertThat(view.held()).as("%s: held of %s", what, view).isEqualTo(held(view.rule()));
    }
  }

  private long spent(BudgetRule rule) {
    return calls.stream()
        .filter(c -> counts(rule, c) && c.spent >= 0)
        .mapToLong(c -> c.spent)
        .sum();
  }

  private long held(BudgetRule rule) {
    return calls.stream().filter(c -> counts(rule, c) && c.spent < 0).mapToLong(c -> c.held).sum();
  }

  private boolean counts(BudgetRule rule, Call call) {
    return applies(rule, call.key)
        && period(rule.per(), call.at).equals(period(rule.per(), seen()));
  }

  private Instant seen() {
    return purse.now.isAfter(latest) ? purse.now : latest;
  }

  private static boolean applies(BudgetRule rule, @Nullable String key) {
    return rule.keyId() == null || rule.keyId().equals(key);
  }

  private static Object period(Period per, Instant at) {
    LocalDate day = LocalDate.ofInstant(at, ZoneOffset.UTC);
    return per == Period.DAY ? day : YearMonth.from(day);
  }

  private Map<String, BudgetRule> rules() {
    Map<String, BudgetRule> made = new HashMap<>();
    for (Unit unit : Unit.values()) {
      for (Period per : Period.values()) {
        for (String key : KEYS) {
          String name = unit + " " + per + " " + key;
          made.put(
              name,
              new BudgetRule(
                  name,
                  Purse.TEAM,
                  key,
                  unit,
                  1 + random.nextLong(per == Period.DAY ? 4_000 : 20_000),
                  per,
                  80,
                  random.nextInt(3) == 0 ? Mode.SHADOW : Mode.ENFORCE));
        }
      }
    }
    return made;
  }
}
