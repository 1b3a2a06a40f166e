package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CallIdTest {

  private final SplittableRandom random = new SplittableRandom(7);

  @Test
  void anIdBeginsWithItsTimeSoThatIdsSortByIt() {
    List<String> ids = new ArrayList<>();
    for (long millis : new long[] {0, 1, 15, 16, 1_795_716_825_495L, 1_795_716_825_496L}) {
      ids.add(CallId.next(random, millis).text());
    }
    assertThat(ids).isSorted();
    assertThat(ids.get(4)).startsWith("req_" + "%011x".formatted(1_795_716_825_495L));
    assertThat(ids).allMatch(id -> id.matches("req_[0-9a-f]{28}"));
  }

  @Test
  void idsOfOneMillisecondDiffer() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 100_000; i++) {
      ids.add(CallId.next(random, 1_795_716_825_495L).text());
    }
    assertThat(ids).hasSize(100_000);
  }

  @Test
  void everyDigitBehindTheTimeIsRandom() {
    for (int at = 15; at < 32; at++) {
      Set<Character> digits = new HashSet<>();
      for (int i = 0; i < 500; i++) {
        digits.add(CallId.next(random, 0).text().charAt(at));
      }
      assertThat(digits).as("place %d", at).hasSize(16);
    }
  }
}
