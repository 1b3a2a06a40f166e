package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Against a provider that counts with a public tokenizer, a third more than that, and some tokens
 * that nobody sees: as providers do.
 */
class EstimateAccuracyTest {

  private static final double HIDDEN_FACTOR = 1.3;
  private static final long HIDDEN_TOKENS = 11;
  private static final TeamId TEAM = new TeamId("chat");

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Texts texts = new Texts(seed);
  private final TokenEstimator estimator = new TokenEstimator();

  @ParameterizedTest
  @EnumSource(
      names = {"IMAGE", "PDF"},
      mode = Mode.EXCLUDE)
  void after200CallsTheErrorIsTwoPercentAndSeldomEight(ContentClass kind) {
    List<Double> errors = new ArrayList<>();
    for (int call = 0; call < 700; call++) {
      boolean isTools = kind == ContentClass.TOOLS_JSON;
      String content =
          texts.of(
              isTools ? ContentClass.PROSE : kind,
              texts.length(isTools ? 60 : 800, isTools ? 800 : 12_000));
      String tools = isTools ? texts.tools(2 + texts.random().nextInt(12)) : "";
      boolean isAscii = texts.random().nextInt(4) == 0;
      byte[] body = Texts.chat(content, tools, isAscii).getBytes(StandardCharsets.UTF_8);
      TextShape shape = new TextShape();
      shape.scan(body, 0, body.length);
      long public200k = Provider.count(content) + Provider.count(tools) + 7;
      long actual = Math.round(HIDDEN_FACTOR * public200k) + HIDDEN_TOKENS;
      Content seen = shape.content();
      Estimate before = estimator.before(new EstimateAsk("p", "m", TEAM, seen, -1));
      if (call >= 200) {
        errors.add(Math.abs((double) before.input() / actual - 1));
      }
      estimator.settled("p", "m", seen, before, actual);
    }
    Collections.sort(errors);
    double median = errors.get(errors.size() / 2);
    double p95 = errors.get(errors.size() * 95 / 100);
    System.out.printf(
        "%s: median error %.1f %%, p95 %.1f %% (seed %d)%n", kind, 100 * median, 100 * p95, seed);
    assertThat(median).as("seed %d", seed).isLessThanOrEqualTo(0.02);
    assertThat(p95).as("seed %d", seed).isLessThanOrEqualTo(0.08);
  }
}
