package dev.sluice.sse.keepalive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Random steps on a wheel, beside a plain map of who is watched until when. */
class SilenceWheelModelTest {

  private static final int SEEDS = 300;
  private static final int STEPS = 400;
  private static final int ENTRIES = 50;

  @Test
  void nothingIsEarlyNothingIsMoreThanATickLateAndNothingIsForgotten() {
    for (long seed = 0; seed < SEEDS; seed++) {
      new Play(seed).run();
    }
  }

  private static final class Play {
    private final String replay;
    private final Random random;
    private long nanos;
    private final SilenceWheel wheel;
    private final List<Watched> entries = new ArrayList<>();
    private final Map<Watched, Long> deadlines = new HashMap<>();
    private final Map<Watched, Long> watchedAt = new HashMap<>();

    Play(long seed) {
      replay = "seed " + seed;
      random = new Random(seed);
      nanos = random.nextLong(-1L << 60, 1L << 60);
      wheel = new SilenceWheel(() -> nanos);
      for (int i = 0; i < ENTRIES; i++) {
        entries.add(new Watched());
      }
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(4)) {
          case 0 -> watch(any(), randomDeadline());
          case 1 -> forget(any());
          default -> advance();
        }
        assertThat(wheel.size()).as(replay).isEqualTo(deadlines.size());
      }
    }

    private void advance() {
      nanos += random.nextLong(3) * SilenceWheel.TICK_NANOS + random.nextLong(100_000_000L);
      if (random.nextInt(50) == 0) {
        nanos += TimeUnit.MINUTES.toNanos(random.nextLong(120));
      }
      wheel.advance();
      deadlines.forEach(
          (entry, deadline) -> {
            long earliest = Math.max(deadline, watchedAt.getOrDefault(entry, 0L));
            assertThat(earliest + SilenceWheel.TICK_NANOS).as(replay).isGreaterThan(nanos);
          });
    }

    private Watched any() {
      return entries.get(random.nextInt(ENTRIES));
    }

    private long randomDeadline() {
      return switch (random.nextInt(10)) {
        case 0 -> nanos - random.nextLong(1_000_000_000L);
        case 1 -> nanos + TimeUnit.HOURS.toNanos(1 + random.nextLong(5));
        case 2 -> (nanos / SilenceWheel.TICK_NANOS + 1) * SilenceWheel.TICK_NANOS;
        default -> nanos + random.nextLong(TimeUnit.SECONDS.toNanos(20));
      };
    }

    private void watch(Watched entry, long deadline) {
      wheel.watch(entry, deadline);
      deadlines.put(entry, deadline);
      watchedAt.put(entry, nanos);
    }

    private void forget(Watched entry) {
      wheel.forget(entry);
      deadlines.remove(entry);
      assertThat(wheel.isWatched(entry)).as(replay).isFalse();
    }

    private final class Watched extends SilenceWheel.Entry {
      @Override
      protected long onDeadline(long nowNanos) {
        assertThat(deadlines).as(replay).containsKey(this);
        assertThat(deadlines.remove(this)).as(replay).isLessThanOrEqualTo(nowNanos);
        for (int i = random.nextInt(4); i > 0; i--) {
          if (random.nextBoolean()) {
            watch(any(), randomDeadline());
          } else {
            forget(any());
          }
        }
        if (random.nextBoolean()) {
          return SilenceWheel.NEVER;
        }
        long next = randomDeadline();
        deadlines.put(this, next);
        watchedAt.put(this, nanos);
        return next;
      }
    }
  }
}
