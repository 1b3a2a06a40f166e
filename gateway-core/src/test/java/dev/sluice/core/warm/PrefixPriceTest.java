package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.price.Price;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.price.Rates;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PrefixPriceTest {

  private static final Instant AT = Instant.parse("2026-11-26T12:00:00Z");
  private static final long MINUTES_5 = Duration.ofMinutes(5).toNanos();

  private static final PriceTable TABLE =
      PriceTable.of(
          List.of(
              row("both", 5_000_000_000L, 500_000_000L, 6_250_000_000L, 10_000_000_000L),
              row("older", 1_250_000_000L, 125_000_000L, null, null),
              row("uncached", 1_000_000_000L, null, null, null),
              row("tiny", 101L, 9L, 127L, null)));

  private static Price row(
      String model, long input, @Nullable Long read, @Nullable Long minutes5, @Nullable Long hour) {
    return Price.plain(
        "p", model, new Rates(input, read, minutes5, null, hour, null, 2 * input, null));
  }

  private static PrefixPrice of(String model, long lifetime) {
    return Objects.requireNonNull(PrefixPrice.of(TABLE, "p", model, 14_000, lifetime, AT));
  }

  @Test
  void itIsTheTablesPriceOfItsTokens() {
    PrefixPrice price = of("both", MINUTES_5);
    assertThat(price.readNanoUsd()).isEqualTo(7_000_000);
    assertThat(price.writeNanoUsd()).isEqualTo(87_500_000);
    assertThat(price.rule().refreshesMax()).isEqualTo(11);
  }

  @Test
  void aLongerLifeHasItsOwnPriceToWrite() {
    PrefixPrice price = of("both", Duration.ofHours(1).toNanos());
    assertThat(price.writeNanoUsd()).isEqualTo(140_000_000);
    assertThat(price.rule().refreshesMax()).isEqualTo(19);
  }

  @Test
  void whereWritingHasNoPriceItIsThatOfPlainInput() {
    PrefixPrice price = of("older", MINUTES_5);
    assertThat(price.writeNanoUsd()).isEqualTo(17_500_000);
    assertThat(price.rule().refreshesMax()).isEqualTo(9);
  }

  @Test
  void whereReadingHasNoPriceNothingPays() {
    assertThat(of("uncached", MINUTES_5).rule().refreshesMax()).isZero();
  }

  @Test
  void theRuleGoesByTheRatesWhateverIsRoundedInTheSums() {
    assertThat(of("tiny", MINUTES_5).rule()).isEqualTo(new KeepWarmRule(127, 9));
  }

  @Test
  void aModelThatNobodyPricesHasNone() {
    assertThat(PrefixPrice.of(TABLE, "p", "unknown", 14_000, MINUTES_5, AT)).isNull();
    assertThat(PrefixPrice.of(TABLE, "q", "both", 14_000, MINUTES_5, AT)).isNull();
    assertThat(PrefixPrice.of(TABLE, "p", "both", 0, MINUTES_5, AT)).isNull();
  }
}
