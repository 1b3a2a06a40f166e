package dev.sluice.billing.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class MoneyTest {

  @Test
  void aRateIsReadExactlyOrNotAtAll() {
    assertThat(Money.perMillion(new BigDecimal("8"))).isEqualTo(8_000_000_000L);
    assertThat(Money.perMillion(new BigDecimal("0.00875"))).isEqualTo(8_750_000L);
    assertThat(Money.perMillion(new BigDecimal("1e-9"))).isEqualTo(1);
    assertThatThrownBy(() -> Money.perMillion(new BigDecimal("1e-10")))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Money.perMillion(new BigDecimal("1e10")))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void aPriceOfOneTokenIsTheSameRate() {
    assertThat(Money.perToken(new BigDecimal("3e-7"))).isEqualTo(300_000_000L);
    assertThat(Money.perToken(new BigDecimal("0.0000000125"))).isEqualTo(12_500_000L);
    assertThat(Money.perToken(new BigDecimal("5e-16"))).isEqualTo(1);
    assertThat(Money.perToken(new BigDecimal("4e-16"))).isZero();
  }

  @Test
  void aCostIsRoundedOnceAndHalfUp() {
    assertThat(Money.cost(1, 500_000)).isEqualTo(1);
    assertThat(Money.cost(1, 499_999)).isZero();
    assertThat(Money.cost(3, 500_000)).isEqualTo(2);
    // Rounded after the factors, not before: 0.5 * 0.5 is nothing, 1.5 * 0.5 is one.
    assertThat(Money.cost(1, 500_000, 500_000)).isZero();
    assertThat(Money.cost(1, 1_500_000, 500_000)).isEqualTo(1);
    assertThat(Money.cost(1_000_000, 8_000_000_000L)).isEqualTo(8_000_000_000L);
    assertThat(Money.cost(1_000_000, 8_000_000_000L, 500_000, Money.ONE, 1_100_000))
        .isEqualTo(4_400_000_000L);
  }

  @Test
  void whatDoesNotFitIsNoCost() {
    assertThatThrownBy(() -> Money.cost(Long.MAX_VALUE, 2_000_000))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Money.cost(-1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThat(Money.cost(Long.MAX_VALUE, 1_000_000)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void moneyIsShownExactly() {
    assertThat(Money.text(4_120_000)).isEqualTo("$0.004120");
    assertThat(Money.text(0)).isEqualTo("$0.000000");
    assertThat(Money.text(1)).isEqualTo("$0.000000001");
    assertThat(Money.text(-1_500_000_000L)).isEqualTo("-$1.500000");
    assertThat(Money.text(Long.MIN_VALUE)).isEqualTo("-$9223372036.854775808");
    assertThat(Money.rate(8_000_000_000L)).isEqualTo("$8.00");
    assertThat(Money.rate(8_750_000)).isEqualTo("$0.00875");
  }
}
