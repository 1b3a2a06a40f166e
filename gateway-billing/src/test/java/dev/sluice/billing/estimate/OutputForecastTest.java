package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputForecastTest {

  private static final TeamId TEAM = new TeamId("chat");
  private static final TeamId OTHER = new TeamId("batch");

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final OutputForecast forecast = new OutputForecast();

  @Test
  void nothingIsUsualAndAPageIsReservedWhereNothingIsKnown() {
    assertThat(forecast.expected(TEAM, "m")).isZero();
    assertThat(forecast.quantile(TEAM, "m")).isEqualTo(1_024);
    assertThat(forecast.quantile(TEAM, null)).isEqualTo(1_024);
    forecast.learn(TEAM, null, 7);
    forecast.learn(TEAM, "m", 0);
    assertThat(forecast.size()).isZero();
  }

  @Test
  void theUsualFigureMovesByAnEighth() {
    forecast.learn(TEAM, "m", 800);
    assertThat(forecast.expected(TEAM, "m")).isEqualTo(800);
    forecast.learn(TEAM, "m", 1_600);
    assertThat(forecast.expected(TEAM, "m")).isEqualTo(900);
    assertThat(forecast.expected(OTHER, "m")).isZero();
  }

  @Test
  void aTeamWithoutEvidenceReservesLikeAllTeamsTogether() {
    for (int i = 1; i <= 20; i++) {
      forecast.learn(OTHER, "m", 100L * i);
    }
    assertThat(forecast.quantile(TEAM, "m")).isBetween(1_800L, 2_000L);
    for (int i = 0; i < 9; i++) {
      forecast.learn(TEAM, "m", 5);
    }
    assertThat(forecast.quantile(TEAM, "m")).isGreaterThan(1_700);
    forecast.learn(TEAM, "m", 5);
    assertThat(forecast.quantile(TEAM, "m")).isEqualTo(5);
  }

  @Test
  void onlyTheLastOutputsCount() {
    for (int i = 0; i < 500; i++) {
      forecast.learn(TEAM, "m", i < 372 ? 100_000 : 10);
    }
    assertThat(forecast.quantile(TEAM, "m")).isEqualTo(10);
  }

  @Test
  void theWindowHoldsTheLastOutputsInOrder() {
    Random random = new Random(seed);
    List<Long> last = new ArrayList<>();
    OutputWindow window = OutputWindow.EMPTY;
    for (int i = 0; i < 3_000; i++) {
      long output = 1L + random.nextInt(i < 1_000 ? 5 : 2_000);
      last.add(output);
      window = window.learned(output);
    }
    List<Long> expected = last.subList(last.size() - OutputWindow.SIZE, last.size());
    expected.sort(null);
    for (int rank = 0; rank < OutputWindow.SIZE; rank++) {
      assertThat(window.ranked(rank))
          .as("seed %d, rank %d", seed, rank)
          .isEqualTo(expected.get(rank));
    }
  }

  /**
   * The promise of conformal inference: the share of misses is the target, whatever the outputs do.
   */
  @Test
  void oneCallInTenExceedsItsReserveAlsoWhenOutputsTriple() {
    Random random = new Random(seed);
    int calls = 20_000;
    int window = 500;
    boolean[] missed = new boolean[calls];
    long misses = 0;
    long reserved = 0;
    long used = 0;
    long worst = 0;
    long inWindow = 0;
    for (int i = 0; i < calls; i++) {
      double scale = i < calls / 2 ? 400 : 1_200;
      long output = 1 + Math.round(scale * Math.exp(0.6 * random.nextGaussian()));
      long reserve = forecast.quantile(TEAM, "m");
      missed[i] = output > reserve;
      misses += missed[i] ? 1 : 0;
      reserved += reserve;
      used += output;
      inWindow += (missed[i] ? 1 : 0) - (i >= window && missed[i - window] ? 1 : 0);
      worst = i >= window ? Math.max(worst, inWindow) : 0;
      forecast.learn(TEAM, "m", output);
    }
    double share = (double) misses / calls;
    System.out.printf(
        "missed %.2f %%, worst of %d %.1f %%, %.0f %% of the reserve used (seed %d)%n",
        100 * share, window, 100.0 * worst / window, 100.0 * used / reserved, seed);
    assertThat(share).isBetween(0.091, 0.109);
    assertThat((double) worst / window).isLessThan(0.19);
    assertThat((double) used / reserved).isGreaterThan(0.4);
  }

  @Test
  void cellsAreBounded() {
    for (int i = 0; i < OutputForecast.CELLS_MAX + 500; i++) {
      forecast.learn(new TeamId("t" + i), "m", 100);
    }
    assertThat(forecast.size()).isEqualTo(OutputForecast.CELLS_MAX);
    assertThat(forecast.quantile(new TeamId("t10400"), "m")).isEqualTo(100);
  }

  @Test
  void noOutputIsLostInARace() throws InterruptedException {
    int each = OutputWindow.SIZE / 8;
    Races.run(
        8,
        thread -> {
          for (int i = 0; i < each; i++) {
            forecast.learn(TEAM, "m", 1 + thread * 1_000L);
          }
        });
    // 16 of each of eight values: ranks tell all of them, were one lost the next would move down.
    OutputWindow window = Objects.requireNonNull(forecast.window(TEAM, "m"));
    for (int thread = 0; thread < 8; thread++) {
      assertThat(window.ranked(thread * each)).isEqualTo(1 + thread * 1_000L);
      assertThat(window.ranked(thread * each + each - 1)).isEqualTo(1 + thread * 1_000L);
    }
  }
}
