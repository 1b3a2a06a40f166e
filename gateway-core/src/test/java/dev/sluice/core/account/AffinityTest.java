package dev.sluice.core.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.identity.Fingerprint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Same key, same account; the keys are shared evenly; and who goes takes only its own. */
class AffinityTest {

  private static final int KEYS = 100_000;

  private static AccountChoice choice(List<String> names) {
    return new AccountChoice(names, () -> 0, (_, _) -> {});
  }

  private static List<String> names(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("openai-" + (char) ('a' + i)); // alike, as such names are
    }
    return names;
  }

  private static String first(AccountChoice choice, List<String> among, Fingerprint key) {
    return choice.line(among, key).first();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 16})
  void eachAccountHasItsShareOfTheKeysWithinATenth(int accounts) {
    List<String> names = names(accounts);
    AccountChoice choice = choice(names);
    RandomGenerator random = new SplittableRandom(accounts);
    Map<String, Integer> keys = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      Fingerprint key = new Fingerprint(random.nextLong(), random.nextLong());
      keys.merge(first(choice, names, key), 1, Integer::sum);
    }
    double share = (double) KEYS / accounts;
    assertThat(keys.keySet()).containsExactlyInAnyOrderElementsOf(names);
    assertThat(keys.values())
        .allSatisfy(count -> assertThat((double) count).isBetween(0.9 * share, 1.1 * share));
  }

  /** A hash that lets an input through is even for random keys all the same. */
  @Test
  void keysThatDifferInOneBitOfEitherHalfAreSharedAsWell() {
    List<String> names = names(2);
    AccountChoice choice = choice(names);
    for (int bit = 0; bit < 64; bit++) {
      int changedHigh = 0;
      int changedLow = 0;
      RandomGenerator random = new SplittableRandom(bit);
      for (int i = 0; i < 2_000; i++) {
        Fingerprint key = new Fingerprint(random.nextLong(), random.nextLong());
        String account = first(choice, names, key);
        long flip = 1L << bit;
        Fingerprint high = new Fingerprint(key.high() ^ flip, key.low());
        Fingerprint low = new Fingerprint(key.high(), key.low() ^ flip);
        changedHigh += first(choice, names, high).equals(account) ? 0 : 1;
        changedLow += first(choice, names, low).equals(account) ? 0 : 1;
      }
      assertThat(changedHigh).as("bit %d of high", bit).isBetween(850, 1_150);
      assertThat(changedLow).as("bit %d of low", bit).isBetween(850, 1_150);
    }
  }

  @Test
  void anAccountThatGoesMovesNoKeysButItsOwnAndSharesThemOut() {
    List<String> names = names(4);
    List<String> fewer = List.of("openai-d", "openai-a", "openai-c"); // also in another order
    AccountChoice choice = choice(names);
    RandomGenerator random = new SplittableRandom(4);
    Map<String, Integer> moved = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      Fingerprint key = new Fingerprint(random.nextLong(), random.nextLong());
      String before = first(choice, names, key);
      String after = first(choice, fewer, key);
      if (before.equals("openai-b")) {
        moved.merge(after, 1, Integer::sum);
      } else {
        assertThat(after).isEqualTo(before);
      }
    }
    assertThat(moved.values())
        .hasSize(3)
        .allSatisfy(count -> assertThat((double) count).isBetween(7_500.0, 9_167.0));
  }

  /** Another process, or this one after a restart, finds the same account. */
  @Test
  void theSameKeyFindsTheSameAccountEverywhere() {
    List<String> names = List.of("eu", "us", "asia");
    assertThat(List.of(1L, 2L, 3L, 4L, 5L, 6L))
        .extracting(low -> first(choice(names), names, new Fingerprint(7, low)))
        .containsExactly("us", "us", "asia", "asia", "asia", "eu");
  }
}
