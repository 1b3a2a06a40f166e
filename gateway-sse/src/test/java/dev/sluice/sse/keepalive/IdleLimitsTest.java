package dev.sluice.sse.keepalive;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IdleLimitsTest {

  private final IdleLimits limits = new IdleLimits();
  private final Random random = new Random(5);

  @Test
  void aNarrowPeakNearAUsualLimitIsThatLimit() {
    for (int seconds : new int[] {30, 55, 60, 100, 120, 300}) {
      String path = "cut at " + seconds;
      vanish(path, 20, seconds, seconds + 0.8);
      vanish(path, 10, 11, 29);
      vanish(path, 200, 0, 9);
      assertThat(limit(path)).as(path).isEqualTo(Duration.ofSeconds(seconds));
    }
  }

  @Test
  void aNarrowPeakAnywhereElseIsItsMean() {
    vanish("a", 8, 42.0, 43.0);
    assertThat(limit("a")).isBetween(Duration.ofSeconds(42), Duration.ofSeconds(43));
  }

  @Test
  void peopleWhoGiveUpAtAnyAgeAreNoLimit() {
    vanish("a", 500, 0, 300);
    assertThat(limit("a")).isNull();
  }

  @Test
  void fewerThanFiveAreNoLimit() {
    vanish("a", 4, 60, 60.3);
    assertThat(limit("a")).isNull();
    vanish("a", 1, 60, 60.3);
    assertThat(limit("a")).isEqualTo(Duration.ofSeconds(60));
  }

  @Test
  void aPeakOfTheYoungIsNoLimit() {
    vanish("a", 100, 5, 6);
    assertThat(limit("a")).isNull();
  }

  @Test
  void lessThanHalfOfTheOldIsNoPeak() {
    vanish("a", 10, 60, 60.5);
    vanish("a", 11, 400, 900);
    assertThat(limit("a")).isNull();
  }

  @Test
  void bucketsCountEveryoneWhoVanished() {
    limits.record("a", -1);
    limits.record("a", Duration.ofMillis(499).toNanos());
    limits.record("a", Duration.ofSeconds(60).toNanos());
    limits.record("a", Long.MAX_VALUE);
    IdleLimits.PathClass found = found("a");
    assertThat(found.vanished()).isEqualTo(4);
    assertThat(found.buckets())
        .containsExactly(
            new IdleLimits.Bucket(Duration.ZERO, Duration.ofMillis(500), 2),
            new IdleLimits.Bucket(Duration.ofSeconds(60), Duration.ofMillis(60_500), 1),
            new IdleLimits.Bucket(Duration.ofSeconds(320), null, 1));
  }

  @Test
  void classesBeyondTheBoundAreCountedTogether() {
    for (int i = 0; i < IdleLimits.CLASSES_MAX + 10; i++) {
      limits.record("class " + i, 1);
      limits.record("class " + i, 1);
    }
    limits.record("class 3", 1);
    IdleLimits.Report report = limits.report();
    assertThat(report.classes()).hasSize(IdleLimits.CLASSES_MAX + 1);
    assertThat(found(IdleLimits.OTHER).vanished()).isEqualTo(20);
    assertThat(found("class 3").vanished()).isEqualTo(3);
  }

  @Test
  void nothingIsLostWhenManyLoopsRecordAtOnce() throws InterruptedException {
    List<Thread> loops = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      loops.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < 20_000; i++) {
                      limits.record("class " + i % 80, i);
                    }
                  }));
    }
    for (Thread loop : loops) {
      loop.join();
    }
    IdleLimits.Report report = limits.report();
    assertThat(report.classes()).hasSize(IdleLimits.CLASSES_MAX + 1);
    assertThat(report.classes().stream().mapToLong(IdleLimits.PathClass::vanished).sum())
        .isEqualTo(80_000);
  }

  private void vanish(String path, int clients, double fromSeconds, double toSeconds) {
    for (int i = 0; i < clients; i++) {
      limits.record(path, (long) (random.nextDouble(fromSeconds, toSeconds) * 1e9));
    }
  }

  private @Nullable Duration limit(String path) {
    return found(path).likelyLimit();
  }

  private IdleLimits.PathClass found(String path) {
    return limits.report().classes().stream()
        .filter(known -> known.name().equals(path))
        .findFirst()
        .orElseGet(() -> Assertions.fail("no class " + path));
  }
}
