package dev.sluice.it.invoice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** The proof's own prices, worked out by hand once more. */
class HandPricesTest {

  private static Amount of(String model, String tier, long... tokens) {
    return HandPrices.of(
        model, tier, new Meters(tokens[0], tokens[1], tokens[2], tokens[3], tokens[4], tokens[5]));
  }

  @Test
  void aMillionTokensCostWhatTheListSays() {
    assertThat(of("claude-opus-5-5", "standard", 1_000_000, 0, 0, 0, 0, 1_000_000))
        .isEqualTo(new Amount(4_000_000_000L, 0, 0, 20_000_000_000L));
    assertThat(of("claude-opus-5-5", "batch", 0, 1_000_000, 1_000_000, 0, 1_000_000, 0))
        .isEqualTo(new Amount(0, 100_000_000L, 6_500_000_000L, 0));
  }

  @Test
  void aLongPromptChangesTheWholeCallFromTheFirstTokenBeyondItsLimit() {
    assertThat(of("gpt-6.1-sol", "standard", 272_000, 0, 0, 0, 0, 1_000))
        .isEqualTo(new Amount(544_000_000, 0, 0, 10_000_000));
    assertThat(of("gpt-6.1-sol", "flex", 172_001, 100_000, 0, 0, 0, 1_000))
        .isEqualTo(new Amount(344_002_000, 10_000_000, 0, 7_500_000));
    assertThat(of("gemini-2.5-pro", "priority", 200_001, 0, 0, 0, 0, 1_000))
        .isEqualTo(new Amount(1_000_005_000, 0, 0, 30_000_000));
  }

  @Test
  void halfANanoDollarIsRoundedUpMeterByMeter() {
    // A token at $0.005 per million, at half price: 2.5. Then 62.5, and 100.
    assertThat(of("gpt-5-nano", "flex", 0, 1, 0, 0, 0, 0)).isEqualTo(new Amount(0, 3, 0, 0));
    assertThat(of("claude-haiku-5-5", "batch", 0, 0, 1, 0, 1, 0))
        .isEqualTo(new Amount(0, 0, 63 + 100, 0));
  }

  @Test
  void aModelThatIsNotWrittenDownHasNoPrice() {
    assertThatThrownBy(() -> of("gpt-7", "standard", 1, 0, 0, 0, 0, 0))
        .hasMessageContaining("gpt-7");
  }
}
