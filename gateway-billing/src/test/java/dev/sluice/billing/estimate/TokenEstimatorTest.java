package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.billing.team.TeamId;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TokenEstimatorTest {

  private static final TeamId TEAM = new TeamId("chat");
  private static final Content PROSE =
      new Content(4_000, 1_000, ContentClass.PROSE, List.of(), 0, 0);

  private final OutputForecast forecast = new OutputForecast();
  private final List<DriftView> heard = new ArrayList<>();
  private final List<Runnable> later = new ArrayList<>();
  private final TokenEstimator estimator =
      new TokenEstimator(forecast, later::add, InstantSource.system(), heard::add);

  @Test
  void aBodyThatIsNoJsonIsGuessedByItsBytesAndNeverAtNothing() {
    assertThat(estimator.before(0, -1)).isEqualTo(new Estimate(0, 0, -1));
    assertThat(estimator.before(1, -1)).isEqualTo(new Estimate(1, 0, -1));
    assertThat(estimator.before(4_000, 256)).isEqualTo(new Estimate(1_000, 256, 256));
  }

  @Test
  void anUncountedAnswerIsGuessedByItsEventsOrItsBytes() {
    Estimate before = new Estimate(50, 1_000, 1_000);
    assertThat(estimator.after(before, 12, 0)).isEqualTo(new Estimate(50, 12, 1_000));
    assertThat(estimator.after(before, 0, 401)).isEqualTo(new Estimate(50, 101, 1_000));
  }

  @Test
  void theReserveIsTheForecastButNotAboveTheCap() {
    assertThat(before(PROSE, -1)).isEqualTo(new Estimate(1_000, 1_024, -1));
    assertThat(before(PROSE, 256)).isEqualTo(new Estimate(1_000, 256, 256));
    assertThat(before(PROSE, 0)).isEqualTo(new Estimate(1_000, 0, 0));
    for (int i = 0; i < 50; i++) {
      forecast.learn(TEAM, "gpt-4o", 300);
    }
    assertThat(before(PROSE, -1)).isEqualTo(new Estimate(1_000, 300, -1));
    assertThat(before(PROSE, 4_096)).isEqualTo(new Estimate(1_000, 300, 4_096));
  }

  @Test
  void whatTheProviderCountedCorrectsTheNextEstimate() {
    for (int i = 0; i < 40; i++) {
      settle(PROSE, 1_300);
    }
    assertThat(before(PROSE, -1).input()).isEqualTo(1_300);
    settle(PROSE, 0);
    assertThat(estimator.drift().getFirst().requests()).isEqualTo(40);
  }

  @Test
  void picturesBesideTextAreAddedAndLeaveItsRatioAlone() {
    List<ImageSize> one = List.of(new ImageSize(512, 512));
    Content mixed = new Content(9_000, 2_000, ContentClass.PROSE, one, 1, 0);
    assertThat(before(mixed, -1).input()).isEqualTo(2_000 + 255);
    for (int i = 0; i < 30; i++) {
      settle(mixed, 2 * 2_000 + 255);
    }
    assertThat(before(mixed, -1).input()).isEqualTo(4_255);
    assertThat(before(PROSE, -1).input()).isEqualTo(2_000);
    settle(mixed, 200); // less than the picture alone: says nothing of the text
    assertThat(before(PROSE, -1).input()).isEqualTo(2_000);
  }

  @Test
  void picturesThatAreMostOfABodyAreCorrectedThemselves() {
    List<ImageSize> one = List.of(new ImageSize(512, 512));
    Content image = new Content(9_000, 45, ContentClass.IMAGE, one, 3, 0);
    assertThat(before(image, -1).input()).isEqualTo(45 + 255 + 2 * 765);
    for (int i = 0; i < 30; i++) {
      settle(image, 3_660);
    }
    assertThat(before(image, -1).input()).isEqualTo(3_660);
  }

  @Test
  void aColdCellIsCountedOnceByTheTokenizer() {
    String text = new Texts(3).of(ContentClass.CODE, 4_000);
    byte[] body = Texts.chat(text, "", false).getBytes(StandardCharsets.UTF_8);
    TextShape shape = new TextShape();
    shape.scan(body, 0, body.length);
    EstimateAsk ask = new EstimateAsk("openai", "gpt-4o", TEAM, shape.content(), -1);
    assertThat(estimator.wantsRefining(ask)).isTrue();
    estimator.refine(ask, body);
    assertThat(later).hasSize(1);
    later.getFirst().run();
    long counted = Provider.count(text) + 7;
    assertThat(estimator.before(ask).input()).isCloseTo(counted, within(counted / 50));
    for (int i = 0; i < 20; i++) {
      estimator.settled("openai", "gpt-4o", shape.content(), estimator.before(ask), counted);
    }
    assertThat(estimator.wantsRefining(ask)).isFalse();
  }

  @Test
  void noTokenizerIsAskedWhereItCannotHelp() {
    assertThat(estimator.wantsRefining(ask(PROSE, "claude-sonnet-4-5"))).isFalse();
    assertThat(estimator.wantsRefining(ask(PROSE, null))).isFalse();
    assertThat(new TokenEstimator().wantsRefining(ask(PROSE, "gpt-4o"))).isFalse();
    Content large = new Content(300_000, 1_000, ContentClass.PROSE, List.of(), 0, 0);
    assertThat(estimator.wantsRefining(ask(large, "gpt-4o"))).isFalse();
    List<ImageSize> one = List.of(ImageSize.UNKNOWN);
    Content image = new Content(9_000, 45, ContentClass.IMAGE, one, 1, 0);
    assertThat(estimator.wantsRefining(ask(image, "gpt-4o"))).isFalse();
    assertThat(estimator.wantsRefining(ask(PROSE, "gpt-4o"))).isTrue();
  }

  @Test
  void aChangedTokenizerIsTold() {
    for (int i = 0; i < 100; i++) {
      settle(PROSE, 1_000 + i % 7);
    }
    for (int i = 0; i < 10; i++) {
      settle(PROSE, 1_350);
    }
    assertThat(heard).hasSize(1);
    assertThat(heard.getFirst().model()).isEqualTo("gpt-4o");
    assertThat(estimator.drift().getFirst().alarms()).isEqualTo(1);
  }

  private Estimate before(Content content, long cap) {
    return estimator.before(new EstimateAsk("openai", "gpt-4o", TEAM, content, cap));
  }

  private static EstimateAsk ask(Content content, @Nullable String model) {
    return new EstimateAsk("openai", model, TEAM, content, -1);
  }

  private void settle(Content content, long actual) {
    estimator.settled("openai", "gpt-4o", content, before(content, -1), actual);
  }
}
