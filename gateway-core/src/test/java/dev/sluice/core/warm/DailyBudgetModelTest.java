package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.warm.DailyBudget.Taken;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Random steps against sums by day. Replay with {@code -Dseed=…}. */
class DailyBudgetModelTest {

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private Instant now = Instant.parse("2026-11-26T20:00:00Z");

  @Test
  void noDaySpendsMoreThanItsCapAndNoneRefusesWhatItHas() {
    DailyBudget budget = new DailyBudget(() -> now);
    Map<LocalDate, Long> spent = new HashMap<>();
    List<Taken> open = new ArrayList<>();
    LocalDate last = LocalDate.MIN;
    for (int i = 0; i < 50_000; i++) {
      now = now.plusSeconds(random.nextInt(-300, 1_200));
      LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
      last = today.isAfter(last) ? today : last;
      LocalDate day = last;
      long held = open.stream().filter(t -> t.day().equals(day)).mapToLong(Taken::nanoUsd).sum();
      long cap = 1_000;
      if (random.nextInt(50) == 0) { // another in its place: what was held is spent
        budget = new DailyBudget(() -> now, budget.today());
        spent.merge(day, held, Long::sum);
        open.clear();
      } else if (random.nextBoolean()) {
        long amount = random.nextLong(400);
        Taken taken = budget.take(amount, cap);
        boolean isThere = held + spent.getOrDefault(day, 0L) + amount <= cap;
        assertThat(taken != null).as("seed %s, step %s", seed, i).isEqualTo(isThere);
        if (taken != null) {
          open.add(taken);
        }
      } else if (!open.isEmpty()) {
        Taken taken = open.remove(random.nextInt(open.size()));
        long cost = random.nextLong(taken.nanoUsd() + 1);
        budget.settle(taken, cost);
        spent.merge(taken.day(), cost, Long::sum);
      }
      assertThat(budget.today().spent()).isEqualTo(spent.getOrDefault(day, 0L));
    }
    assertThat(spent.values()).hasSizeGreaterThan(50).allMatch(sum -> sum <= 1_000);
  }
}
