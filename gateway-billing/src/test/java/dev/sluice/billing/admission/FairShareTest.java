package dev.sluice.billing.admission;

import static dev.sluice.billing.admission.World.MINUTE;
import static dev.sluice.billing.admission.World.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** I4 of the design: what is lent is shared by weight, in tokens, among those who wait. */
class FairShareTest {

  private static final TeamId A = new TeamId("a");
  private static final TeamId B = new TeamId("b");
  private static final TeamId C = new TeamId("c");
  private static final long RATE = 2_000_000;

  /** Keeps a team backlogged with requests of {@code least} to {@code most} tokens. */
  private static void keepBacklogged(
      World world, SplittableRandom random, TeamId team, long least, long most) {
    for (int i = 0; i < 20; i++) {
      world.ask(team, random.nextLong(least, most + 1));
    }
  }

  private static long served(World world, TeamId team) {
    return world.view(team).servedTokens();
  }

  private static World backlogged(
      Map<TeamId, Quota> quotas, long seed, long[][] sizes, long nanos) {
    return backlogged(
        new World(World.pool(RATE, 100_000, quotas)),
        List.copyOf(quotas.keySet()),
        seed,
        sizes,
        nanos);
  }

  private static World backlogged(
      World world, List<TeamId> teams, long seed, long[][] sizes, long nanos) {
    SplittableRandom random = new SplittableRandom(seed);
    world.onDecision =
        call -> {
          int t = teams.indexOf(call.team);
          if (t >= 0) {
            world.ask(call.team, random.nextLong(sizes[t][0], sizes[t][1] + 1));
          }
        };
    for (int t = 0; t < teams.size(); t++) {
      keepBacklogged(world, random, teams.get(t), sizes[t][0], sizes[t][1]);
    }
    world.pass(nanos);
    return world;
  }

  private static Map<TeamId, Quota> weights(int a, int b, int c) {
    Map<TeamId, Quota> quotas = new LinkedHashMap<>();
    quotas.put(A, World.weighing(a));
    quotas.put(B, World.weighing(b));
    quotas.put(C, World.weighing(c));
    return quotas;
  }

  @Test
  void i4WeightsOfOneTwoOneAreAQuarterAHalfAndAQuarterOfTheTokens() {
    // Requests of very different sizes: it is tokens that are shared.
    long[][] sizes = {{100, 200}, {5_000, 30_000}, {1_000, 1_000}};
    World world = backlogged(weights(1, 2, 1), 1, sizes, 30 * MINUTE);
    double all = served(world, A) + served(world, B) + served(world, C);
    assertThat(all).isGreaterThan(0.98 * RATE * 30);
    assertThat(served(world, A) / all).isBetween(0.24, 0.26);
    assertThat(served(world, B) / all).isBetween(0.49, 0.51);
    assertThat(served(world, C) / all).isBetween(0.24, 0.26);
  }

  @Test
  void i4WhatIsGuaranteedComesFirstAndTheRestIsSharedByWeight() {
    Map<TeamId, Quota> quotas = new LinkedHashMap<>();
    quotas.put(A, World.quota(800_000, 0, 1, Lane.INTERACTIVE, Duration.ofHours(1)));
    quotas.put(B, World.weighing(3));
    quotas.put(C, World.weighing(1));
    World world =
        backlogged(quotas, 2, new long[][] {{500, 2_000}, {500, 2_000}, {500, 2_000}}, 30 * MINUTE);
    double minutes = 30;
    // 800,000 + 1/5 of the other 1,200,000; then 3/5 and 1/5 of these.
    assertThat(served(world, A) / minutes).isBetween(0.98 * 1_040_000, 1.02 * 1_040_000);
    assertThat(served(world, B) / minutes).isBetween(0.98 * 720_000, 1.02 * 720_000);
    assertThat(served(world, C) / minutes).isBetween(0.98 * 240_000, 1.02 * 240_000);
  }

  /** The dominant share: 60 requests are as much of this pool as 60,000 tokens. */
  @Test
  void i4WithSeveralMetersItIsTheDominantShareThatIsEqual() {
    Map<TeamId, Quota> quotas = new LinkedHashMap<>();
    quotas.put(A, World.weighing(1));
    quotas.put(B, World.weighing(1));
    List<Meter> meters =
        List.of(
            new Meter(Counts.REQUESTS, 600, 30), new Meter(Counts.TOTAL_TOKENS, 600_000, 30_000));
    World world = new World(World.pool(meters, quotas));
    backlogged(world, List.of(A, B), 3, new long[][] {{10, 10}, {5_000, 5_000}}, 30 * MINUTE);
    double requestsOfA = world.view(A).admitted() / (600.0 * 30);
    double tokensOfB = served(world, B) / (600_000.0 * 30);
    assertThat(requestsOfA).isBetween(tokensOfB * 0.98, tokensOfB * 1.02);
  }

