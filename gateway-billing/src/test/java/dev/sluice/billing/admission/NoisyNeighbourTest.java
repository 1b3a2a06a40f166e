package dev.sluice.billing.admission;

import static dev.sluice.billing.admission.World.MINUTE;
import static dev.sluice.billing.admission.World.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The case of behaviours, section 4, in virtual time: 2M tokens a minute; chat asks for 0.62M of
 * them in requests of about 1,000, Poisson; the summariser for 2.7M in requests of about 12,500, up
 * to 30,000. Once as two teams, once in one queue, as it would be without quotas.
 */
class NoisyNeighbourTest {

  private static final TeamId CHAT = new TeamId("chat");
  private static final TeamId SUMMARISER = new TeamId("summariser");
  private static final TeamId EVERYBODY = new TeamId("everybody");
  private static final long RATE = 2_000_000;
  private static final long LARGEST = 30_000;
  private static final long MINUTES = 30;
  private static final long SEED = 4;

  /** 30 minutes; returns the waits of chat's calls, sorted. */
  private static List<Long> play(World world, TeamId chat, TeamId summariser) {
    Random random = new Random(SEED);
    arrive(world, random, chat, 620, 500, 1_500);
    arrive(world, random, summariser, 216, 2_000, 23_000);
    // One in fifty of the summariser's is as large as it gets.
    arrive(world, random, summariser, 4, LARGEST, LARGEST);
    world.pass(MINUTES * MINUTE);
    return world.calls.stream()
        .filter(call -> call.estimate.input() <= 1_500)
        .filter(call -> call.isAdmitted())
        .map(World.Call::waitedNanos)
        .sorted()
        .toList();
  }

  private static void arrive(
      World world, Random random, TeamId team, int perMinute, long least, long most) {
    Runnable[] next = new Runnable[1];
    next[0] =
        () -> {
          world.ask(team, least + random.nextLong(most - least + 1));
          world.in(pause(random, perMinute), next[0]);
        };
    world.in(pause(random, perMinute), next[0]);
  }

  private static long pause(Random random, int perMinute) {
    return (long) (-Math.log(1 - random.nextDouble()) * MINUTE / perMinute);
  }

  private static double use(World world) {
    long served = world.view().teams().stream().mapToLong(PoolView.TeamView::servedTokens).sum();
    return (double) served / (RATE * MINUTES + 100_000);
  }

  private static double seconds(List<Long> sorted, double quantile) {
    return (double) sorted.get((int) (quantile * (sorted.size() - 1))) / SECOND;
  }

  private static void chatHardlyWaitsAndThePoolIsUsed(List<Long> waits, World world) {
    assertThat(seconds(waits, 0.99))
        .as("seed %d", SEED)
        .isLessThanOrEqualTo(60.0 * LARGEST / RATE + 0.3);
    assertThat(use(world)).isGreaterThanOrEqualTo(0.98);
    theBlameIsTheSummarisers(world);
  }

  @Test
  void chatDoesNotNoticeTheSummariser() {
    Quota chat = World.quota(800_000, 0, 1, Lane.INTERACTIVE, Duration.ofHours(1));
    Quota summariser = World.quota(400_000, 0, 1, Lane.BATCH, Duration.ofHours(1));
    World world = new World(World.pool(RATE, 100_000, Map.of(CHAT, chat, SUMMARISER, summariser)));
    List<Long> waits = play(world, CHAT, SUMMARISER);
    report("with quotas", CHAT, waits, world);

    chatHardlyWaitsAndThePoolIsUsed(waits, world);
  }

  /** Chat guaranteed exactly what it asks for on average, so that it borrows now and then. */
  @Test
  void chatHardlyNoticesItWhereItsGuaranteeIsTight() {
    Quota chat = World.quota(620_000, 0, 1, Lane.INTERACTIVE, Duration.ofHours(1));
    Quota summariser = World.quota(0, 0, 1, Lane.INTERACTIVE, Duration.ofHours(1));
    World world = new World(World.pool(RATE, 100_000, Map.of(CHAT, chat, SUMMARISER, summariser)));
    List<Long> waits = play(world, CHAT, SUMMARISER);
    report("tight guarantee", CHAT, waits, world);

    chatHardlyWaitsAndThePoolIsUsed(waits, world);
  }

  /** No guarantee at all, one lane: what fair queueing alone does. */
  @Test
  void chatIsServedFairlyWithoutAnyGuarantee() {
    World world = new World(World.pool(RATE, 100_000, Map.of()));
    PoolSettings settings = world.pool.settings();
    world.admission.apply(
        List.of(
            World.pool(
                settings.meters(),
                Map.of(CHAT, World.weighing(1), SUMMARISER, World.weighing(1)))));
    List<Long> waits = play(world, CHAT, SUMMARISER);
    report("no guarantee", CHAT, waits, world);

    chatHardlyWaitsAndThePoolIsUsed(waits, world);
  }

  @Test
  void inOneQueueChatWaitsForMinutes() {
    World world = new World(World.pool(RATE, 100_000, Map.of(EVERYBODY, World.weighing(1))));
    List<Long> waits = play(world, EVERYBODY, EVERYBODY);
    report("one queue", EVERYBODY, waits, world);

    assertThat(seconds(waits, 0.5)).as("the test can tell").isGreaterThan(100);
  }

  private static void theBlameIsTheSummarisers(World world) {
    PoolView.TeamView chat = world.view(CHAT);
    long summariser = chat.blamedOnTeams().getOrDefault(SUMMARISER, 0L);
    assertThat(chat.blamedOnTeams().values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(chat.waitedNanos());
    assertThat(summariser * 100).isGreaterThanOrEqualTo(chat.waitedNanos() * 95);
  }

  private static void report(String name, TeamId chat, List<Long> waits, World world) {
    System.out.printf(
        "noisy neighbour, %s, seed %d: %d calls of chat waited p50 %.3f s, p99 %.3f s, worst %.3f"
            + " s; use %.2f %%; blame %s%n",
        name,
        SEED,
        waits.size(),
        seconds(waits, 0.5),
        seconds(waits, 0.99),
        seconds(waits, 1),
        100 * use(world),
        world.view(chat).blamedOnTeams());
  }
}
