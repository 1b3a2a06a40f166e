package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Goal: whenever a client comes back, its call has cost at most twice what would have been best had
 * it been known when. Method: random calls, one output token a step; the client comes back at a
 * random step, or never; asking again has the price that the rule goes by.
 */
class OrphansPropertyTest {

  private static final int RUNS = 100_000;
  private static final long NEVER = Long.MAX_VALUE;

  private record Call(long prompt, long usual, long before, long remaining, long returnsAfter) {

    long askingAgain() {
      return prompt + Orphans.OUTPUT_WEIGHT * Math.max(usual, before);
    }

    /** Output tokens that are paid for while nobody listens, by the rule. */
    long extra() {
      long extra = 0;
      while (extra < Math.min(remaining, returnsAfter)
          && !Orphans.isSpent(extra, prompt, usual, before)) {
        extra++;
      }
      return extra;
    }

    long cost() {
      long extra = extra();
      boolean hasAnswer = extra == Math.min(remaining, returnsAfter);
      boolean asksAgain = returnsAfter != NEVER && !hasAnswer;
      return Orphans.OUTPUT_WEIGHT * extra + (asksAgain ? askingAgain() : 0);
    }

    /** Stop at once, or never: nothing in between is ever better. */
    long best() {
      if (returnsAfter == NEVER) {
        return 0;
      }
      long goingOn = Orphans.OUTPUT_WEIGHT * Math.min(remaining, returnsAfter);
      return Math.min(goingOn, askingAgain());
    }

    static Call random(SplittableRandom random) {
      return new Call(
          random.nextLong(1, 20_000),
          random.nextBoolean() ? 0 : random.nextLong(1, 2_000),
          random.nextLong(0, 1_000),
          random.nextLong(0, 8_000),
          random.nextInt(4) == 0 ? NEVER : random.nextLong(0, 10_000));
    }
  }

  @Test
  void aClientThatComesBackHasCostAtMostTwiceTheBestInHindsight() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int run = 0; run < RUNS; run++) {
      Call call = Call.random(random);
      if (call.returnsAfter() != NEVER) {
        // Tokens are whole: the last one may go over the price by less than itself.
        assertThat(call.cost())
            .as("seed %d, run %d, %s", seed, run, call)
            .isLessThan(2 * call.best() + Orphans.OUTPUT_WEIGHT);
      }
    }
  }

  @Test
  void aClientThatNeverComesBackCostsAtMostOneAsking() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int run = 0; run < RUNS; run++) {
      Call call = Call.random(random);
      assertThat(Orphans.OUTPUT_WEIGHT * call.extra())
          .as("seed %d, run %d, %s", seed, run, call)
          .isLessThan(call.askingAgain() + Orphans.OUTPUT_WEIGHT);
    }
  }
}
