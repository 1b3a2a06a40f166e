package dev.sluice.core.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.prefix.GateTraffic.At;
import dev.sluice.core.prefix.GateTraffic.Client;
import dev.sluice.core.prefix.GateTraffic.Weather;
import dev.sluice.core.prefix.ProviderCache.Habit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random traffic through the gate, in virtual time, against a provider's cache that knows nothing
 * of the gate. The seed is in the message.
 */
class PrefixGateModelTest {

  private static final int RUNS = 150;
  private static final long SECOND = GateWorld.SECOND;
  private static final long SPAN = 1_500 * SECOND;
  private static final int CALLS = 250;

  /** Chains of one to four prefixes that share beginnings, as conversations do. */
  private static List<List<Prefix>> chains(Random random) {
    List<List<Prefix>> all = new ArrayList<>();
    long next = 1;
    int roots = 1 + random.nextInt(2);
    for (int root = 0; root < roots; root++) {
      all.add(List.of(GateWorld.prefix(next++, 8_000)));
    }
    int more = random.nextInt(10);
    for (int i = 0; i < more; i++) {
      List<Prefix> from = all.get(random.nextInt(all.size()));
      if (from.size() < 4) {
        List<Prefix> longer = new ArrayList<>(from);
        longer.add(GateWorld.prefix(next++, from.getLast().tokens() * 2));
        all.add(List.copyOf(longer));
      }
    }
    return all;
  }

  private static GateTraffic run(long seed, GateMode mode, Habit habit, Weather weather) {
    GateWorld world = new GateWorld(mode, Duration.ofSeconds(8), seed);
    world.now = -SPAN + new Random(seed).nextLong(3 * SPAN); // a clock may start anywhere
    GateTraffic traffic = new GateTraffic(world, new ProviderCache(habit), weather);
    Random random = world.random;
    List<List<Prefix>> chains = chains(random);
    for (int i = 0; i < CALLS; ) {
      int herd = random.nextInt(4) == 0 ? 1 + random.nextInt(60) : 1;
      long at = random.nextLong(SPAN);
      for (int k = 0; k < herd; k++, i++) {
        long spread = at + random.nextLong(SECOND);
        world.in(spread, () -> traffic.new Client(chains.get(random.nextInt(chains.size()))));
      }
    }
    for (long at = 0; at < SPAN; at += SECOND / 4) {
      world.in(at + 3, traffic::nobodyWaitsForNothing);
    }
    world.run();
    return traffic;
  }

  private static Weather weather(long seed, long slowest) {
    Random random = new Random(~seed);
    return new Weather(
        random.nextDouble() * 0.5,
        random.nextDouble() * 0.3,
        random.nextDouble() * 0.2,
        random.nextDouble(),
        slowest);
  }

  @Test
  void anEntryIsWrittenByOneAtATimeWhateverHappensAndNobodyHangs() {
    int sent = 0;
    int waits = 0;
    int gaveUp = 0;
    for (long seed = 0; seed < RUNS; seed++) {
      GateTraffic traffic;
      try {
        traffic = run(seed, GateMode.ON, Habit.COUNTS_WRITES, weather(seed, 20 * SECOND));
        assertThat(traffic.clients).extracting(client -> client.at).containsOnly(At.OVER);
        assertThat(traffic.doubles).isZero();
      } catch (AssertionError wrong) {
        throw new AssertionError("seed " + seed, wrong);
      }
      sent += traffic.sent;
      waits += traffic.waits;
      gaveUp += traffic.gaveUp;
    }
    assertThat(waits).isGreaterThan(sent / 20);
    assertThat(gaveUp).isPositive();
  }

  @Test
  void anAnswerThatBeginsAfterItsEntryHasExpiredDisturbsNobody() {
    for (long seed = 0; seed < RUNS; seed++) {
      GateTraffic traffic =
          run(seed, GateMode.ON, Habit.COUNTS_WRITES, weather(seed, 900 * SECOND));
      assertThat(traffic.clients).as("seed %d", seed).extracting(c -> c.at).containsOnly(At.OVER);
      assertThat(traffic.doubles).as("seed %d", seed).isZero();
    }
  }

  @Test
  void whateverTheProviderIsLikeNobodyHangs() {
    for (Habit habit : Habit.values()) {
      for (long seed = 0; seed < RUNS / 4; seed++) {
        GateTraffic traffic = run(seed, GateMode.ON, habit, weather(seed, 60 * SECOND));
        assertThat(traffic.clients)
            .as("%s, seed %d", habit, seed)
            .extracting(client -> client.at)
            .containsOnly(At.OVER);
      }
    }
  }

  @Test
  void observingDelaysNobodyAndCountsWhatWasWrittenTwice() {
    long counted = 0;
    long truth = 0;
    for (long seed = 0; seed < RUNS; seed++) {
      Weather calm = new Weather(0, 0, 0, 0, SECOND);
      GateTraffic traffic = run(seed, GateMode.OBSERVE, Habit.COUNTS_WRITES, calm);
      assertThat(traffic.waits).as("seed %d", seed).isZero();
      for (Client client : traffic.clients) {
        if (client.finding.kind() == Finding.Kind.WASTED) {
          counted += client.finding.tokens();
        }
      }
      truth += traffic.doubleTokens;
    }
    assertThat(counted / (double) truth).isBetween(0.95, 1.05);
  }
}