  /**
   * {@code |W_i / w_i - W_j / w_j| ≤ 2 U} over any interval, U the largest request by weight: on
   * random pools, checked between all pairs of admissions.
   */
  @Test
  void i4OverAnyIntervalTheServiceOfBackloggedTeamsDiffersByAtMostTwoRequests() {
    for (long seed = 0; seed < 100; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int[] weight = {1 + random.nextInt(5), 1 + random.nextInt(5)};
      long[][] sizes = new long[2][2];
      for (long[] size : sizes) {
        size[0] = 1 + random.nextLong(1_000);
        size[1] = size[0] + random.nextLong(20_000);
      }
      Map<TeamId, Quota> quotas = new LinkedHashMap<>();
      quotas.put(A, World.weighing(weight[0]));
      quotas.put(B, World.weighing(weight[1]));
      World world = new World(World.pool(RATE, 20_000 + random.nextLong(100_000), quotas));
      // Drained first, so that from here on both wait all the time.
      world.ask(new TeamId("drain"), 120_000);
      world.pass(1);
      backlogged(world, List.of(A, B), seed, sizes, 60 * SECOND);

      long[] gone = new long[2];
      List<Long> gaps = new ArrayList<>();
      for (World.Call call : inOrderOfAdmission(world)) {
        int t = call.team.equals(A) ? 0 : 1;
        gone[t] += call.estimate.input();
        // W_A / w_A - W_B / w_B, times both weights to stay whole.
        gaps.add(gone[0] * weight[1] - gone[1] * weight[0]);
      }
      long widest =
          gaps.stream().mapToLong(Long::longValue).max().orElse(0)
              - gaps.stream().mapToLong(Long::longValue).min().orElse(0);
      long unit = Math.max(sizes[0][1] * weight[1], sizes[1][1] * weight[0]);
      assertThat(gaps).as("seed %d", seed).hasSizeGreaterThan(20);
      assertThat(widest).as("seed %d", seed).isLessThanOrEqualTo(2 * unit);
    }
  }

  private static List<World.Call> inOrderOfAdmission(World world) {
    List<World.Call> admitted = new ArrayList<>();
    for (World.Call call : world.calls) {
      if (call.isAdmitted() && !call.team.name().equals("drain")) {
        admitted.add(call);
      }
    }
    admitted.sort((a, b) -> Long.compare(a.decided, b.decided));
    return admitted;
  }

  @Test
  void whoComesBackFromARestIsNotOwedWhatItDidNotAskFor() {
    Map<TeamId, Quota> quotas = weights(1, 1, 1);
    World world = new World(World.pool(RATE, 100_000, quotas));
    backlogged(world, List.of(A, B), 4, new long[][] {{1_000, 1_000}, {1_000, 1_000}}, 10 * MINUTE);
    long a = served(world, A);
    for (int i = 0; i < 5_000; i++) {
      world.ask(C, 1_000);
    }
    world.pass(MINUTE);
    assertThat(served(world, C)).isBetween(RATE / 3 - 10_000, RATE / 3 + 10_000);
    assertThat(served(world, A) - a).isBetween(RATE / 3 - 10_000, RATE / 3 + 10_000);
  }

  @Test
  void whatCameBackAtASettlementIsNotHeldAgainstATeam() {
    World world = new World(World.pool(RATE, 100_000, weights(1, 1, 1)));
    // A reserves ten times what it uses, and settles a second later; B reserves what it uses.
    world.onDecision =
        call -> {
          boolean isA = call.team.equals(A);
          world.ask(call.team, isA ? 10_000 : 1_000);
          world.in(SECOND, () -> call.settle(1_000, 0));
        };
    for (int i = 0; i < 20; i++) {
      world.ask(A, 10_000);
      world.ask(B, 1_000);
    }
    world.pass(10 * MINUTE);
    // Outstanding reservations weigh on A, and nothing else does.
    double share = (double) served(world, A) / served(world, B);
    assertThat(share).isBetween(0.9, 1.15);
  }

  @Test
  void batchBorrowsWhatInteractiveLeaves() {
    Map<TeamId, Quota> quotas = new LinkedHashMap<>();
    quotas.put(A, World.quota(0, 0, 1, Lane.BATCH, Duration.ofHours(1)));
    quotas.put(B, World.quota(0, 500_000, 1, Lane.INTERACTIVE, Duration.ofHours(1)));
    World world = backlogged(quotas, 5, new long[][] {{2_000, 2_000}, {500, 500}}, 10 * MINUTE);
    // B gets all it may have, its ceiling; A the rest: B is in nobody's way while that holds it.
    assertThat(served(world, B) / 10.0).isBetween(0.98 * 500_000, 1.02 * 500_000);
    assertThat(served(world, A) / 10.0).isBetween(0.98 * 1_500_000, 1.02 * 1_500_000);
  }

  @Test
  void aRequestLargerThanTheBucketIsServedAndNotStarvedBySmallOnes() {
    Map<TeamId, Quota> quotas = weights(1, 1, 1);
    quotas.put(A, World.quota(400_000, 0, 1, Lane.INTERACTIVE, Duration.ofHours(1)));
    World world = new World(World.pool(RATE, 50_000, quotas));
    backlogged(world, List.of(A, B), 6, new long[][] {{300, 900}, {300, 900}}, MINUTE);
    World.Call huge = world.ask(C, 70_000);
    world.pass(MINUTE);
    assertThat(huge.isAdmitted()).isTrue();
    // The bucket has to fill once, at what A's guarantee leaves of the rate, and B's turn before.
    assertThat(huge.waitedNanos()).isLessThan(3 * SECOND);
    long before = served(world, B);
    world.pass(MINUTE);
    assertThat(served(world, B)).as("and the debt is paid off").isGreaterThan(before + 500_000);
  }

  @Test
  void theChosenBorrowerIsNotOvertakenWhileThePoolCannotHoldIt() {
    World world = new World(World.pool(60_000, 50_000, weights(1, 1, 1)));
    world.ask(A, 50_000);
    World.Call large = world.ask(B, 40_000);
    for (int i = 0; i < 30; i++) {
      world.pass(SECOND);
      World.Call small = world.ask(C, 10);
      assertThat(small.isWaiting()).isTrue();
    }
    world.pass(10 * SECOND);
    assertThat(large.isAdmitted()).isTrue();
    assertThat(large.waitedNanos()).isEqualTo(40 * SECOND);
  }
}
