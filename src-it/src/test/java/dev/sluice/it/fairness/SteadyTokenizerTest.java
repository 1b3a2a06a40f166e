package dev.sluice.it.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.estimate.Content;
import dev.sluice.billing.estimate.DriftView;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.estimate.EstimateAsk;
import dev.sluice.billing.estimate.OutputForecast;
import dev.sluice.billing.estimate.TextShape;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.billing.team.TeamId;
import dev.sluice.it.fixtures.Bodies;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * A provider that counts as ever is not taken for one that has changed, also where short and long
 * prompts come mixed: what it counts besides the text weighs more in the short ones, so that the
 * ratio of its count to ours is spread, and not evenly.
 */
class SteadyTokenizerTest {

  private static final int ESTIMATORS = 20;
  private static final int CALLS = 2_000;
  private static final List<String> BODIES =
      List.of(
          Bodies.CHAT,
          Bodies.CHAT_STREAM,
          Bodies.CHAT_STREAM_ASKING,
          Bodies.MESSAGES,
          Bodies.MESSAGES_STREAM,
          Bodies.GEMINI);

  private static final String PROSE =
      "While the tool was working, nobody said a word; the stream stayed open, and when the answer"
          + " came, it came whole. ";

  @Test
  void mixedLengthsOfPromptsRaiseNoAlarm() {
    List<DriftView> alarms = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(20_260_401);
    TeamId team = new TeamId("testers");
    for (int e = 0; e < ESTIMATORS; e++) {
      TokenEstimator estimator =
          new TokenEstimator(new OutputForecast(), null, InstantSource.system(), alarms::add);
      for (int i = 0; i < CALLS; i++) {
        int length = random.nextInt(200, 2_000);
        String prompt = PROSE.repeat(length / PROSE.length() + 1).substring(0, length);
        byte[] body =
            BODIES
                .get(random.nextInt(BODIES.size()))
                .replace("?", prompt)
                .getBytes(StandardCharsets.US_ASCII);
        TextShape shape = new TextShape();
        shape.scan(ByteBuffer.wrap(body));
        Content content = shape.content();
        Estimate before =
            estimator.before(new EstimateAsk("scripted", "scripted-1", team, content, -1));
        estimator.settled("scripted", "scripted-1", content, before, body.length / 4);
      }
    }
    assertThat(alarms).as("alarms in %d calls", ESTIMATORS * CALLS).isEmpty();
  }
}
